import { createHash } from 'node:crypto';
import { cutBodyBytes } from '@waybill/shared/domain/pack.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { retryAfterOf } from './retry-after.ts';

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
  const error = new WaybillError(
    'FEED_UNREADABLE',
    `The Scan Event API's response ${what}; received: ${JSON.stringify(received)}`,
    { cause, details: { ...details, received } },
  );
  const digest = createHash('sha256').update(bytes).digest('base64');
  receivedAnswers.set(error, { beginning: Buffer.from(bytes.subarray(0, cutBodyBytes)), digest });
  return error;
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

function beginningOf(bytes: Buffer): string {
  return bytes.subarray(0, shownBytes).toString('utf8').slice(0, shownCharacters).toWellFormed();
}
