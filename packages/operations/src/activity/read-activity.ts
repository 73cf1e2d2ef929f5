import { ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/lib-dynamodb';
import { type ProcessActivity, readActivityItem } from '@waybill/shared/activity/activity-item.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import { activityRetentionMs } from '@waybill/shared/resources.ts';
import type { Deployment } from '../deployment.ts';
import type { Activity } from './activity.ts';
import { dollarsPerMillion, mergedMinutes, ratesOf } from './merged-minutes.ts';
import { liveOf, shownProcesses } from './processes.ts';
import { troublesOf } from './troubles.ts';

export type ActivityDependencies = {
  readonly documents: DynamoDBDocumentClient;
  readonly deployment: Pick<Deployment, 'activityTable'>;
  readonly clock: Pick<Clock, 'now'>;
};

/** Most items that are looked at: the processes of two hours. One that restarts every minute leaves 120. */
const mostItems = 2_000;

/**
 * What the processes did in the last hour, as they write it every ten seconds: no process is asked. Null where the deployment
 * has no such table. Costs half a read unit for four processes.
 */
export async function readActivity(
  { documents, deployment: { activityTable }, clock }: ActivityDependencies,
  signal: AbortSignal,
): Promise<Activity | null> {
  if (activityTable === undefined) return null;
  try {
    return activityOf(await allProcesses(documents, activityTable, signal), clock.now());
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
}

async function allProcesses(
  documents: DynamoDBDocumentClient,
  TableName: string,
  signal: AbortSignal,
): Promise<readonly ProcessActivity[]> {
  const found: ProcessActivity[] = [];
  let start: Pick<ScanCommandInput, 'ExclusiveStartKey'> = {};
  for (let looked = 0; looked < mostItems; ) {
    const page = await documents.send(new ScanCommand({ TableName, Limit: mostItems - looked, ...start }), {
      abortSignal: signal,
    });
    for (const item of page.Items ?? []) found.push(...[readActivityItem(item)].filter((each) => each !== undefined));
    if (!page.LastEvaluatedKey) break;
    looked += page.ScannedCount ?? mostItems;
    start = { ExclusiveStartKey: page.LastEvaluatedKey };
  }
  return found;
}

/** The same of what was read, at a time in milliseconds since 1970. Pure. */
export function activityOf(read: readonly ProcessActivity[], nowMs: number): Activity {
  // DynamoDB may take two days to delete what has expired. A process whose clock was far ahead, and was killed, would live till then.
  const all = read.filter(({ seenAtUtc }) => Math.abs(nowMs - Date.parse(seenAtUtc)) < activityRetentionMs);
  const merged = mergedMinutes(all, nowMs);
  const perSecond = ratesOf(liveOf(all, nowMs));
  return {
    asOfUtc: new Date(nowMs).toISOString(),
    newestUtc:
      all
        .map(({ seenAtUtc }) => seenAtUtc)
        .toSorted()
        .at(-1) ?? null,
    ...merged,
    perSecond,
    dollarsPerMillion: dollarsPerMillion(merged.counts),
    processes: shownProcesses(all, nowMs),
    troubles: troublesOf(all, { counts: merged.counts, perSecond }, nowMs),
  };
}
