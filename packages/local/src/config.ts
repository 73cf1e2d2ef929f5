import { processorVariables } from '@waybill/processor/config.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { httpUrl, wholeNumber, withLowerCase } from '@waybill/shared/process/env.ts';
import type { GivenFlags } from '@waybill/shared/process/flags.ts';
import { type Program, readProgramFlags } from '@waybill/shared/process/program.ts';
import type { ScanApiAccess } from '@waybill/shared/scan-api/authorised-get.ts';
import { checkScanApi, feedReaderVariables, scanApiOf } from '@waybill/shared/scan-api/scan-api-variables.ts';
import { z } from 'zod';
import type { KeptSettings } from './outcome/oracle.ts';

/** The options of `npm start`. */
export type StartOptions = {
  readonly seed: number;
  readonly events: number;
  readonly live: boolean;
  readonly keep: boolean;
  /** A real API instead of the simulated one. */
  readonly scanApi: RealFeed | undefined;
  /** What the processor is told to keep of a parcel, which decides what its item must be. */
  readonly kept: KeptSettings;
};

export type RealFeed = ScanApiAccess & {
  readonly url: string;
  /** For one request. */
  readonly timeoutMs: number;
  readonly firstEventId: number;
  /** `SCAN_API_LIMIT`. */
  readonly limit: number;
};

/** The variables that belong to `--scan-api-url`, which is read as `SCAN_API_URL`. */
const realFeed = z
  .object({
    ...feedReaderVariables,
    FIRST_EVENT_ID: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER, default: 1, meaning: '' }),
  })
  .superRefine(checkScanApi);

/** Elements of the feed: some 30 s on two busy cores, and enough requests for each fault of `scan-api-faults.ts`. */
const defaultEvents = 20_000;
const maxEvents = 5_000_000;
const maxSeed = 4_294_967_295;

export const program = {
  command: 'npm start',
  says: `Runs all of Waybill: embedded SQS and DynamoDB, a simulated Scan Event API that misbehaves as real ones do, a webhook's receiver that does so too, and poller, processor, notifier and API as production starts them. Prints how to reach the API, and a link to the operator's page. Ends when the feed is drained, all is told, and every parcel and every notification was compared with the feed.

Other variables of docs/configuration.md (RECEIVERS, WRITE_CONCURRENCY, …) are passed on to the processes.`,
  flags: {
    events: {
      type: 'string',
      placeholder: 'N',
      says: `elements that the feed holds, 1–${maxEvents.toLocaleString('en-US')} (default ${defaultEvents.toLocaleString('en-US')})`,
    },
    seed: {
      type: 'string',
      placeholder: 'N',
      says: `0–${maxSeed.toLocaleString('en-US')}: repeats a feed with its faults (default: a new seed, which is printed)`,
    },
    live: { type: 'boolean', says: 'keeps feeding and polling until Ctrl-C' },
    'scan-api-url': {
      type: 'string',
      placeholder: 'URL',
      says: 'a real Scan Event API; SCAN_API_TOKEN is its bearer token (others log in by SCAN_API_HEADERS or SCAN_API_OAUTH), FIRST_EVENT_ID the EventId to begin with',
    },
    keep: {
      type: 'boolean',
      says: 'leaves queues, tables, feed, API with the page, notifier and receiver up, and prints how to reach and to end them',
    },
  },
  examples: [
    { line: 'npm start -- --events 500', says: 'in a few seconds' },
    { line: 'npm start -- --live', says: 'a page that moves; then, in another terminal, npm run demo:trouble' },
    { line: 'npm start -- --keep', says: 'and then npx waybill status, and all that README.md shows' },
    {
      line: 'npm start -- --scan-api-url https://carrier.example/v1/scans/scanevents',
      says: "against your carrier's API",
    },
  ],
  exitCode:
    '0 all compared and equal, 1 a difference or a failure, 2 wrong flags, 130 after Ctrl-C before the end, 141 when nobody reads its output any more.',
  docs: ['README.md#try-it', 'docs/page.md', 'docs/configuration.md'],
} as const satisfies Program;

type FlagName = keyof typeof program.flags;

/**
 * Reads the command line, and from the environment what belongs to `--scan-api-url` and what parcels are compared by. Throws
 * `CONFIG_INVALID` with every mistake.
 */
export function readCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  randomSeed: number,
): StartOptions | 'help' {
  const given = readProgramFlags<typeof program.flags>(program, args);
  if (given === 'help') return 'help';
  const text = (name: FlagName) => given.values.get(name) ?? undefined;
  const result = z
    .object({
      '--events': wholeNumber({ min: 1, max: maxEvents, default: defaultEvents, meaning: '' }),
      '--seed': wholeNumber({ min: 0, max: maxSeed, default: randomSeed, meaning: '' }),
      '--scan-api-url': httpUrl({ default: '', meaning: '' }),
      HISTORY_EVENTS: processorVariables.HISTORY_EVENTS,
      PARCEL_RETENTION_DAYS: processorVariables.PARCEL_RETENTION_DAYS,
    })
    .safeParse({
      HISTORY_EVENTS: env['HISTORY_EVENTS'],
      PARCEL_RETENTION_DAYS: env['PARCEL_RETENTION_DAYS'],
      '--events': text('events'),
      '--seed': text('seed'),
      '--scan-api-url': text('scan-api-url'),
    });
  const real = given.values.has('scan-api-url')
    ? realFeed.safeParse({ ...withLowerCase(env), SCAN_API_URL: text('scan-api-url') })
    : undefined;
  // What is wrong with the URL is told of the flag.
  const ofTheFeed = real?.error?.issues.filter(({ path }) => path[0] !== 'SCAN_API_URL') ?? [];
  const wrongValues = [...(result.error?.issues ?? []), ...ofTheFeed].map(
    (issue) => `${issue.path.join('.')} ${issue.message}`,
  );
  const problems = [...given.problems, ...wrongValues, ...contradictions(given.values)];
  if (!result.data || problems.length > 0) {
    throw new WaybillError(
      'CONFIG_INVALID',
      `The command line is wrong (npm start -- --help):\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  const read = result.data;
  return {
    seed: read['--seed'],
    events: read['--events'],
    live: given.values.has('live'),
    keep: given.values.has('keep'),
    scanApi: real?.data && {
      ...scanApiOf(real.data),
      firstEventId: real.data.FIRST_EVENT_ID,
      limit: real.data.SCAN_API_LIMIT,
    },
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
