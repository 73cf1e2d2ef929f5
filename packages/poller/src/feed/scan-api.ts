import { pipeline, Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import type { HttpResponse } from '@smithy/core/protocols';
import type { Clock } from '@waybill/shared/clock.ts';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import { z } from 'zod';
import { httpGetter } from './http-get.ts';
import { refused, shownBytes, unreadable } from './scan-api-error.ts';
import type { ScanFeed } from './scan-feed.ts';

/** Bytes of a decoded body that are read at most: 10,000 events of 3 KiB, five times what the feed's events take. */
export const maxBodyBytes = 32 * 1024 * 1024;

/** Elements of a page that are taken at most, ten times the largest `Limit`: 32 MiB of `0,0,0,…` would fill the memory with messages. */
export const maxElements = 100_000;

const decoders = { gzip: createGunzip, deflate: createInflate };

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
  const get = httpGetter(options.timeoutMs);
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
        const { response } = await get(addressOf(options.url, fromEventId, limit), headers, request.signal);
        return await readPage(response, options.clock);
      } catch (error) {
        // Ends the reading of a body that was not read to its end.
        abort();
        if (error instanceof WaybillError) throw error;
        const text = timedOut
          ? `The Scan Event API did not respond within ${options.timeoutMs} ms`
          : `The connection to the Scan Event API failed: ${describeError(error)}`;
        throw new WaybillError('FEED_UNAVAILABLE', text, { cause: error });
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

/** The elements of a page. A redirect is refused: following it would be a request that nobody counted, and would hide a wrong SCAN_API_URL. */
async function readPage(
  { statusCode: status, headers, body }: HttpResponse,
  clock: Clock,
): Promise<readonly unknown[]> {
  const decoded = decodedBody(body, headers['content-encoding']);
  if (status < 200 || status > 299) {
    // A body that breaks off says no less about the status.
    const { bytes } = await bytesOf(decoded, shownBytes).catch(() => ({ bytes: Buffer.alloc(0) }));
    throw refused({ status, retryAfter: headers['retry-after'] }, bytes, clock.now());
  }
  const { bytes, isCut } = await bytesOf(decoded, maxBodyBytes);
  if (isCut) throw unreadable(`is larger than ${maxBodyBytes} bytes`, bytes, { tooLarge: true });
  return elementsOf(bytes);
}

function decodedBody(body: unknown, contentEncoding: string | undefined): Readable {
  if (!(body instanceof Readable)) throw new Error('the response has no body');
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  // The decoder is destroyed with the error of what it reads, and the other way round.
  return isKnown(coding) ? pipeline(body, decoders[coding](), () => undefined) : body;
}

function isKnown(coding: string): coding is keyof typeof decoders {
  return Object.hasOwn(decoders, coding);
}

/** The first `max` bytes of the body, and whether there were more, which are not read. Rejects where the body breaks off. */
async function bytesOf(body: Readable, max: number): Promise<{ readonly bytes: Buffer; readonly isCut: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop destroys the stream.
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > max) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, max), isCut: length > max };
}

const envelope = z.object({ ScanEvents: z.array(z.unknown()) });

/** Throws `FEED_UNREADABLE` for anything but the envelope. */
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
