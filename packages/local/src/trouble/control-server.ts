import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from '@waybill/shared/http/listen.ts';
import { controlPaths, orderShape, type RunState } from './control-shapes.ts';
import type { TroubleMaker } from './trouble-maker.ts';

export type ControlOptions = {
  /** The bearer token that every request must carry. */
  readonly token: string;
  readonly maker: Pick<TroubleMaker, 'begin' | 'end'>;
  readonly state: () => Promise<RunState>;
};

export type ControlServer = {
  readonly url: string;
  /** Ends the server, and the trouble that it has made. */
  stop(): Promise<void>;
};

/** An order is a name and a number. */
const mostBytes = 1_000;

/** Takes orders for trouble on a free port of 127.0.0.1. Rejects when it cannot listen. */
export async function startControl(options: ControlOptions): Promise<ControlServer> {
  const host = '127.0.0.1';
  const server = await listen({ host, port: 0 }, (request, response) => {
    handle(options, request, response).catch(() => response.destroy());
  });
  return {
    url: `http://${host}:${server.port}`,
    stop: async () => {
      await server.stop();
      await options.maker.end();
    },
  };
}

async function handle(
  { token, maker, state }: ControlOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isBearer(request.headers.authorization, token))
    return send(response, 401, { error: 'a bearer token is required' });
  const route = `${request.method} ${request.url}`;
  if (route === `GET ${controlPaths.run}`) return send(response, 200, await state());
  if (route === `DELETE ${controlPaths.trouble}`) {
    await maker.end();
    return send(response, 200, await state());
  }
  if (route !== `PUT ${controlPaths.trouble}`) return send(response, 404, { error: 'not found' });
  const order = orderShape.safeParse(await bodyOf(request));
  if (!order.success) return send(response, 400, { error: 'not an order' });
  await maker.begin(order.data.name, order.data.seconds * 1_000);
  send(response, 200, await state());
}

function isBearer(given: string | undefined, token: string): boolean {
  const [is, should] = [Buffer.from(given ?? ''), Buffer.from(`Bearer ${token}`)];
  return is.length === should.length && timingSafeEqual(is, should);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > mostBytes) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
