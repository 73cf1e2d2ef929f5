import { parseArgs } from 'node:util';
import { namedEngines } from '../options.ts';
import type { NamedEngines } from '../pipelines/engine.ts';

/** What a benchmark of several parts takes: its parts, and flags with a whole number or none. */
export type PartsFlags<Part extends string, Numbers extends string, Switch extends string> = {
  readonly parts: readonly Part[];
  readonly numbers: Readonly<Record<Numbers, { readonly default: number; readonly min: number; readonly max: number }>>;
  readonly switches: readonly Switch[];
};

export type PartsOptions<Part, Numbers extends string, Switch extends string> = {
  readonly parts: readonly Part[];
  /** Undefined: the embedded engines. */
  readonly named: NamedEngines | undefined;
  readonly json: boolean;
} & Readonly<Record<Numbers, number>> &
  Readonly<Record<Switch, boolean>>;

/** Reads flags and endpoints. Throws an error with one line for each mistake. */
export function readParts<Part extends string, Numbers extends string, Switch extends string>(
  { parts, numbers, switches }: PartsFlags<Part, Numbers, Switch>,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): PartsOptions<Part, Numbers, Switch> | 'help' {
  const names = Object.keys(numbers) as Numbers[]; // its keys are these
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(names.map((name) => [flagOf(name), { type: 'string' as const }])),
      ...Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }])),
      only: { type: 'string', multiple: true },
      sqs: { type: 'string' },
      dynamodb: { type: 'string' },
      name: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const wrong: string[] = [];
  const given: Readonly<Record<string, unknown>> = values;
  const whole = (name: Numbers) => {
    const { min, max, default: otherwise } = numbers[name];
    const text = String(given[flagOf(name)] ?? otherwise);
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      wrong.push(`--${flagOf(name)}: expected a whole number ${min}–${max}, got "${text}"`);
    return value;
  };
  const only: readonly string[] = values.only ?? parts;
  for (const name of only) {
    if (!parts.some((part) => part === name)) wrong.push(`--only: expected one of ${parts.join(', ')}, got "${name}"`);
  }
  const read = {
    ...Object.fromEntries(names.map((name) => [name, whole(name)])),
    ...Object.fromEntries(switches.map((name) => [name, given[name] === true])),
    parts: parts.filter((part) => only.includes(part)),
    named: namedEngines(values, env, wrong),
    json: values.json,
  };
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  // Holds: it has each number and each switch by its name.
  return read as PartsOptions<Part, Numbers, Switch>;
}

/** `perSecond` is `--per-second`. */
function flagOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
