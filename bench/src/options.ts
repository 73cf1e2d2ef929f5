import { parseArgs } from 'node:util';
import type { NamedEngines } from './pipelines/engine.ts';

/** What can be measured: Waybill, the straightforward pipeline, and the calls alone. */
export const subjects = ['waybill', 'straightforward', 'limit'] as const;
export type Subject = (typeof subjects)[number];

export type BenchOptions = {
  readonly events: number;
  readonly runs: number;
  readonly subjects: readonly Subject[];
  /** Parcels under way at once. */
  readonly activeParcels: number;
  readonly seed: number;
  readonly embedded: boolean;
  readonly named: NamedEngines | undefined;
  /** Pages per second in which the feed appears; 0: all at once. */
  readonly live: number;
  /** Events per second of the feed whose latency is measured; 0: latency is not measured. */
  readonly latency: number;
  readonly memory: boolean;
  readonly history: boolean;
  readonly json: boolean;
};

export const usage = `npm run bench -- [flags]

  --events N         events of the feed (20000)
  --runs N           runs of each, in turn; medians are printed (3)
  --only WHAT        waybill, straightforward or limit
  --live N           the feed appears in pages of 100, N per second,
                     instead of all at once (0)
  --latency N        instead: time from scan to stored state,
                     on a feed of N events per second
  --memory           instead: peak memory of Waybill
                     at 20,000 and 300,000 events
  --history          instead: CPU time of an event with history
                     and with HISTORY_EVENTS=0, in pairs of runs
  --engine WHICH     embedded, named or all (all: embedded, then the named ones)
  --sqs URL          names an SQS endpoint; default AWS_ENDPOINT_URL_SQS
  --dynamodb URL     names a DynamoDB endpoint;
                     default AWS_ENDPOINT_URL_DYNAMODB
  --name TEXT        what to call the named engines in the output
  --active N         parcels under way at once (2000)
  --seed N           everything in the feed follows from it (1)
  --json             figures as JSON
`;

/** Reads flags and endpoints. Throws an error with one line for each mistake. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string', default: '20000' },
      runs: { type: 'string', default: '3' },
      only: { type: 'string' },
      live: { type: 'string', default: '0' },
      latency: { type: 'string', default: '0' },
      memory: { type: 'boolean', default: false },
      history: { type: 'boolean', default: false },
      engine: { type: 'string', default: 'all' },
      sqs: { type: 'string' },
      dynamodb: { type: 'string' },
      name: { type: 'string' },
      active: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const wrong: string[] = [];
  const whole = (flag: 'events' | 'runs' | 'active' | 'seed' | 'live' | 'latency', min: number, max: number) => {
    const text = values[flag];
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) wrong.push(`--${flag}: expected a whole number ${min}–${max}, got "${text}"`);
    return value;
  };
  const only = subjects.find((subject) => subject === values.only);
  if (values.only !== undefined && !only)
    wrong.push(`--only: expected one of ${subjects.join(', ')}, got "${values.only}"`);
  if (!['embedded', 'named', 'all'].includes(values.engine))
    wrong.push(`--engine: expected embedded, named or all, got "${values.engine}"`);
  const named = namedEngines(values, env, wrong);
  if (values.engine === 'named' && !named && wrong.length === 0)
    wrong.push('--engine named: name them with --sqs and --dynamodb, or AWS_ENDPOINT_URL_SQS and _DYNAMODB');
  const options: BenchOptions = {
    events: whole('events', 1_000, 10_000_000),
    runs: whole('runs', 1, 99),
    subjects: only ? [only] : subjects,
    activeParcels: whole('active', 1, 1_000_000),
    seed: whole('seed', 0, 2 ** 31),
    embedded: values.engine !== 'named',
    named: values.engine === 'embedded' ? undefined : named,
    live: whole('live', 0, 1_000),
    latency: whole('latency', 0, 100_000),
    memory: values.memory,
    history: values.history,
    json: values.json,
  };
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return options;
}

type Endpoints = {
  readonly sqs?: string | undefined;
  readonly dynamodb?: string | undefined;
  readonly name?: string | undefined;
};

/** The engines that flags or variables name; undefined where they name none. Adds to `wrong` what cannot be. */
export function namedEngines(
  flags: Endpoints,
  env: Readonly<Record<string, string | undefined>>,
  wrong: string[],
): NamedEngines | undefined {
  const both = env['AWS_ENDPOINT_URL'];
  const sqs = flags.sqs || env['AWS_ENDPOINT_URL_SQS'] || both;
  const dynamodb = flags.dynamodb || env['AWS_ENDPOINT_URL_DYNAMODB'] || both;
  if (!sqs && !dynamodb) return undefined;
  for (const [flag, url] of [
    ['sqs', sqs],
    ['dynamodb', dynamodb],
  ]) {
    if (!url) wrong.push(`--${flag}: both endpoints must be named, this one is missing`);
    else if (!URL.canParse(url)) wrong.push(`--${flag}: expected a URL, got "${url}"`);
  }
  if (!sqs || !dynamodb) return undefined;
  return { sqs, dynamodb, name: flags.name ?? `${sqs} and ${dynamodb}` };
}
