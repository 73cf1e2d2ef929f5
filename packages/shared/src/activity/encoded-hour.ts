import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { codeOf, numberOf } from './number-code.ts';
import { keptMinutes, type Ring, type SeriesName } from './ring.ts';
import { countSeries, levelSeries } from './series.ts';

/** What an item holds of the ring and of the last minute. */
export type EncodedHour = {
  readonly rows: Ring['rows'];
  /** What was counted in the last intervals, exact, in parts of 1. */
  readonly recent: ReadonlyMap<SeriesName, number>;
};

/**
 * The hour as bytes: a line of text that names the series, with what each counted lately, then for each a byte per minute
 * ({@link codeOf}), the oldest first; all deflated. A release that knows other series leaves out what it does not know.
 */
export function encodedHour({ rows, recent }: EncodedHour): Uint8Array {
  const head = [...rows.keys()].map((name) => `${name}:${Math.round(recent.get(name) ?? 0)}`).join(' ');
  const bytes = [...rows.values()].flatMap((row) => row.map(codeOf));
  return deflateRawSync(Buffer.concat([Buffer.from(`${head}\n`), Buffer.from(bytes)]), { level: 9 });
}

/** Most bytes that an encoded hour inflates to: of ten times as many series as there are. */
const longest = 16_384;

/** Undefined for what is no such hour. */
export function decodedHour(encoded: Uint8Array): EncodedHour | undefined {
  let plain: Buffer;
  try {
    plain = inflateRawSync(encoded, { maxOutputLength: longest });
  } catch {
    return undefined;
  }
  const end = plain.indexOf('\n');
  if (end < 1) return undefined;
  const head = plain.toString('utf8', 0, end).split(' ');
  const minutes = (plain.length - end - 1) / head.length;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > keptMinutes) return undefined;
  const rows = new Map<SeriesName, readonly (number | null)[]>();
  const recent = new Map<SeriesName, number>();
  for (const [i, entry] of head.entries()) {
    const [name = '', count] = entry.split(':');
    if (!isSeries(name)) continue;
    const from = end + 1 + i * minutes;
    rows.set(name, [...plain.subarray(from, from + minutes)].map(numberOf));
    recent.set(name, Number(count) || 0);
  }
  return { rows, recent };
}

function isSeries(name: string): name is SeriesName {
  return Object.hasOwn(countSeries, name) || Object.hasOwn(levelSeries, name);
}
