import type { Clock } from '@waybill/shared/clock.ts';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import { z } from 'zod';
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
        return await readPage(options, fromEventId, limit, request.signal);
      } catch (error) {
        // Ends whatever of the body was not read; for a page that was read, fetch would only make an error that nobody sees.
        abort();
        if (error instanceof WaybillError) throw error;
        const what = timedOut ? `did not answer within ${options.timeoutMs} ms` : `was cut off: ${reasonOf(error)}`;
        throw new WaybillError('FEED_UNAVAILABLE', `The Scan Event API ${what}`, { cause: error });
      } finally {
        signal.removeEventListener('abort', abort);
        // With a reason of its own: without one, an exception with a stack is made, for each page.
        waiting.abort('over');
      }
    },
  };
}

async function readPage(
  { url, token, clock }: ScanApiOptions,
  fromEventId: number,
  limit: number,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const address = new URL(url);
  address.searchParams.set('FromEventId', String(fromEventId));
  address.searchParams.set('Limit', String(limit));
  const response = await fetch(address, {
    headers: { accept: 'application/json', ...(token !== '' && { authorization: `Bearer ${token}` }) },
    // Each hop would be a request that nobody counted, and a wrong SCAN_API_URL would stay unseen.
    redirect: 'manual',
    signal,
  });
  if (!response.ok) throw await refused(response, clock);
  const body = await bytesOf(response, maxBodyBytes);
  if (body.cut) throw unreadable(`is larger than ${maxBodyBytes} bytes`, body.bytes, { tooLarge: true });
  return elementsOf(body.bytes);
}

async function refused(response: Response, clock: Clock): Promise<WaybillError> {
  // A body that breaks off says no less about the status.
  const { bytes } = await bytesOf(response, shownBytes).catch(() => ({ bytes: Buffer.alloc(0) }));
  const received = beginningOf(bytes);
  const mayHeal = response.status === 408 || response.status === 429 || response.status >= 500;
  const retryAfterMs = retryAfterOf(response.headers.get('retry-after'), clock.now());
  return new WaybillError(
    mayHeal ? 'FEED_UNAVAILABLE' : 'FEED_UNREADABLE',
    `The Scan Event API answered ${response.status}; received: ${JSON.stringify(received)}`,
    { details: { status: response.status, received, ...(retryAfterMs !== undefined && { retryAfterMs }) } },
  );
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), as milliseconds from `now`; undefined for anything else. */
export function retryAfterOf(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : /^[A-Z]/i.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), maxRetryAfterMs);
}

/** The first bytes of the body, and whether there were more than `max`. What is beyond is not read. */
async function bytesOf(response: Response, max: number): Promise<{ bytes: Buffer; cut: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > max) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, max), cut: length > max };
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

/** fetch hides the reason (refused, reset, no such host) in the cause. */
function reasonOf(error: unknown): string {
  return describeError(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
