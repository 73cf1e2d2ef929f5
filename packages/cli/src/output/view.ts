import { styleText } from 'node:util';
import { agoOf, timeOf } from '@waybill/shared/times.ts';
import { wrap } from '@waybill/shared/wrap.ts';

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
  /** Columns of the terminal, or of `COLUMNS`; infinite where there is neither, since a pipe wraps nothing. */
  readonly width: number;
  /** `2026-11-28 22:15:30Z (3 min ago)`. */
  readonly time: (isoUtc: string) => string;
  /** `3 min ago`. */
  readonly age: (isoUtc: string) => string;
  /** The text in a style of `util.styleText`, where colours are wanted. */
  readonly styled: (style: Style, text: string) => string;
  /**
   * Aligned columns with their titles; numbers to the right. What does not fit beside the others though words are cut, an id
   * of 69 characters, stands whole below its line.
   */
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
/** Text where there is no terminal: it is read in a log or a mail. */
const textWithoutTerminal = 80;
const indentBelow = ' '.repeat(4);

export function createView({ width, hasColours, nowMs }: ViewOptions): View {
  const styled: View['styled'] = (style, text) =>
    hasColours && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  const wrapped: View['wrapped'] = (text, indent = 0) =>
    wrap(text, (width === Number.POSITIVE_INFINITY ? textWithoutTerminal : Math.min(width, widestText)) - indent).map(
      (line) => ' '.repeat(indent) + line,
    );
  return {
    width,
    time: (isoUtc) => timeOf(isoUtc, nowMs),
    age: (isoUtc) => agoOf(isoUtc, nowMs),
    styled,
    wrapped,
    table: (entries, columns) => {
      const { beside, below } = columnsThatFit(entries, columns, width);
      const cells = entries.map((entry) => beside.map(({ column }) => column.of(entry)));
      const line = (row: readonly (string | number)[]) =>
        row
          .map((cell, at) => {
            const most = beside[at]?.width ?? 0;
            const text = cut(String(cell), most);
            return typeof cell === 'number' ? text.padStart(most) : text.padEnd(most);
          })
          .join(' '.repeat(gap))
          .trimEnd();
      const under = (entry: (typeof entries)[number]) =>
        below.flatMap((column) => {
          const text = String(column.of(entry));
          return text === '' ? [] : wrap(text, width - indentBelow.length).map((each) => indentBelow + each);
        });
      const isNumber = beside.map((_, at) => cells.length > 0 && cells.every((row) => typeof row[at] === 'number'));
      const titles = beside.map(({ column: { title }, width: most }, at) =>
        isNumber[at] ? title.padStart(most) : title,
      );
      const titlesBelow = below.length === 0 ? [] : [indentBelow + below.map(({ title }) => title).join(', ')];
      return [
        ...[line(titles), ...titlesBelow].map((each) => styled('bold', each)),
        ...entries.flatMap((entry, at) => [line(cells[at] ?? []), ...under(entry)]),
      ];
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

/** The columns that fit beside each other with their widths, and those for which there is no room: texts, then the widest ids. */
function columnsThatFit<T>(entries: readonly T[], columns: readonly Column<T>[], most: number) {
  const whole = columns.map((column) => ({
    column,
    width: Math.max(column.title.length, ...entries.map((entry) => String(column.of(entry)).length)),
  }));
  const below = new Set<Column<T>>();
  for (;;) {
    const left = whole.filter(({ column }) => !below.has(column));
    const widths = fitted(
      left.map(({ width }) => width),
      left.map(({ column: { mayBeCut } }) => mayBeCut === true),
      most,
    );
    const sum = widths.reduce((all, each) => all + each + gap, -gap);
    if (sum <= most || left.length <= 1) {
      const beside = left.map(({ column }, at) => ({ column, width: widths[at] ?? 0 }));
      return { beside, below: columns.filter((column) => below.has(column)) };
    }
    const texts = left.filter(({ column: { mayBeCut } }) => mayBeCut);
    const widest = (texts.length > 0 ? texts : left).reduce((found, each) => (each.width > found.width ? each : found));
    below.add(widest.column);
  }
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
