import type { GetQueueUrlCommandOutput, SQSClient } from '@aws-sdk/client-sqs';
import type { Deployment } from '@waybill/operations/deployment.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { physicalName, scanQueue, tables } from '@waybill/shared/resources.ts';
import type { Environment } from '../io.ts';
import type { Choices } from './choices.ts';
import { usageError } from './usage-error.ts';

export type Name = keyof Deployment;

/** The variable that names each, as the processes read it. */
export const variables = {
  scanQueueUrl: 'SCAN_QUEUE_URL',
  parcelsTable: 'PARCELS_TABLE',
  checkpointsTable: 'CHECKPOINTS_TABLE',
  failuresTable: 'FAILURES_TABLE',
  operationsTable: 'OPERATIONS_TABLE',
  batchesTable: 'BATCHES_TABLE',
  notificationsTable: 'NOTIFICATIONS_TABLE',
  activityTable: 'ACTIVITY_TABLE',
  feed: 'FEED',
} as const satisfies Readonly<Record<Name, string>>;

/** The names of the tables of one environment, without it. */
const tableNames = {
  parcelsTable: tables.parcels.name,
  checkpointsTable: tables.checkpoints.name,
  failuresTable: tables.failures.name,
  operationsTable: tables.operations.name,
  batchesTable: tables.batches.name,
  notificationsTable: tables.notifications.name,
  activityTable: tables.activity.name,
} as const satisfies Partial<Record<Name, string>>;

export type NameSources = {
  readonly env: Environment;
  readonly choices: Pick<Choices, 'environment' | 'stack'>;
  readonly sqs: () => Promise<SQSClient>;
  /** The outputs of a CloudFormation stack. */
  readonly outputsOf: (stack: string) => Promise<Readonly<Record<string, string>>>;
};

/**
 * The names that a command asks for, and no others: by `--environment`, by `--stack`, else by the processes' own variables.
 * Throws `CONFIG_INVALID` with every name that is missing or wrong.
 */
export async function namesOf<N extends Name>(
  wanted: readonly N[],
  { env, choices, sqs, outputsOf }: NameSources,
): Promise<Pick<Deployment, N>> {
  const { environment, stack } = choices;
  if (environment !== undefined && stack !== undefined)
    throw usageError('--environment and --stack both name the queues and tables: give one of them');
  const variablesAsked = wanted.map((name) => variables[name]);
  let named: Environment = env;
  if (environment !== undefined) named = { FEED: env['FEED'], ...(await byEnvironment(environment, wanted, sqs)) };
  else if (stack !== undefined) named = { FEED: env['FEED'], ...(await byStack(stack, wanted, outputsOf)) };
  const { readNames } = await import('./read-names.ts');
  let read: ReturnType<typeof readNames>;
  try {
    read = readNames(variablesAsked, named);
  } catch (error) {
    if (!(error instanceof WaybillError)) throw error;
    throw usageError(error.message, 'the same with --environment NAME or --stack NAME, or the variables of a process');
  }
  // readNames has read each variable that was asked for, by the schema of its name.
  return Object.fromEntries(wanted.map((name) => [name, read[variables[name]]])) as Pick<Deployment, N>;
}

async function byEnvironment(
  environment: string,
  wanted: readonly Name[],
  sqs: () => Promise<SQSClient>,
): Promise<Environment> {
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(environment))
    throw usageError(`--environment expected a name such as production, got ${JSON.stringify(environment)}`);
  const named = Object.entries(tableNames).map(
    ([name, table]) => [variables[name as keyof typeof tableNames], physicalName(environment, table)] as const,
  );
  if (!wanted.includes('scanQueueUrl')) return Object.fromEntries(named);
  const { GetQueueUrlCommand } = await import('@aws-sdk/client-sqs');
  const QueueName = physicalName(environment, scanQueue.name);
  const { QueueUrl }: GetQueueUrlCommandOutput = await (await sqs()).send(new GetQueueUrlCommand({ QueueName }));
  return { ...Object.fromEntries(named), SCAN_QUEUE_URL: QueueUrl };
}

async function byStack(
  stack: string,
  wanted: readonly Name[],
  outputsOf: NameSources['outputsOf'],
): Promise<Environment> {
  const outputs = await outputsOf(stack);
  const named = wanted
    .filter((name) => name !== 'feed')
    // Outputs are named as the deployment's names are: `ParcelsTable`.
    .map((name) => [name, outputs[name.charAt(0).toUpperCase() + name.slice(1)]] as const);
  const optional: readonly Name[] = ['batchesTable', 'notificationsTable', 'activityTable'];
  const missing = named.filter(([name, value]) => value === undefined && !optional.includes(name));
  if (missing.length > 0) {
    const names = missing.map(([name]) => name.charAt(0).toUpperCase() + name.slice(1));
    throw usageError(
      `The stack ${stack} has no output ${names.join(', ')}: it is not a data stack, or one of an older release. ` +
        `Its outputs: ${Object.keys(outputs).join(', ') || 'none'}`,
      `name the tables by variables (${missing.map(([name]) => variables[name]).join(', ')})`,
    );
  }
  return Object.fromEntries(named.map(([name, value]) => [variables[name], value]));
}
