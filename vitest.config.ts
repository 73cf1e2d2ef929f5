import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { configDefaults, defineConfig } from 'vitest/config';

const minutes = 60_000;

type Lane = {
  readonly name: string;
  /** Milliseconds. Generous: it tells hanging from slow on a busy machine. */
  readonly patience: number;
  /** Where the tests named `*.<kind>.test.ts` lie: everywhere unless given. */
  readonly kind?: string;
  readonly folder?: string;
  readonly not?: readonly string[];
  readonly more?: TestProjectInlineConfiguration['test'];
};

const lane = ({
  name,
  patience,
  kind = name,
  folder = '{packages,test,bench,infra,images}',
  not = [],
  more,
}: Lane) => ({
  extends: true as const,
  test: {
    name,
    include: [`${folder}/**/*.${kind}.test.ts`],
    exclude: [
      ...configDefaults.exclude,
      '**/cdk.out/**',
      '**/fixture/**',
      ...not.flatMap((other) => [other, `${other}/**`]),
    ],
    testTimeout: patience,
    hookTimeout: patience,
    ...more,
  },
});

const processes = 'test/processes';
const start = 'test/start';
/**
 * What calls engines itself. The lane on LocalStack runs this alone: whatever else works through these packages, and runs
 * on the engines of the other lanes. DynamoDB Local is LocalStack's DynamoDB, and the parcels' longest suite has run on it
 * (decision 170).
 */
const engineCallers = '{packages/{shared,consumer,processor,notifier,provisioner,operations},test/engines}';
const longestOnDynamoDb = 'packages/processor/src/parcels/dynamodb-parcel-table.int.test.ts';
/**
 * Unit tests keep every core busy. What waits for processes and engines most of the time goes two or three at a time, after
 * them. The others start what needs cores of its own, or measure: one by one, after those.
 */
const everyCore = { maxWorkers: '100%', sequence: { groupOrder: 1 } };
// Embedded engines are small and of each file's own. LocalStack serves no more than two files at a time well (decision 71).
const hasGivenEngines = Boolean(process.env['AWS_ENDPOINT_URL_SQS'] ?? process.env['AWS_ENDPOINT_URL_DYNAMODB']);
const together = { maxWorkers: hasGivenEngines ? 2 : 3, sequence: { groupOrder: 2 } };
const oneByOne = { maxWorkers: 1, sequence: { groupOrder: 3 } };

export default defineConfig({
  test: {
    globalSetup: ['test/ground/on-node-24.ts'],
    // For the processes that tests start: what was compiled once starts in half the CPU time (decision 169).
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    setupFiles: ['test/ground/no-leaks.ts'],
    projects: [
      lane({ name: 'unit', folder: '{packages,test,images}', patience: 0.5 * minutes, more: everyCore }),
      // Each file would load aws-cdk-lib anew, which takes longer than its tests; what they test keeps no state.
      lane({
        name: 'unit-infra',
        kind: 'unit',
        folder: '{infra,bench}',
        patience: 0.5 * minutes,
        more: { ...everyCore, isolate: false },
      }),
      // Pure code in virtual time, as unit tests are, that computes for half a minute.
      lane({ name: 'long', folder: 'packages', patience: 2 * minutes, more: everyCore }),
      lane({ name: 'int', folder: 'packages', patience: 1 * minutes, more: together }),
      lane({ name: 'int-across', kind: 'int', folder: 'test', patience: 1 * minutes, more: together }),
      lane({
        name: 'int-engines',
        kind: 'int',
        folder: engineCallers,
        not: [longestOnDynamoDb],
        patience: 1 * minutes,
        more: together,
      }),
      lane({ name: 'processes', kind: 'e2e', folder: processes, patience: 2 * minutes, more: together }),
      lane({ name: 'e2e', folder: 'packages', patience: 2 * minutes, more: together }),
      lane({
        name: 'e2e-across',
        kind: 'e2e',
        folder: 'test',
        not: [processes, start],
        patience: 2 * minutes,
        more: together,
      }),
      // Each of its concurrent tests starts seven processes; with five at a time some are not ready within their limits. The
      // bad day, which waits for most of its two minutes, is played beside the others: three at a time.
      lane({
        name: 'start',
        kind: 'e2e',
        folder: start,
        patience: 2 * minutes,
        more: { maxWorkers: 2, sequence: { groupOrder: 5 }, maxConcurrency: 2 },
      }),
      // Its concurrent tests each keep a process of their own busy.
      lane({
        name: 'sim',
        patience: 25 * minutes,
        more: { ...oneByOne, maxConcurrency: availableParallelism() },
      }),
      lane({ name: 'bench', patience: 2 * minutes, more: oneByOne }),
      // Each file has a Chromium and engines of its own.
      lane({ name: 'browser', patience: 1 * minutes, more: { maxWorkers: 2, sequence: { groupOrder: 4 } } }),
      lane({ name: 'deploy', patience: 4 * minutes, more: oneByOne }),
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts'],
      // What the processes that tests start cover counts too; docs/decisions/0002-coverage-of-child-processes.md
      autoAttachSubprocess: true,
      reporter: [['text', { skipFull: true, maxCols: 140 }], 'json', 'json-summary'],
      reportOnFailure: true,
      thresholds: { lines: 90 },
    },
  },
});
