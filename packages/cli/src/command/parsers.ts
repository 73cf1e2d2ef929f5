import { typedDurationMs } from '@waybill/shared/times.ts';

/** The value of a text that an operator gave, or what was expected instead. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

export type Parser<T> = (text: string) => Read<T>;

/** Any text but the empty one. */
export const anyText: Parser<string> = (text) =>
  text.trim() === '' ? { problem: 'expected some text' } : { value: text };

export const queueUrl: Parser<string> = (text) =>
  /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? { value: text } : { problem: 'expected the URL of a queue' };

/** A whole number in decimal digits. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }): Parser<number> {
  const most = max === Number.MAX_SAFE_INTEGER ? '' : `–${max.toLocaleString('en-US')}`;
  const problem = most ? `expected a whole number ${min}${most}` : `expected a whole number ≥ ${min}`;
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { value } : { problem };
  };
}

/** An EventId or a ParcelId: a safe integer from 1 on. */
export const id: Parser<number> = wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER });

/** A duration in milliseconds, from a number and a unit: `90s`, `30m`, `48h`, `2d`. */
export const duration: Parser<number> = (text) => {
  const value = typedDurationMs(text);
  return value === undefined ? { problem: 'expected a duration such as 90s, 30m, 48h or 2d' } : { value };
};

/** A time in UTC, `2026-11-28T22:15:30Z` or `2026-11-28 22:15:30Z`; seconds and fractions may be left out. As an ISO text. */
export const instant: Parser<string> = (text) => {
  const isUtc = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?Z$/.test(text);
  const ms = isUtc ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  return Number.isNaN(ms)
    ? { problem: 'expected a time in UTC such as 2026-11-28T22:15:30Z' }
    : { value: new Date(ms).toISOString() };
};

/** One of these words. */
export function oneOf<const T extends string>(choices: readonly T[]): Parser<T> {
  return (text) => {
    const value = choices.find((choice) => choice === text);
    return value === undefined ? { problem: `expected one of ${choices.join(', ')}` } : { value };
  };
}
