import { processorVariables } from '@waybill/processor/config.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { httpUrl, secret, wholeNumber } from '@waybill/shared/process/env.ts';
import { type GivenFlags, readFlags } from '@waybill/shared/process/flags.ts';
import { z } from 'zod';
import type { KeptSettings } from './outcome/oracle.ts';

/** The options of `npm start`. */
export type StartOptions = {
  readonly seed: number;
  readonly events: number;
  readonly live: boolean;
  readonly keep: boolean;
  /** A real API instead of the simulated one. */
  readonly scanApi: { readonly url: string; readonly token: string; readonly firstEventId: number } | undefined;
  /** What the processor is told to keep of a parcel, which decides what its item must be. */
  readonly kept: KeptSettings;
};

/** Elements of the feed: some 30 s on two busy cores, and enough requests for each fault of `scan-api-faults.ts`. */
const defaultEvents = 20_000;
const maxEvents = 5_000_000;
const maxSeed = 4_294_967_295;

const flags = {
  events: { type: 'string' },
  seed: { type: 'string' },
  live: { type: 'boolean' },
  'scan-api-url': { type: 'string' },
  keep: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type FlagName = keyof typeof flags;

const positionalHint = ' (npm passes on what follows --: npm start -- --events 500)';

export const help = `npm start -- [flags]

Runs all of Waybill: embedded SQS and DynamoDB, a simulated Scan Event API that
misbehaves as real ones do, a webhook's receiver that does so too, and poller,
processor, notifier and API as production starts them. Prints how to reach the
API. Ends when the feed is drained, all is told, and every parcel and every
notification was compared with the feed.

  --events N          elements that the feed holds, 1–${maxEvents.toLocaleString('en-US')}
                      (default ${defaultEvents.toLocaleString('en-US')})
  --seed N            0–${maxSeed.toLocaleString('en-US')}: repeats a feed with its faults
                      (default: a new seed, which is printed)
  --live              keeps feeding and polling until Ctrl-C
  --scan-api-url URL  a real Scan Event API; SCAN_API_TOKEN is its bearer token,
                      FIRST_EVENT_ID the EventId to begin with
  --keep              leaves queues, tables, API, notifier and receiver up, and
                      prints how to reach them
  --help              this text

Exit code: 0 all compared and equal, 1 a difference or a failure, 2 wrong flags,
130 after Ctrl-C before the end. Other variables of docs/configuration.md
(RECEIVERS, WRITE_CONCURRENCY, …) are passed on to the processes.
`;

/**
 * Reads the command line, and from the environment what belongs to `--scan-api-url` and what parcels are compared by. Throws
 * `CONFIG_INVALID` with every mistake.
 */
export function readCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  randomSeed: number,
): StartOptions | 'help' {
  const given = readFlags(flags, args, positionalHint);
  if (given.values.has('help')) return 'help';
  const text = (name: FlagName) => given.values.get(name) ?? undefined;
  const result = z
    .object({
      '--events': wholeNumber({ min: 1, max: maxEvents, default: defaultEvents, meaning: '' }),
      '--seed': wholeNumber({ min: 0, max: maxSeed, default: randomSeed, meaning: '' }),
      '--scan-api-url': httpUrl({ default: '', meaning: '' }),
      SCAN_API_TOKEN: secret({ meaning: '' }),
      FIRST_EVENT_ID: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER, default: 1, meaning: '' }),
      HISTORY_EVENTS: processorVariables.HISTORY_EVENTS,
      PARCEL_RETENTION_DAYS: processorVariables.PARCEL_RETENTION_DAYS,
    })
    .safeParse({
      HISTORY_EVENTS: env['HISTORY_EVENTS'],
      PARCEL_RETENTION_DAYS: env['PARCEL_RETENTION_DAYS'],
      '--events': text('events'),
      '--seed': text('seed'),
      '--scan-api-url': text('scan-api-url'),
      ...(given.values.has('scan-api-url') && {
        SCAN_API_TOKEN: env['SCAN_API_TOKEN'],
        FIRST_EVENT_ID: env['FIRST_EVENT_ID'],
      }),
    });
  const wrongValues = result.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? [];
  const problems = [...given.problems, ...wrongValues, ...contradictions(given.values)];
  if (!result.data || problems.length > 0) {
    throw new WaybillError(
      'CONFIG_INVALID',
      `The command line is wrong (npm start -- --help):\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  const read = result.data;
  const url = read['--scan-api-url'];
  return {
    seed: read['--seed'],
    events: read['--events'],
    live: given.values.has('live'),
    keep: given.values.has('keep'),
    scanApi: url === '' ? undefined : { url, token: read.SCAN_API_TOKEN, firstEventId: read.FIRST_EVENT_ID },
    kept: { historyEvents: read.HISTORY_EVENTS, retentionDays: read.PARCEL_RETENTION_DAYS },
  };
}

/** A real feed has no size and seed. */
function contradictions(values: GivenFlags<FlagName>['values']): string[] {
  if (!values.has('scan-api-url')) return [];
  return (['events', 'seed'] as const)
    .filter((name) => values.has(name))
    .map((name) => `--${name} is for the simulated feed: it cannot be combined with --scan-api-url`);
}
