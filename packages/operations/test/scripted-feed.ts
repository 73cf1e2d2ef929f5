import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';

/** One request of the Scan Event API. `nth` counts from 1. */
export type Question = {
  readonly from: number;
  readonly limit: number;
  readonly nth: number;
  readonly headers: IncomingHttpHeaders;
};

export type Reply = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** A server that replies as it is told; without a reply it stays silent. */
export type ScriptedFeed = {
  readonly url: string;
  readonly asked: readonly Question[];
  readonly stop: () => Promise<void>;
};

export async function startScriptedFeed(reply: (question: Question) => Reply | undefined): Promise<ScriptedFeed> {
  const asked: Question[] = [];
  const server = createServer(({ url = '/', headers }, response) => {
    const { searchParams } = new URL(url, 'http://localhost');
    const question = {
      from: Number(searchParams.get('FromEventId')),
      limit: Number(searchParams.get('Limit')),
      nth: asked.length + 1,
      headers,
    };
    asked.push(question);
    const replied = reply(question);
    if (!replied) return;
    const { status = 200, headers: own = {}, body = '' } = replied;
    const isGzip = own['content-encoding'] === 'gzip';
    response.writeHead(status, own).end(isGzip ? gzipSync(body) : body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`listens on ${address}, not on a port`);
  return {
    url: `http://127.0.0.1:${address.port}/v1/scans/scanevents`,
    asked,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A scan event as carriers spell it. */
export function feedElement(eventId: number, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    EventId: eventId,
    ParcelId: 5_000 + (eventId % 7),
    Type: 'STATUS',
    CreatedDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
    StatusCode: 'SORTED',
    Device: { DeviceId: 103 },
    User: { UserId: 'NC1001', CarrierId: 'NC', RunId: 'RUN-100' },
    ...fields,
  };
}

export type FeedTraits = {
  /** The ids that the feed holds, ascending; by default 1 to 300. */
  readonly ids?: readonly number[];
  readonly elementOf?: (eventId: number) => unknown;
  /** The last word about a page. */
  readonly page?: (elements: unknown[], question: Question) => unknown[];
  /** Elements of a page at most. */
  readonly cap?: number;
  readonly refusedFrom?: number;
  readonly isExclusive?: boolean;
  /** What comes instead of an empty page. */
  readonly beyond?: Reply;
  /** Replies before anything else is looked at; undefined where it has nothing to say. */
  readonly first?: (question: Question) => Reply | undefined;
  readonly isPlain?: boolean;
};

export const idRange = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** The replies of a feed that does all as the carrier's description says, but for its traits. */
export function feedWith(traits: FeedTraits = {}): (question: Question) => Reply {
  const { ids = idRange(1, 300), elementOf = (id: number) => feedElement(id), cap = Number.MAX_SAFE_INTEGER } = traits;
  const { refusedFrom = Number.MAX_SAFE_INTEGER, page = (elements: unknown[]) => elements } = traits;
  return (question) => {
    const early = traits.first?.(question);
    if (early) return early;
    const { from, limit } = question;
    if (limit >= refusedFrom) return { status: 400, body: 'NC1001' };
    const held = ids.filter((id) => (traits.isExclusive ? id > from : id >= from));
    if (held.length === 0 && traits.beyond) return traits.beyond;
    const elements = page(held.slice(0, Math.min(limit, cap)).map(elementOf), question);
    const headers: Record<string, string> = traits.isPlain ? {} : { 'content-encoding': 'gzip' };
    return { headers, body: JSON.stringify({ ScanEvents: elements }) };
  };
}
