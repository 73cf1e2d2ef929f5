import { type LeaseMemory, type Patience, readStatus } from '@waybill/operations/status/read-status.ts';
import type { AskedActivity } from '@waybill/operations/status/status-activity.ts';
import type { Status } from '@waybill/operations/status/status-shape.ts';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { type Caller, requireScope } from '../access/caller.ts';
import { inSoberWords } from '../problems/sober-words.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';

export type StatusDependencies = Pick<ApiDependencies, 'sqs' | 'dynamodb' | 'documents' | 'deployment' | 'clock'> & {
  readonly settings: Pick<ApiDependencies['settings'], 'leaseMs' | 'maxQueueMessages'>;
  /** What the answers before have seen of the lease. */
  readonly lease: LeaseMemory;
} & AskedActivity;

/** A request has 10 s. A poller that has work renews its lease with every page, so two seconds tell most of them. */
const patience: Omit<Patience, 'lease'> = { partMs: 8_000, watchMs: 2_000 };

/** How Waybill is doing. What did not answer in time is named in the answer. */
export async function getStatus(
  { sqs, dynamodb, documents, deployment, clock, settings, lease, askedActivity }: StatusDependencies,
  caller: Caller,
  signal: AbortSignal,
): Promise<Status> {
  requireScope(caller, 'read');
  const { checkpointsTable: tableName, feed } = deployment;
  return await readStatus(
    {
      ...{ sqs, documents, deployment, clock, explain: inSoberWords },
      checkpoints: dynamoDbCheckpointStore({ dynamodb, tableName, feed }),
      settings: { leaseMs: settings.leaseMs, maxQueueMessages: settings.maxQueueMessages },
      patience: { ...patience, lease },
      askedActivity,
    },
    signal,
  );
}
