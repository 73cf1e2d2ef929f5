import { styleText } from 'node:util';
import { agoOf, timeOf } from './times.ts';
import { wrap } from './wrap.ts';

type Style = Parameters<typeof styleText>[0];

/** A column of a table: what it shows of an entry. */
export type Column<T> = {
  readonly title: string;
  readonly of: (entry: T) => string | number;
  /** Words that may be cut where the terminal is too narrow. Never an id. */
  readonly mayBeCut?: boolean;
};

/** What a command needs to show something to people. */
export type View = {
  /** Columns of the terminal; infinite where there is none, since a pipe wraps nothing. */
  readonly width: number;
  /** `2026-11-28 22:15:30Z (3 min ago)`. */
  readonly time: (isoUtc: string) => string;
  /** `3 min ago`. */
  readonly age: (isoUtc: string) => string;
  /** The text in a style of `util.styleText`, where colours are wanted. */
  readonly styled: (style: Style, text: string) => string;
  /** Aligned columns with their titles; numbers to the right. */
  readonly table: <T>(entries: readonly T[], columns: readonly Column<T>[]) => readonly string[];
  /** A label and its value on each line; what has no value is left out. Long values go on below themselves. */
  readonly facts: (
    facts: Readonly<Record<string, string | number | readonly string[] | undefined | null>>,
  ) => readonly string[];
  /** A text in lines that fit, broken between words. */
  readonly wrapped: (text: string, indent?: number) => readonly string[];
};

export type ViewOptions = { readonly width: number; readonly hasColours: boolean; readonly nowMs: number };

/** The least that a column is cut to, so that what is left still says something. */
const leastWidth = 12;
const gap = 2;
/** Text is not wider than this on a wide terminal: longer lines are hard to read. */
const widestText = 100;

export function createView({ width, hasColours, nowMs }: ViewOptions): View {
  const styled: View['styled'] = (style, text) =>
    hasColours && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  const wrapped: View['wrapped'] = (text, indent = 0) =>
    wrap(text, Math.min(width, widestText) - indent).map((line) => ' '.repeat(indent) + line);
  return {
    width,
    time: (isoUtc) => timeOf(isoUtc, nowMs),
    age: (isoUtc) => agoOf(isoUtc, nowMs),
    styled,
    wrapped,
    table: (entries, columns) => {
      const cells = entries.map((entry) => columns.map(({ of }) => of(entry)));
      const widths = fitted(
        columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => String(row[at]).length))),
        columns.map(({ mayBeCut }) => mayBeCut === true),
        width,
      );
      const line = (row: readonly (string | number)[]) =>
        row
          .map((cell, at) => {
            const text = cut(String(cell), widths[at] ?? 0);
            if (typeof cell === 'number') return text.padStart(widths[at] ?? 0);
            return text.padEnd(widths[at] ?? 0);
          })
          .join(' '.repeat(gap))
          .trimEnd();
      const isNumber = columns.map((_, at) => cells.length > 0 && cells.every((row) => typeof row[at] === 'number'));
      const titles = columns.map(({ title }, at) => (isNumber[at] ? title.padStart(widths[at] ?? 0) : title));
      return [styled('bold', line(titles)), ...cells.map(line)];
    },
    facts: (facts) => {
      const shown = Object.entries(facts).flatMap(([label, value]) =>
        value === undefined || value === null ? [] : [[label, Array.isArray(value) ? value : [String(value)]] as const],
      );
      const labelWidth = Math.max(0, ...shown.map(([label]) => label.length)) + gap;
      return shown.flatMap(([label, values]) =>
        values
          .flatMap((value) => wrap(value, width - labelWidth))
          .map(
            (value, at) =>
              (at === 0 ? styled('bold', label) + ' '.repeat(labelWidth - label.length) : ' '.repeat(labelWidth)) +
              value,
          ),
      );
    },
  };
}

/** Widths of columns that fit together, the widest that may be cut made narrower first. */
function fitted(widths: readonly number[], mayBeCut: readonly boolean[], most: number): number[] {
  const fitting = [...widths];
  let over = fitting.reduce((sum, each) => sum + each + gap, -gap) - most;
  while (over > 0) {
    const widest = fitting.reduce(
      (found, each, at) => (mayBeCut[at] && each > leastWidth && each > (fitting[found] ?? leastWidth) ? at : found),
      -1,
    );
    const current = fitting[widest];
    if (current === undefined) return fitting;
    fitting[widest] = current - 1;
    over -= 1;
  }
  return fitting;
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1).trimEnd()}…` : text;
}
