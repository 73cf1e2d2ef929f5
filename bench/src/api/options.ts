import { parseArgs } from 'node:util';
import { namedEngines } from '../options.ts';
import type { NamedEngines } from '../pipelines/engine.ts';

/** What of the API can be measured. */
export const parts = ['reads', 'ingestion', 'neighbours', 'refusals', 'memory'] as const;
export type Part = (typeof parts)[number];

export type ApiBenchOptions = {
  readonly parts: readonly Part[];
  readonly rounds: number;
  /** Of each measurement of a round. */
  readonly seconds: number;
  readonly connections: number;
  /** Bodies of 1,000 events that are pushed in a round. */
  readonly bodies: number;
  /** Under load, while memory is watched. */
  readonly minutes: number;
  /** Undefined: the embedded engines. */
  readonly named: NamedEngines | undefined;
  readonly json: boolean;
  /** Writes profiles of the API's process into the working directory. */
  readonly profile: boolean;
};

export const usage = `npm run bench:api -- [flags]

Measures the API on loopback, beside the same work without it, in one run.

  --only PART        one of ${parts.join(', ')};
                     may be repeated (all)
  --rounds N         of reads and ingestion, in turn; medians are printed (5)
  --seconds N        of each measurement of reads, neighbours and refusals (5)
  --connections N    of the clients (10)
  --bodies N         bodies of 1,000 events that a round pushes (60)
  --minutes N        for which memory is watched (1; the bar asks for 10)
  --sqs URL          an SQS endpoint; default AWS_ENDPOINT_URL_SQS
  --dynamodb URL     a DynamoDB endpoint; default AWS_ENDPOINT_URL_DYNAMODB
  --name TEXT        what to call the named engines in the output
  --profile          the API writes a CPU profile into the working directory
  --json             figures as JSON

Without named engines, the embedded ones are used.
`;

const numbers = {
  rounds: { default: '5', min: 1, max: 99 },
  seconds: { default: '5', min: 1, max: 600 },
  connections: { default: '10', min: 1, max: 1_000 },
  bodies: { default: '60', min: 1, max: 10_000 },
  minutes: { default: '1', min: 1, max: 600 },
} as const;

/** Reads flags and endpoints. Throws an error with one line for each mistake. */
export function readApiOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ApiBenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string', default: numbers.rounds.default },
      seconds: { type: 'string', default: numbers.seconds.default },
      connections: { type: 'string', default: numbers.connections.default },
      bodies: { type: 'string', default: numbers.bodies.default },
      minutes: { type: 'string', default: numbers.minutes.default },
      sqs: { type: 'string' },
      dynamodb: { type: 'string' },
      name: { type: 'string' },
      profile: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const wrong: string[] = [];
  const whole = (flag: keyof typeof numbers) => {
    const { min, max } = numbers[flag];
    const value = /^\d+$/.test(values[flag]) ? Number(values[flag]) : Number.NaN;
    if (!(value >= min && value <= max))
      wrong.push(`--${flag}: expected a whole number ${min}–${max}, got "${values[flag]}"`);
    return value;
  };
  const only = values.only ?? parts;
  for (const name of only) {
    if (!parts.some((part) => part === name)) wrong.push(`--only: expected one of ${parts.join(', ')}, got "${name}"`);
  }
  const options: ApiBenchOptions = {
    parts: parts.filter((part) => only.includes(part)),
    rounds: whole('rounds'),
    seconds: whole('seconds'),
    connections: whole('connections'),
    bodies: whole('bodies'),
    minutes: whole('minutes'),
    named: namedEngines(values, env, wrong),
    profile: values.profile,
    json: values.json,
  };
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return options;
}
