export const integer = (value: number) => Math.round(value).toLocaleString('en-US');
export const tenths = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
export const threeDigits = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });

/** The highest of many values, or 0. */
export const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
export const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** The least and the highest value, or the one value that all are. */
export function range(values: readonly number[]): string {
  const [least, highest] = [values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY), most(values)];
  return least === highest ? String(least) : `${least}–${highest}`;
}

/** A row of a Markdown table. */
export const row = (...cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

/** The head of a Markdown table: the first column is text, the others are numbers. */
export const head = (first: string, ...others: readonly string[]) => [
  row(first, ...others),
  row('---', ...others.map(() => '---:')),
];
