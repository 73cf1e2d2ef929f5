import { Readable } from 'node:stream';
import type { HttpResponse } from '@smithy/core/protocols';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { WaybillError } from '../error.ts';
import { connectionFailure } from '../http/connection-failure.ts';
import { noProxies, targetOf } from '../http/proxies.ts';
import { type AnswerObserver, answerFacts } from './answer-observer.ts';
import { authorisedGetter, credentialsOf, type ScanApiAccess, someCredentials } from './authorised-get.ts';
import { bytesOf } from './body-bytes.ts';
import { acceptedCodings, codingsOf, decoded, isDecodingError, whyUndecodable } from './codings.ts';
import { envelopeForm } from './envelope-form.ts';
import { withText } from './page.ts';
import { type AnswerHead, refusalBytes, refused, unreadable } from './scan-api-error.ts';
import type { ScanFeed } from './scan-feed.ts';
import { placeOfJsonError, placeOfUtf8Error } from './text-error-place.ts';

/** Bytes of a decoded body that are read at most: 10,000 events of 3 KiB, five times what the feed's events take. */
export const maxBodyBytes = 32 * 1024 * 1024;

/** Elements of a page that are taken at most, ten times the largest `Limit`: 32 MiB of `0,0,0,…` would fill the memory with messages. */
export const maxElements = 100_000;

export type ScanApiOptions = Pick<ScanApiAccess, 'token'> &
  Partial<ScanApiAccess> & {
    readonly url: string;
    /** For one request, its body and the token for it included. */
    readonly timeoutMs: number;
    readonly clock: Clock;
    /** Is told of every answer; by default nobody is. */
    readonly observer?: AnswerObserver;
  };

/** The Scan Event API over HTTP. */
export function scanApi(options: ScanApiOptions): ScanFeed {
  const access: ScanApiAccess = {
    headers: {},
    oauth: undefined,
    clientCertificate: undefined,
    proxies: noProxies,
    ...options,
  };
  const pause = feedPause(options.clock);
  const get = authorisedGetter(access, { ...options, throwIfPausedSince: pause.throwIfSince });
  const headers = { accept: 'application/json', 'accept-encoding': acceptedCodings };
  const asked = { ...options, credentials: credentialsOf(access).join(' and ') || someCredentials };
  const address = addressOf(options.url);
  return {
    read: async (fromEventId, limit, signal) => {
      const url = address(fromEventId, limit);
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
        const response = await get(url, headers, request.signal);
        return await readPage(response, url, asked).catch(pause.note);
      } catch (error) {
        // Ends the reading of a body that was not read to its end.
        abort();
        if (error instanceof WaybillError) throw error;
        if (!timedOut) throw unavailable(error, url, access);
        throw new WaybillError('FEED_UNAVAILABLE', `The Scan Event API did not respond within ${options.timeoutMs} ms`);
      } finally {
        signal.removeEventListener('abort', abort);
        // With a reason of its own: without one, an exception with a stack is made, for each page.
        waiting.abort('over');
      }
    },
  };
}

/** What the feed asks of all who read it, so that those know who wait for something else meanwhile. */
function feedPause({ monotonic }: Clock) {
  let asked = { at: Number.NEGATIVE_INFINITY, until: Number.NEGATIVE_INFINITY };
  return {
    note: (error: unknown): never => {
      const ms = error instanceof WaybillError ? error.details['retryAfterMs'] : undefined;
      const at = monotonic();
      if (typeof ms === 'number') asked = { at, until: Math.max(asked.until, at + ms) };
      throw error;
    },
    throwIfSince: (startedAt: number): void => {
      const retryAfterMs = asked.until - monotonic();
      if (asked.at < startedAt || retryAfterMs <= 0) return;
      throw new WaybillError(
        'FEED_UNAVAILABLE',
        'The Scan Event API has asked to wait, while a token was fetched for this',
        {
          details: { retryAfterMs },
        },
      );
    },
  };
}

const callee = {
  name: 'the Scan Event API',
  variable: 'SCAN_API_URL',
  certificateVariable: 'SCAN_API_CLIENT_CERT',
};

