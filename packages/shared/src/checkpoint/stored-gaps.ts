import type { IdRange } from '../domain/id-range.ts';

/** A range as it is stored. A mark stands for many gaps that are not listed: which of its ids were sent is not stored. */
export type StoredGap = IdRange & { readonly seenAt: number; readonly isMark?: true };

/** A gap's age is stored in this many steps, so ageing costs at most that many writes. */
const storedAges = 10;

/** Of one step, milliseconds. */
export function storedUnitMs(patienceMs: number): number {
  return Math.max(1_000, Math.ceil(patienceMs / storedAges / 1_000) * 1_000);
}

/**
 * Open gaps, ascending, as text for the checkpoint's item: a version, then for each gap three numbers in base 36. They are
 * the distance from the end of the gap before, the number of ids, and for how many seconds it was watched, rounded down to
 * whole `unitMs` (so that the text changes seldom). An age, not a time of day: clocks of two machines are never compared.
 * The age of a mark begins with a 0: releases that know no marks read it as one large gap. Undefined when empty.
 */
export function encodeGaps(gaps: readonly StoredGap[], now: number, unitMs: number): string | undefined {
  if (gaps.length === 0) return undefined;
  let end = 0;
  const entries = gaps.map(({ from, to, seenAt, isMark }) => {
    const age = Math.floor(Math.max(0, now - seenAt) / unitMs) * unitMs;
    const [distance, length, seconds] = [from - end, to - from + 1, Math.floor(age / 1_000)].map((number) =>
      number.toString(36),
    );
    end = to;
    return `${distance}.${length}.${isMark ? '0' : ''}${seconds}`;
  });
  return `1 ${entries.join(' ')}`;
}

/** Reads what {@link encodeGaps} wrote, up to `last`. Undefined for any other text: of another release, or of a person. */
export function decodeGaps(text: string, last: number, now: number): readonly StoredGap[] | undefined {
  const [version, ...entries] = text.split(' ');
  if (version !== '1') return undefined;
  const gaps: StoredGap[] = [];
  let end = 0;
  for (const entry of entries) {
    const [, ...digits] = /^([0-9a-z]+)\.([0-9a-z]+)\.([0-9a-z]+)$/.exec(entry) ?? [];
    const [distance = 0, length = 0, seconds = 0] = digits.map((number) => Number.parseInt(number, 36));
    const isMark = /^0./.test(digits[2] ?? '');
    const from = end + distance;
    end = from + length - 1;
    if (distance < 1 || length < 1 || !Number.isSafeInteger(end)) return undefined;
    gaps.push({ from, to: end, seenAt: now - seconds * 1_000, ...(isMark && { isMark }) });
  }
  // After an operator's reset, what lies beyond the position is read again.
  return gaps.filter((gap) => gap.from <= last).map((gap) => ({ ...gap, to: Math.min(gap.to, last) }));
}
