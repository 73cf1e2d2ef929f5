import { z } from 'zod';

/** The fields of a form that were filled in: a browser sends empty ones, too. */
export function givenFields(form: unknown): unknown {
  if (typeof form !== 'object' || form === null) return form;
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== ''));
}

/** A time in UTC as ISO 8601 has it, or as a field of the type `datetime-local` sends it: without a zone. */
export const utcField = z
  .preprocess(
    (text) => (typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(text) ? withZone(text) : text),
    z.iso.datetime('a time in UTC such as 2026-11-28T22:15'),
  )
  .optional();

function withZone(time: string): string {
  return time.length === 16 ? `${time}:00Z` : `${time}Z`;
}

/** A time as a field of the type `datetime-local` takes it, to the minute. */
export function fieldOfUtc(utc: string | undefined): string {
  return utc?.slice(0, 16) ?? '';
}