function unavailable(error: unknown, url: URL, { proxies }: ScanApiAccess): WaybillError {
  const { text, code } = connectionFailure(error, url, callee, proxies.of(targetOf(url)));
  return new WaybillError('FEED_UNAVAILABLE', text, { details: { ...(code !== undefined && { code }) } });
}

/** Makes the addresses of requests. The URL's own query stays as it is spelled, but for the two parameters that are ours. */
function addressOf(text: string): (fromEventId: number, limit: number) => URL {
  const base = new URL(text);
  const ours = new Set(['FromEventId', 'Limit']);
  const nameOf = (part: string) => [...new URLSearchParams(part).keys()][0] ?? '';
  const own = base.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && !ours.has(nameOf(part)));
  return (fromEventId, limit) => {
    const url = new URL(base);
    url.search = [...own, `FromEventId=${fromEventId}`, `Limit=${limit}`].join('&');
    return url;
  };
}

/** The elements of a page. A redirect is refused: following it would be a request that nobody counted, and would hide a wrong SCAN_API_URL. */
async function readPage(
  { statusCode: status, headers, body }: HttpResponse,
  url: URL,
  { clock, observer, credentials }: Pick<ScanApiOptions, 'clock' | 'observer'> & Pick<AnswerHead, 'credentials'>,
): Promise<readonly unknown[]> {
  if (!(body instanceof Readable)) throw new Error('the response has no body');
  observer?.onHead(answerFacts(status, headers, clock.now()));
  const head: AnswerHead = { status, headers, url, credentials };
  if (status < 200 || status > 299) {
    // A body that breaks off says no less about the status.
    const { bytes } = await bytesOf(body, refusalBytes).catch(() => ({ bytes: Buffer.alloc(0) }));
    throw refused(head, bytes, clock.now());
  }
  // No content: there is nothing newer.
  if (status === 204) return [];
  const coding = headers['content-encoding'];
  if (coding === undefined) return pageOf(body, head, observer);
  const codings = codingsOf(coding);
  const undecodable = whyUndecodable(codings);
  if (undecodable) throw unreadable(undecodable, head, Buffer.alloc(0));
  try {
    return await pageOf(await decoded(body, codings), head, observer);
  } catch (error) {
    if (!isDecodingError(error)) throw error;
    throw unreadable(`is not what its coding says (${codings.join(', ')})`, head, Buffer.alloc(0));
  }
}

async function pageOf(
  body: Readable,
  head: AnswerHead,
  observer: AnswerObserver | undefined,
): Promise<readonly unknown[]> {
  const { bytes, isCut } = await bytesOf(body, maxBodyBytes);
  if (isCut) throw unreadable(`is larger than ${maxBodyBytes} bytes`, head, bytes, { tooLarge: true });
  return elementsOf(bytes, head, observer);
}

const envelope = z.object({ ScanEvents: z.array(z.unknown()).nullable() });

/** Throws `FEED_UNREADABLE` for anything but the envelope. */
function elementsOf(bytes: Buffer, head: AnswerHead, observer: AnswerObserver | undefined): readonly unknown[] {
  const text = textOf(bytes, head);
  const received = jsonOf(text, bytes, head);
  const { data, success } = envelope.safeParse(received);
  if (!success) throw unreadable(`is not an object with an array "ScanEvents": ${envelopeForm(received)}`, head, bytes);
  observer?.onPage(data.ScanEvents ? 'array' : 'null');
  const elements = data.ScanEvents ?? [];
  if (elements.length <= maxElements) return withText(elements, text);
  throw unreadable(`holds more than ${maxElements} elements`, head, bytes, { tooLarge: true });
}

function textOf(bytes: Buffer, head: AnswerHead): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const at = placeOfUtf8Error(bytes);
    throw unreadable(`is not UTF-8: it goes wrong at byte ${at}`, head, bytes, { at });
  }
}

function jsonOf(text: string, bytes: Buffer, head: AnswerHead): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    const at = placeOfJsonError(text);
    throw unreadable(`is not JSON: it goes wrong at character ${at} of ${text.length}`, head, bytes, { at });
  }
}
