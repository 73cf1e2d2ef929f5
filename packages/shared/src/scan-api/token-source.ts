import { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { WaybillError } from '../error.ts';
import { connectionFailure } from '../http/connection-failure.ts';
import { type Proxies, targetOf } from '../http/proxies.ts';
import { bytesOf } from './body-bytes.ts';
import type { RequestOverHttp } from './http-request.ts';
import { isRefusedClient, tokenIn, unusable } from './token-answer.ts';

/** A client of OAuth 2's client credentials grant (RFC 6749, 4.4). */
export type OAuthClient = {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  readonly audience?: string | undefined;
};

/** Monotonic times. From `freshUntil` on another one is asked for; while that fails, this one is used until `endsAt`. */
export type HeldToken = {
  readonly token: string;
  readonly fetchedAt: number;
  readonly freshUntil: number;
  readonly endsAt: number;
};

/** Where a client names itself: in the header that every server must understand, or in the form (RFC 6749, 2.3.1). */
type Style = 'header' | 'form';

/** Milliseconds that a request to the endpoint may take. Who waits for it leaves sooner; it goes on for the next ones. */
const fetchMs = 15_000;
/** Time before its end from which on a token is fetched anew; of one that is valid for less than two minutes, half of its time. */
const earlyMs = 60_000;
/** Time for which a token that the feed has never accepted is not replaced: a feed that refuses every one must not have one made for each request. */
const unprovenMs = 60_000;
/** Pauses of the endpoint after a failure: after one that only another configuration cures, and the longest that it may ask for itself. */
const pauseMs = 1_000;
const refusedPauseMs = 30_000;
const longestPauseMs = 300_000;
/** Bytes of an answer that are read: a signed token with hundreds of roles takes some 10 KiB. */
const answerBytes = 65_536;

/** Fetches tokens and keeps the latest: one request at a time, whoever waits for it. */
export class TokenSource {
  readonly #client: OAuthClient;
  readonly #url: URL;
  readonly #proxies: Proxies;
  readonly #request: RequestOverHttp;
  readonly #clock: Clock;
  #held: HeldToken | undefined;
  /** Of the tokens that the feed has accepted, the latest. */
  #proven: HeldToken | undefined;
  #fetching: Promise<HeldToken> | undefined;
  #style: Style | undefined;
  #failure: { readonly error: WaybillError; readonly until: number } | undefined;

  constructor(options: {
    readonly client: OAuthClient;
    readonly proxies: Proxies;
    readonly request: RequestOverHttp;
    readonly clock: Clock;
  }) {
    this.#client = options.client;
    this.#url = new URL(options.client.tokenUrl);
    this.#proxies = options.proxies;
    this.#request = options.request;
    this.#clock = options.clock;
  }

  /** A token that is valid for a while. Rejects with `FEED_UNAVAILABLE`, also when the signal aborts before there is one. */
  async current(signal: AbortSignal): Promise<HeldToken> {
    const now = this.#clock.monotonic();
    if (this.#held && now < this.#held.freshUntil) return this.#held;
    try {
      return await this.#fresh(now, signal);
    } catch (error) {
      // An endpoint that fails for a moment stops nobody whose token has not ended. The feed may have refused it meanwhile.
      if (!signal.aborted && this.#held && this.#clock.monotonic() < this.#held.endsAt) return this.#held;
      throw error;
    }
  }

  async #fresh(now: number, signal: AbortSignal): Promise<HeldToken> {
    if (!this.#fetching) {
      this.#throwWhilePaused(now);
      const fetching = this.#fetch().finally(() => {
        this.#fetching = undefined;
      });
      // Those who wait see it.
      fetching.catch(() => undefined);
      this.#fetching = fetching;
    }
    return await until(this.#fetching, signal, () => unusable(this.#url, 'did not respond in time'));
  }

  /** The feed has accepted this token. Of one that has been replaced meanwhile that says nothing any more. */
  accepted(token: HeldToken): void {
    if (token === this.#held) this.#proven = token;
  }

  /** The feed has refused this token: whether to ask once more, with another one. */
  refused(token: HeldToken): boolean {
    if (this.#held !== token) return true;
    if (this.#proven !== token && this.#clock.monotonic() - token.fetchedAt < unprovenMs) return false;
    this.#held = undefined;
    return true;
  }

  /** Of a failure that is not over yet nobody need ask the endpoint again. */
  #throwWhilePaused(now: number): void {
    if (!this.#failure || now >= this.#failure.until) return;
    const { error, until: end } = this.#failure;
    const details = { ...error.details, ...('retryAfterMs' in error.details && { retryAfterMs: end - now }) };
    throw new WaybillError(error.code, error.message, { details });
  }

  async #fetch(): Promise<HeldToken> {
    // From before the request: so much of its time may be over when it arrives.
    const fetchedAt = this.#clock.monotonic();
    try {
      const { token, validMs } = await this.#inEitherStyle();
      const freshUntil = fetchedAt + Math.max(validMs - earlyMs, validMs / 2);
      this.#held = { token, fetchedAt, freshUntil, endsAt: fetchedAt + validMs };
      this.#failure = undefined;
      return this.#held;
    } catch (thrown) {
      const error = thrown instanceof WaybillError ? thrown : unusable(this.#url, 'was asked in vain');
      const askedMs = Number(error.details['retryAfterMs'] ?? 0);
      const leastMs = isRefusedClient(error) ? refusedPauseMs : pauseMs;
      const until = this.#clock.monotonic() + Math.min(longestPauseMs, Math.max(leastMs, askedMs));
      this.#failure = { error, until };
      throw error;
    }
  }

  /** By the header first, then, where that is refused, by the form: servers differ in which they take. */
  async #inEitherStyle() {
    if (this.#style) return await this.#ask(this.#style);
    try {
      const given = await this.#ask('header');
      this.#style = 'header';
      return given;
    } catch (error) {
      if (!(error instanceof WaybillError && mayBeTheStyle(error))) throw error;
      try {
        const given = await this.#ask('form');
        this.#style = 'form';
        return given;
      } catch (second) {
        const isSame = second instanceof WaybillError && second.details['tokenError'] === 'invalid_client';
        throw isSame || !(second instanceof WaybillError && isRefusedClient(second)) ? second : error;
      }
    }
  }

  async #ask(style: Style) {
    const { clientId, clientSecret, scope, audience } = this.#client;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope !== undefined && { scope }),
      ...(audience !== undefined && { audience }),
      ...(style === 'form' && { client_id: clientId, client_secret: clientSecret }),
    }).toString();
    const headers = {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(form.length),
      ...(style === 'header' && { authorization: basic(clientId, clientSecret) }),
    };
    const late = new AbortController();
    const over = new AbortController();
    void this.#clock.sleep(fetchMs, over.signal).then(() => {
      if (!over.signal.aborted) late.abort();
    });
    try {
      const { statusCode, headers: said, body } = await this.#request(this.#url, { headers, form }, late.signal);
      if (!(body instanceof Readable)) throw new Error('the response has no body');
      const { bytes, isCut } = await bytesOf(body, answerBytes);
      if (isCut) throw unusable(this.#url, `returned more than ${answerBytes} bytes`);
      const answer = { status: statusCode, retryAfter: said['retry-after'], text: bytes.toString() };
      return tokenIn(answer, this.#url, this.#clock.now());
    } catch (error) {
      if (error instanceof WaybillError) throw error;
      if (late.signal.aborted) throw unusable(this.#url, `did not respond within ${fetchMs / 1_000} s`);
      const callee = {
        name: 'the token endpoint',
        variable: 'SCAN_API_OAUTH',
        certificateVariable: 'SCAN_API_CLIENT_CERT',
      };
      const { text, code } = connectionFailure(error, this.#url, callee, this.#proxies.of(targetOf(this.#url)));
      throw unusable(this.#url, `was asked in vain: ${text}`, { code });
    } finally {
      over.abort();
    }
  }
}

/** Id and secret are encoded as in a form before they are put together (RFC 6749, 2.3.1). */
function basic(clientId: string, clientSecret: string): string {
  const encoded = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
  return `Basic ${Buffer.from(`${encoded(clientId)}:${encoded(clientSecret)}`).toString('base64')}`;
}

/** Servers that read the form alone say invalid_client or invalid_request of a header, or only a status. */
function mayBeTheStyle({ details }: WaybillError): boolean {
  const error = details['tokenError'];
  const isOfClient = error === undefined || error === 'invalid_client' || error === 'invalid_request';
  return isOfClient && [400, 401, 403].includes(Number(details['tokenStatus']));
}

/** What `promise` resolves with; rejects once the signal aborts. */
async function until<T>(promise: Promise<T>, signal: AbortSignal, whyNot: () => Error): Promise<T> {
  if (signal.aborted) throw whyNot();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(whyNot());
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
