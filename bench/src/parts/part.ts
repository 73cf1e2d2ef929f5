import type { Bar } from '../figures/report.ts';
import type { Engine } from '../pipelines/engine.ts';

/** A measurement: rows of a table, and what they have to be. */
export type PartResult = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];
  readonly bars: readonly Bar[];
};

export type PartTools<Options> = {
  readonly engine: Engine;
  readonly options: Options;
  readonly say: (progress: string) => void;
};

/** A bar for a value that may be so high at most. */
export function atMost(name: string, value: number, most: number, unit = ''): Bar {
  return { name: `${name} at most ${shown(most)}${unit}`, found: `${shown(value)}${unit}`, passed: value <= most };
}

/** A bar for a value that must be so high at least. */
export function atLeast(name: string, value: number, least: number, unit = ''): Bar {
  return { name: `${name} at least ${shown(least)}${unit}`, found: `${shown(value)}${unit}`, passed: value >= least };
}

/** A number as the report has it: whole above 100, else with two digits after the point. */
function shown(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toFixed(2)));
}

const nameWidth = 34;

/** A part as a table, 80 characters wide at most for three columns. */
export function tableOf({ title, columns, rows }: PartResult): string {
  const line = (name: string, values: readonly string[]) =>
    (name.padEnd(nameWidth) + values.map((value) => value.padStart(15)).join('')).trimEnd();
  return [
    line(title, columns),
    ...rows.map(({ name, values }) =>
      line(
        `  ${name}`,
        values.map((value) => (value === undefined ? '' : shown(value))),
      ),
    ),
  ].join('\n');
}
