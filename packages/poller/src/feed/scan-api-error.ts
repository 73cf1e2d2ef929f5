import { WaybillError } from '@waybill/shared/error.ts';

/** Longest `Retry-After` that is honoured, milliseconds: a hostile or mistaken value must not stop the mirror for a day. */
export const maxRetryAfterMs = 300_000;

/** Characters of what was received that an error shows. */
const shownCharacters = 200;

/** Bytes that surely hold that many characters of UTF-8. */
export const shownBytes = shownCharacters * 4;

/** The error of a response with a status that is not a success. `bytes` is the beginning of its body. */
export function refused(
  { status, retryAfter }: { readonly status: number; readonly retryAfter: string | undefined },
  bytes: Buffer,
  now: number,
): WaybillError {
  const received = beginningOf(bytes);
  const mayHeal = status === 408 || status === 429 || status >= 500;
  const retryAfterMs = retryAfterOf(retryAfter, now);
  return new WaybillError(
    mayHeal ? 'FEED_UNAVAILABLE' : 'FEED_UNREADABLE',
    `The Scan Event API returned status ${status}; received: ${JSON.stringify(received)}`,
    { details: { status, received, ...(retryAfterMs !== undefined && { retryAfterMs }) } },
  );
}

/** The error of a successful response that is not a page. */
export function unreadable(
  what: string,
  bytes: Buffer,
  details: { readonly tooLarge?: boolean } = {},
  cause?: unknown,
): WaybillError {
  const received = beginningOf(bytes);
  return new WaybillError(
    'FEED_UNREADABLE',
    `The Scan Event API's response ${what}; received: ${JSON.stringify(received)}`,
    { cause, details: { ...details, received } },
  );
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), as milliseconds from `now`; undefined for anything else. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : /^[A-Z]/i.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), maxRetryAfterMs);
}

function beginningOf(bytes: Buffer): string {
  return bytes.subarray(0, shownBytes).toString('utf8').slice(0, shownCharacters).toWellFormed();
}
