import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '@waybill/shared/http/listen.ts';
import type { HeldFeed } from './feed/held-feed.ts';
import { type Random, randomOf } from './feed/random.ts';
import { type FaultKind, FaultSchedule, type FaultShares, noFaults, type RefusalKind } from './scan-api-faults.ts';

/** Where `SCAN_API_URL` must lead. */
export const scanApiPath = '/v1/scans/scanevents';

export type ScanApiOptions = {
  readonly feed: HeldFeed;
  /** Decides which requests get faults. */
  readonly seed: number;
  readonly faults?: Partial<FaultShares>;
  /** The bearer token that every request must carry. */
  readonly token?: string;
  /** Most events of one response, whatever `Limit` says. */
  readonly maxLimit?: number;
  /** Milliseconds before every response, and before a slow one. */
  readonly latencyMs?: number;
  readonly slowMs?: number;
  /** Milliseconds since the epoch, for Retry-After dates. */
  readonly now?: () => number;
  /** Where it listens; by default on a free port of 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
};

/** What the API has served. */
export type ScanApiCounts = {
  readonly requests: number;
  /** Whole pages with elements, and without. */
  readonly pages: number;
  readonly emptyPages: number;
  /** Elements in them. */
  readonly elements: number;
  /** Elements that had been served before. */
  readonly repeats: number;
  /** Distinct malformed elements, and distinct late events. */
  readonly badElements: number;
  readonly lateIds: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
};

export type ScanApi = {
  /** The value for `SCAN_API_URL`. */
  readonly url: string;
  readonly feed: HeldFeed;
  counts(): ScanApiCounts;
  /** Refuses every request in this way from now on; undefined: has its planned faults again, and no others. */
  refuse(kind: RefusalKind | undefined): void;
  /** Ends the server and every connection to it. May be called twice. */
  stop(): Promise<void>;
};

/** Serves a feed over HTTP with the given faults, and `/livez` without any. Rejects when it cannot listen. */
export async function startScanApi(options: ScanApiOptions): Promise<ScanApi> {
  const { host = '127.0.0.1', port = 0 } = options;
  const stopping = new AbortController();
  const handler = new ScanApiHandler(options, stopping.signal);
  const server = await listen({ host, port }, (request, response) => {
    handler.handle(request, response).catch((cause: unknown) => {
      if (!stopping.signal.aborted) response.destroy(cause instanceof Error ? cause : new Error(String(cause)));
    });
  });
  return {
    url: `http://${host}:${server.port}${scanApiPath}`,
    feed: options.feed,
    counts: () => handler.counts(),
    refuse: (kind) => handler.refuse(kind),
    stop: async () => {
      stopping.abort();
      await server.stop();
    },
  };
}

type Query = { readonly from: number; readonly limit: number };

class ScanApiHandler {
  readonly #options: ScanApiOptions;
  readonly #stopping: AbortSignal;
  readonly #schedule: FaultSchedule;
  readonly #random: Random;
  readonly #injected: Record<FaultKind, number> = { ...noFaults };
  readonly #counts = { requests: 0, pages: 0, emptyPages: 0, elements: 0, repeats: 0, badElements: 0, lateIds: 0 };
  #always: RefusalKind | undefined;

  constructor(options: ScanApiOptions, stopping: AbortSignal) {
    this.#options = options;
    this.#stopping = stopping;
    this.#schedule = new FaultSchedule({ ...noFaults, ...options.faults }, options.seed);
    this.#random = randomOf(options.seed, 'pages');
  }

  counts(): ScanApiCounts {
    return { ...this.#counts, faults: { ...this.#injected } };
  }

  refuse(kind: RefusalKind | undefined): void {
    this.#always = kind;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#counts.requests++;
    const { latencyMs = 0, slowMs = 1_500 } = this.#options;
    const query = readRequest(request, this.#options.token);
    if ('status' in query) {
      send(response, query);
      return;
    }
    this.#schedule.nextRequest();
    const refusal = this.#always ?? this.#schedule.takeRefusal();
    if (latencyMs > 0) await this.#wait(latencyMs);
    if (refusal) this.#injected[refusal]++;
    if (refusal === 'slow') await this.#wait(slowMs);
    if (!refusal || refusal === 'slow') this.#sendPage(query, response);
    else this.#refuse(refusal, query, response);
  }

  #sendPage(query: Query, response: ServerResponse): void {
    const page = this.#page(query);
    const { feed } = this.#options;
    const body = feed.answer(page);
    const fresh = feed.noteServed(page);
    this.#counts[page.length === 0 ? 'emptyPages' : 'pages']++;
    this.#counts.elements += page.length;
    this.#counts.repeats += page.length - fresh.length;
    for (const index of fresh) {
      if (feed.bad(index)) this.#counts.badElements++;
      if (feed.isLate(index)) this.#counts.lateIds++;
    }
    send(response, { status: 200, body });
  }

  /**
   * The indexes of the elements to serve, with the page faults that are due. A fault that would change nothing stays
   * due.
   */
  #page({ from, limit }: Query): number[] {
    const { feed, maxLimit = 1_000 } = this.#options;
    const capped = Math.min(limit, maxLimit);
    let page = feed.read(from, capped);
    if (page.length >= capped && this.#schedule.isDue('oversized')) {
      const larger = feed.read(from, capped + 1 + this.#random.below(capped));
      if (larger.length > page.length) {
        this.#inject('oversized');
        page = larger;
      }
    }
    if (page.length > 0 && this.#schedule.isDue('repeated')) {
      // Carriers that show late events at all show them like this.
      const again = [...feed.lateBefore(from), ...feed.before(from, 1 + this.#random.below(5))];
      if (again.length > 0) this.#inject('repeated');
      page = [...again, ...page];
    }
    if (page.length > 1 && this.#schedule.isDue('disorder')) {
      this.#inject('disorder');
      // A rotation by at least one always changes the order.
      const turn = 1 + this.#random.below(page.length - 1);
      page = [...page.slice(turn), ...this.#random.shuffled(page.slice(0, turn))];
    }
    return page;
  }

  #inject(kind: FaultKind): void {
    this.#schedule.markTaken(kind);
    this.#injected[kind]++;
  }

  #refuse(refusal: Exclude<RefusalKind, 'slow'>, query: Query, response: ServerResponse): void {
    if (refusal === 'stalled') this.#sendHalf(query, response, () => {});
    else if (refusal !== 'cut') send(response, plainRefusals[refusal](this.#options.now ?? Date.now));
    else if (this.#injected.cut % 2 === 0) response.socket?.destroy();
    else this.#sendHalf(query, response, () => response.socket?.destroy());
  }

  #sendHalf({ from, limit }: Query, response: ServerResponse, then: () => void): void {
    const { feed } = this.#options;
    const body = feed.answer(feed.read(from, limit));
    response.writeHead(200, { 'Content-Type': json, 'Content-Length': body.length });
    response.write(body.subarray(0, body.length >> 1), then);
  }

  #wait(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#stopping });
  }
}

/** The query, or the response to a request without a valid one. */
function readRequest({ url, method, headers }: IncomingMessage, token: string | undefined): Query | ApiResponse {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://localhost');
  if (pathname === '/livez') return { status: 200, body: '{"ok":true}' };
  if (pathname !== scanApiPath) return problem(404, `Not found: ${pathname}`);
  if (method !== 'GET') return problem(405, 'GET only', { Allow: 'GET' });
  if (token !== undefined && headers.authorization !== `Bearer ${token}`) {
    return problem(401, 'A valid bearer token is required', { 'WWW-Authenticate': 'Bearer' });
  }
  const from = searchParams.get('FromEventId') ?? '1';
  const limit = searchParams.get('Limit') ?? '100';
  if (!/^\d{1,16}$/.test(from) || !/^\d{1,16}$/.test(limit) || Number(limit) === 0) {
    return problem(400, 'FromEventId and Limit must be whole numbers, Limit above 0');
  }
  return { from: Number(from), limit: Number(limit) };
}

type ApiResponse = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
};

const json = 'application/json; charset=utf-8';

const plainRefusals: Record<Exclude<RefusalKind, 'slow' | 'cut' | 'stalled'>, (now: () => number) => ApiResponse> = {
  tooManySeconds: () => problem(429, 'Too many requests', { 'Retry-After': '1' }),
  // HTTP dates have whole seconds: the next but one is at least one second away.
  tooManyDate: (now) => {
    const later = new Date(Math.floor(now() / 1000 + 2) * 1000);
    return problem(429, 'Too many requests', { 'Retry-After': later.toUTCString() });
  },
  tooManyBare: () => problem(429, 'Too many requests'),
  serverError: () => problem(500, 'Internal server error'),
  badGateway: () => webPage(502, 'Bad Gateway'),
  unavailable: () => problem(503, 'Down for maintenance'),
  html: () => webPage(200, 'Please come back later'),
  envelope: () => ({ status: 200, body: '{"Message":"An error has occurred.","ScanEvents":null}' }),
};

function problem(status: number, Message: string, headers: Record<string, string> = {}): ApiResponse {
  return { status, headers, body: JSON.stringify({ Message }) };
}

function webPage(status: number, title: string): ApiResponse {
  return {
    status,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body: `<!doctype html><title>${title}</title><h1>${title}</h1>`,
  };
}

function send(response: ServerResponse, { status, headers, body }: ApiResponse): void {
  response.writeHead(status, { 'Content-Type': json, 'Content-Length': Buffer.byteLength(body), ...headers });
  response.end(body);
}
