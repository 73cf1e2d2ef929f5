import { type PartsOptions, readParts } from '../parts/read-parts.ts';

/** What of the API can be measured. */
export const parts = ['reads', 'ingestion', 'neighbours', 'refusals', 'memory'] as const;
export type Part = (typeof parts)[number];

const numbers = {
  rounds: { default: 5, min: 1, max: 99 },
  /** Of each measurement of a round. */
  seconds: { default: 5, min: 1, max: 600 },
  connections: { default: 10, min: 1, max: 1_000 },
  /** Bodies of 1,000 events that are pushed in a round. */
  bodies: { default: 60, min: 1, max: 10_000 },
  /** Under load, while memory is watched. */
  minutes: { default: 1, min: 1, max: 600 },
} as const;

/** `profile`: writes profiles of the API's process into the working directory. */
export type ApiBenchOptions = PartsOptions<Part, keyof typeof numbers, 'profile'>;

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

/** Reads flags and endpoints. Throws an error with one line for each mistake. */
export function readApiOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ApiBenchOptions | 'help' {
  return readParts({ parts, numbers, switches: ['profile'] }, args, env);
}

/** Flags of the API's process. */
export function apiFlags({ profile }: Pick<ApiBenchOptions, 'profile'>): readonly string[] {
  return profile ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : [];
}
