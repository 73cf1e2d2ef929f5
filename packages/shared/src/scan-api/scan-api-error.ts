import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { cutBodyBytes } from '../domain/pack.ts';
import { WaybillError } from '../error.ts';
import { retryAfterOf } from '../http/retry-after.ts';
import { shownUrl } from '../shown-url.ts';

/** Bytes of the body of a refusal that are read: enough for a digest that tells one error page from another. */
export const refusalBytes = 16_384;

/** The head of an answer. */
export type AnswerHead = {
  readonly status: number;
  readonly headers: Pick<Readonly<IncomingHttpHeaders>, 'content-type' | 'location' | 'retry-after'>;
  /** What was asked. */
  readonly url: URL;
  /** The variables with what the server may have refused, in words; by default `SCAN_API_TOKEN`. */
  readonly credentials?: string | undefined;
};

/** The error of a response with a status that is not a success. `bytes` is the beginning of its body. */
export function refused(
  { status, headers, url, credentials = 'SCAN_API_TOKEN' }: AnswerHead,
  bytes: Buffer,
  now: number,
): WaybillError {
  const mayHeal = status === 408 || status === 429 || status >= 500;
  const retryAfterMs = retryAfterOf(headers['retry-after'], now);
  const advice = adviceFor(status, headers.location, url, credentials);
  return new WaybillError(
    mayHeal ? 'FEED_UNAVAILABLE' : 'FEED_UNREADABLE',
    `The Scan Event API returned status ${status}${advice && `: ${advice}`}`,
    {
      details: {
        status,
        ...factsOf(headers, bytes.length, digestOf(bytes)),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      },
    },
  );
}

/** The error of a successful response that is not a page. Of its text nothing is shown. */
export function unreadable(
  what: string,
  { status, headers }: AnswerHead,
  bytes: Buffer,
  details: { readonly tooLarge?: boolean; readonly at?: number } = {},
): WaybillError {
  const digest = digestOf(bytes);
  const type = mediaTypeOf(headers['content-type']);
  // A web page with status 200 is what a login or a proxy puts in the way.
  const page = type === 'text/html' ? ' (it is a web page, text/html)' : '';
  const error = new WaybillError('FEED_UNREADABLE', `The Scan Event API's response ${what}${page}`, {
    details: { status, ...factsOf(headers, bytes.length, digest), ...details },
  });
  receivedAnswers.set(error, { beginning: Buffer.from(bytes.subarray(0, cutBodyBytes)), digest });
  return error;
}

/** What the log may say of an answer: it holds people's ids, and may repeat our token. */
function factsOf(headers: AnswerHead['headers'], bytes: number, digest: string): Record<string, unknown> {
  return { contentType: mediaTypeOf(headers['content-type']), bytes, digest: digest.slice(0, 16) };
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** `text/html` of `text/html; charset=utf-8`: parameters may hold anything. */
function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType && /^\s*([\w.+-]{1,40}\/[\w.+-]{1,60})\s*(?:;|$)/.exec(contentType)?.[1];
}

/** What the reader can do about a status; empty for nothing. */
function adviceFor(status: number, location: string | undefined, url: URL, credentials: string): string {
  if (status === 401 || status === 403) return `check ${credentials}`;
  if (status === 407) return 'the proxy wants a user and a password, or others: check HTTP_PROXY';
  if (status === 404 || status === 410) return `check the path of SCAN_API_URL (${shownUrl(url)})`;
  if (status < 300 || status > 399) return '';
  const target = location === undefined ? null : URL.parse(location, url.href);
  return `it redirects to ${target ? shownUrl(target) : 'no readable address'}; if that is right, set SCAN_API_URL to it`;
}

/** The bytes of a successful response that is not a page. */
export type ReceivedAnswer = {
  /** As many as a message carries at most, from the first on. */
  readonly beginning: Buffer;
  /** Of all that was received. */
  readonly digest: string;
};

/** Beside the errors and not in them: whatever logs an error must not log what people's ids are in. */
const receivedAnswers = new WeakMap<object, ReceivedAnswer>();

/** What was received where {@link unreadable} made this error. */
export function receivedBy(error: unknown): ReceivedAnswer | undefined {
  return typeof error === 'object' && error !== null ? receivedAnswers.get(error) : undefined;
}
