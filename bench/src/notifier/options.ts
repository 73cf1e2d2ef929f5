import { type PartsOptions, readParts } from '../parts/read-parts.ts';

/** What of the notifier can be measured. */
const parts = ['backlog', 'counts', 'arrival'] as const;
export type Part = (typeof parts)[number];

const numbers = {
  rounds: { default: 3, min: 1, max: 99 },
  /** Deliveries of a backlog. */
  notifications: { default: 10_000, min: 100, max: 1_000_000 },
  /** Of the measurement of arrivals. */
  seconds: { default: 30, min: 1, max: 600 },
  perSecond: { default: 50, min: 1, max: 10_000 },
  /** Milliseconds that the receiver takes for each response. */
  responseMs: { default: 0, min: 0, max: 10_000 },
} as const;

export type NotifierBenchOptions = PartsOptions<Part, keyof typeof numbers, never>;

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

/** Reads flags and endpoints. Throws an error with one line for each mistake. */
export function readNotifierOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): NotifierBenchOptions | 'help' {
  return readParts({ parts, numbers, switches: [] }, args, env);
}
