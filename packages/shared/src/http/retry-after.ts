const seconds = /^(\d+(?:\.\d+)?)\s*(?:s|secs?|seconds?)?$/i;
const isoDate = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?/;
const zone = /(?:Z|GMT|UTC|[+-]\d\d:?\d\d)$/i;

/**
 * `Retry-After` as milliseconds from `now`, never negative: seconds, with a fraction too; a date of HTTP (RFC 9110, 5.6.7)
 * or ISO 8601, in UTC where it names no zone. Undefined for anything else.
 */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  const wait = seconds.exec(text)?.[1];
  if (wait !== undefined) return Number(wait) * 1_000;
  const date = isoDate.test(text) ? text.replace(/^(\S+) (?=\d)/, '$1T') : /^[A-Z]/i.test(text) ? text : undefined;
  if (date === undefined) return undefined;
  const hasTime = date.includes(':');
  const ms = Date.parse(zone.test(date) || !hasTime ? date : isoDate.test(date) ? `${date}Z` : `${date} GMT`);
  return Number.isNaN(ms) ? undefined : Math.max(0, ms - now);
}
