import type { Clock } from '@waybill/shared/clock.ts';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import { z } from 'zod';
import { bytesOf, type HttpAnswer, httpGetter } from './http-get.ts';
import type { ScanFeed } from './scan-feed.ts';

/** Bytes of a decoded body that are read at most: 10,000 events of 3 KiB, five times what the feed's events take. */
export const maxBodyBytes = 32 * 1024 * 1024;

/** Elements of a page that are taken at most, ten times the largest `Limit`: 32 MiB of `0,0,0,…` would fill the memory with messages. */
export const maxElements = 100_000;

/** Longest `Retry-After` that is honoured, milliseconds: a hostile or mistaken value must not stop the mirror for a day. */
export const maxRetryAfterMs = 300_000;

/** Characters of what was received that an error shows. */
const shownCharacters = 200;

/** Bytes that surely hold that many characters of UTF-8. */
const shownBytes = shownCharacters * 4;

export type ScanApiOptions = {
  readonly url: string;
  /** Empty for none. */
  readonly token: string;
  /** For one request, its body included. */
  readonly timeoutMs: number;
  readonly clock: Clock;
};

/** The Scan Event API over HTTP. */
export function scanApi(options: ScanApiOptions): ScanFeed {
  const get = httpGetter();
  const headers = {
    accept: 'application/json',
    ...(options.token !== '' && { authorization: `Bearer ${options.token}` }),
  };
  return {
    read: async (fromEventId, limit, signal) => {
      const request = new AbortController();
      const abort = () => request.abort();
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      const waiting = new AbortController();
      let timedOut = false;
      void options.clock.sleep(options.timeoutMs, waiting.signal).then(() => {
        if (waiting.signal.aborted) return;
        timedOut = true;
        abort();
      });
      try {
        return await readPage(
          await get(addressOf(options.url, fromEventId, limit), headers, request.signal),
          options.clock,
        );
      } catch (error) {
        // Ends whatever of the body was not read.
        abort();
        if (error instanceof WaybillError) throw error;
        const what = timedOut
          ? `did not answer within ${options.timeoutMs} ms`
          : `was cut off: ${describeError(error)}`;
        throw new WaybillError('FEED_UNAVAILABLE', `The Scan Event API ${what}`, { cause: error });
      } finally {
        signal.removeEventListener('abort', abort);
        // With a reason of its own: without one, an exception with a stack is made, for each page.
        waiting.abort('over');
      }
    },
  };
}

function addressOf(url: string, fromEventId: number, limit: number): URL {
  const address = new URL(url);
  address.searchParams.set('FromEventId', String(fromEventId));
  address.searchParams.set('Limit', String(limit));
  return address;
}

/** A redirect is no page: it would be a request that nobody counted, and a wrong SCAN_API_URL would stay unseen. */
async function readPage(answer: HttpAnswer, clock: Clock): Promise<readonly unknown[]> {
  if (answer.status < 200 || answer.status > 299) throw await refused(answer, clock);
  const body = await bytesOf(answer.body, maxBodyBytes);
  if (body.cut) throw unreadable(`is larger than ${maxBodyBytes} bytes`, body.bytes, { tooLarge: true });
  return elementsOf(body.bytes);
}

async function refused({ status, headers, body }: HttpAnswer, clock: Clock): Promise<WaybillError> {
  // A body that breaks off says no less about the status.
  const { bytes } = await bytesOf(body, shownBytes).catch(() => ({ bytes: Buffer.alloc(0) }));
  const received = beginningOf(bytes);
  const mayHeal = status === 408 || status === 429 || status >= 500;
  const retryAfterMs = retryAfterOf(headers['retry-after'], clock.now());
  return new WaybillError(
    mayHeal ? 'FEED_UNAVAILABLE' : 'FEED_UNREADABLE',
    `The Scan Event API answered ${status}; received: ${JSON.stringify(received)}`,
    { details: { status, received, ...(retryAfterMs !== undefined && { retryAfterMs }) } },
  );
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), as milliseconds from `now`; undefined for anything else. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : /^[A-Z]/i.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), maxRetryAfterMs);
}

const envelope = z.object({ ScanEvents: z.array(z.unknown()) });

/** The elements of a page's body. Throws `FEED_UNREADABLE` for anything but the envelope. */
function elementsOf(bytes: Buffer): readonly unknown[] {
  const { data, success } = envelope.safeParse(jsonOf(bytes));
  if (!success) throw unreadable('is not an object with an array "ScanEvents"', bytes);
  if (data.ScanEvents.length <= maxElements) return data.ScanEvents;
  throw unreadable(`holds more than ${maxElements} elements`, bytes, { tooLarge: true });
}

function jsonOf(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadable('is not UTF-8', bytes, {}, cause);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable('is not JSON', bytes, {}, cause);
  }
}

function unreadable(
  what: string,
  bytes: Buffer,
  details: { readonly tooLarge?: boolean } = {},
  cause?: unknown,
): WaybillError {
  const received = beginningOf(bytes);
  return new WaybillError(
    'FEED_UNREADABLE',
    `The Scan Event API's answer ${what}; received: ${JSON.stringify(received)}`,
    { cause, details: { ...details, received } },
  );
}

function beginningOf(bytes: Buffer): string {
  return bytes.subarray(0, shownBytes).toString('utf8').slice(0, shownCharacters).toWellFormed();
}
