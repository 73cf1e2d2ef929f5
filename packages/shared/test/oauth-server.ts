import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type TokenReply = { readonly status: number; readonly body: string; readonly headers?: Record<string, string> };

/** An OAuth token endpoint (`/token`) and a feed (`/scans`) that accepts only the latest token that it gave. */
export type GuardedFeed = {
  readonly port: number;
  readonly tokenUrl: string;
  readonly url: string;
  /** What the token endpoint was asked, in its order: `header` or `form`, by where the client named itself, and the form. */
  readonly asked: { readonly by: string; readonly form: Record<string, string> }[];
  /** The `Authorization` of each request for a page. */
  readonly shown: (string | undefined)[];
  /** Replaces the reply of the token endpoint; undefined: a token that ends in `expiresIn` seconds. */
  reply: (() => TokenReply | Promise<TokenReply>) | undefined;
  expiresIn: unknown;
  /** Where clients may name themselves. */
  takes: readonly string[];
  /** Accepts no token from now on but those that it gives after this. */
  revoke(): void;
  /** Replaces the feed's response. */
  page: (() => Promise<Omit<TokenReply, 'body'>>) | undefined;
  /** Accepts none at all. */
  isClosed: boolean;
  readonly stop: () => Promise<void>;
};

export const testClientOf = (feed: GuardedFeed) => ({
  tokenUrl: feed.tokenUrl,
  clientId: 'way:bill',
  clientSecret: 's3cr3t with+blank%',
});

/** On a free port of 127.0.0.1. */
export async function startGuardedFeed(): Promise<GuardedFeed> {
  let given = 0;
  let current = 'none';
  const server = createServer(async (request, response) => {
    if (request.url?.startsWith('/scans')) {
      feed.shown.push(request.headers.authorization);
      if (feed.page) {
        const { status, headers } = await feed.page();
        return void response.writeHead(status, headers).end();
      }
      const isAllowed = !feed.isClosed && request.headers.authorization === `Bearer ${current}`;
      return void response.writeHead(isAllowed ? 200 : 401).end(isAllowed ? '{"ScanEvents":[]}' : '{"token":"no"}');
    }
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    feed.asked.push({ by: namedBy(request, form), form });
    if (feed.reply) {
      const { status, body, headers } = await feed.reply();
      return void response.writeHead(status, headers).end(body);
    }
    if (!feed.takes.includes(namedBy(request, form)))
      return void response.writeHead(401).end('{"error":"invalid_client","error_description":"s3cr3t"}');
    given += 1;
    current = `token-${given}`;
    response
      .writeHead(200)
      .end(JSON.stringify({ access_token: current, token_type: 'Bearer', expires_in: feed.expiresIn }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  const { port } = server.address() as AddressInfo;
  const feed: GuardedFeed = {
    port,
    tokenUrl: `http://127.0.0.1:${port}/token`,
    url: `http://127.0.0.1:${port}/scans`,
    asked: [],
    shown: [],
    reply: undefined,
    page: undefined,
    expiresIn: 3_600,
    takes: ['header', 'form'],
    revoke: () => {
      current = 'none';
    },
    isClosed: false,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return feed;
}

/** Where the right client is named, if anywhere. Of the header it is decoded as RFC 6749, 2.3.1 says. */
function namedBy({ headers }: IncomingMessage, form: Record<string, string>): string {
  const [id = '', secret = ''] = Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64')
    .toString()
    .split(':')
    .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  const isRight = (name = '', word = '') => name === 'way:bill' && word === 's3cr3t with+blank%';
  return isRight(id, secret) ? 'header' : isRight(form['client_id'], form['client_secret']) ? 'form' : 'nowhere';
}
