import { parseArgs } from 'node:util';
import { namedEngines } from '../options.ts';
import type { NamedEngines } from '../pipelines/engine.ts';

/** What of the notifier can be measured. */
const parts = ['backlog', 'counts', 'arrival'] as const;
export type Part = (typeof parts)[number];

export type NotifierBenchOptions = {
  readonly parts: readonly Part[];
  readonly rounds: number;
  /** Deliveries of a backlog. */
  readonly notifications: number;
  /** Of the measurement of arrivals. */
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds that the receiver takes for each response. */
  readonly responseMs: number;
  /** Undefined: the embedded engines. */
  readonly named: NamedEngines | undefined;
  readonly json: boolean;
};

export const usage = `npm run bench:notifier -- [flags]

Measures the notifier on loopback, beside a straightforward one, in one run.

  --only PART        one of ${parts.join(', ')};
                     may be repeated (all)
  --rounds N         of the backlog, in turn; medians are printed (3)
  --notifications N  of a backlog (10000)
  --seconds N        for which arrivals are timed (30)
  --per-second N     announcements meanwhile (50)
  --response-ms N    that the receiver takes for each response (0)
  --sqs URL          an SQS endpoint; default AWS_ENDPOINT_URL_SQS
  --dynamodb URL     a DynamoDB endpoint; default AWS_ENDPOINT_URL_DYNAMODB
  --name TEXT        what to call the named engines in the output
  --json             figures as JSON

Without named engines, the embedded ones are used.
`;

const numbers = {
  rounds: { default: '3', min: 1, max: 99 },
  notifications: { default: '10000', min: 100, max: 1_000_000 },
  seconds: { default: '30', min: 1, max: 600 },
  'per-second': { default: '50', min: 1, max: 10_000 },
  'response-ms': { default: '0', min: 0, max: 10_000 },
} as const;

/** Reads flags and endpoints. Throws an error with one line for each mistake. */
export function readNotifierOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): NotifierBenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string', default: numbers.rounds.default },
      notifications: { type: 'string', default: numbers.notifications.default },
      seconds: { type: 'string', default: numbers.seconds.default },
      'per-second': { type: 'string', default: numbers['per-second'].default },
      'response-ms': { type: 'string', default: numbers['response-ms'].default },
      sqs: { type: 'string' },
      dynamodb: { type: 'string' },
      name: { type: 'string' },
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
  const options: NotifierBenchOptions = {
    parts: parts.filter((part) => only.includes(part)),
    rounds: whole('rounds'),
    notifications: whole('notifications'),
    seconds: whole('seconds'),
    perSecond: whole('per-second'),
    responseMs: whole('response-ms'),
    named: namedEngines(values, env, wrong),
    json: values.json,
  };
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return options;
}
