import type { Clock } from '../clock.ts';
import { hasCode, WaybillError } from '../error.ts';
import type { Logger } from '../process/logger.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Longest `Retry-After` that is obeyed, milliseconds: a hostile or mistaken value must not stop the mirror for a day. */
const maxRetryAfterMs = 300_000;

/** Statuses of errors that say nothing of the page: no access (401, 403, 407), and not now (408, 425, 429). */
const notAboutPage: ReadonlySet<number> = new Set([401, 403, 407, 408, 425, 429]);

/** Whether the answer was over the size that is read. */
export function isTooLarge(error: unknown): boolean {
  return hasCode(error, 'FEED_UNREADABLE') && error.details['tooLarge'] === true;
}

/** The status of the answer, where that is what was wrong with it. */
function statusOf(error: unknown): number | undefined {
  const status = error instanceof WaybillError ? error.details['status'] : undefined;
  // A page that cannot be read comes with a status that is well.
  return typeof status === 'number' && (status < 200 || status > 299) ? status : undefined;
}

/** Whether the failure may be that of the page asked for, and of no other: the feed answered, and not with a page. */
export function isAboutPage(error: unknown): boolean {
  const status = statusOf(error);
  if (status === undefined) return hasCode(error, 'FEED_UNREADABLE');
  return status >= 400 && !notAboutPage.has(status);
}

/** Whether asking for the same once more is of no use: the feed refuses the question. */
export function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status < 500 && isAboutPage(error);
}

/** The failure in a few words. */
export function nameOf(error: unknown): string {
  if (!(error instanceof WaybillError)) return 'an unexpected error';
  const status = statusOf(error);
  return status === undefined ? error.code : `${error.code} (${status})`;
}

/** Lets no reader ask before the time that the feed asks for, where the failure says so. */
export function obeyRetryAfter(
  error: unknown,
  { bucket, log, clock }: { readonly bucket: TokenBucket; readonly log: Pick<Logger, 'warn'>; readonly clock: Clock },
): void {
  const askedMs = error instanceof WaybillError ? error.details['retryAfterMs'] : undefined;
  if (typeof askedMs !== 'number') return;
  const seconds = maxRetryAfterMs / 1_000;
  if (askedMs > maxRetryAfterMs)
    log.warn({ askedSeconds: Math.round(askedMs / 1_000), seconds }, 'Retry-After too long: waiting for a part of it');
  bucket.pausedUntil = Math.max(bucket.pausedUntil, clock.monotonic() + Math.min(askedMs, maxRetryAfterMs));
}
