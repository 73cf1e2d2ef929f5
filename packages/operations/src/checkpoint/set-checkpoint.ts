import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { WaybillError } from '@waybill/shared/error.ts';
import type { ActResult } from '../record/on-record.ts';
import { costOf, type Plan } from '../record/plan.ts';
import { costOfReading } from '../replay/cost-of-reading.ts';
import type { ReplaySettings } from '../replay/replay-plan.ts';
import { type Checkpoint, type CheckpointDependencies, listCheckpoints, readCheckpoint } from './read-checkpoint.ts';

/** Where the checkpoint of a feed is to stand: reading goes on at the id after it. */
export type CheckpointTarget = { readonly feed: string; readonly lastEventId: number };

export type PlannedCheckpointSet = {
  readonly target: CheckpointTarget;
  /** The checkpoint as it was seen; undefined where there is none. */
  readonly seen: Checkpoint | undefined;
  /** `count`: the ids that are read again, or skipped, at most. Its one sample is the change. */
  readonly plan: Plan;
};

/** How the poller reads: what reading again costs goes by it. */
export type PollerPace = Pick<ReplaySettings, 'limit' | 'requestsPerSecond' | 'messageMaxBytes'>;

/** Plans where a feed's checkpoint will stand. Throws `CONFIG_INVALID` for an id that is none. */
export async function planCheckpointSet(
  deps: CheckpointDependencies,
  target: CheckpointTarget,
  pace: PollerPace,
): Promise<PlannedCheckpointSet> {
  const { feed, lastEventId } = target;
  if (!Number.isSafeInteger(lastEventId) || lastEventId < 0)
    throw new WaybillError('CONFIG_INVALID', `${lastEventId} is no EventId, nor 0 for the beginning of the feed`);
  const seen = await readCheckpoint(deps, feed);
  const old = seen?.lastEventId ?? null;
  const again = old === null ? 0 : Math.max(0, old - lastEventId);
  const skipped = old === null ? 0 : Math.max(0, lastEventId - old);
  const { cost, estimate } = costOfReading(again, pace);
  return {
    target,
    seen,
    plan: {
      count: again + skipped,
      isMoreThan: false,
      byReason: { ...(again > 0 && { 'read again': again }), ...(skipped > 0 && { skipped }) },
      oldestUtc: null,
      newestUtc: null,
      samples: [{ feed, oldLastEventId: old, newLastEventId: lastEventId }],
      cost: costOf({ ...cost, writeUnits: cost.writeUnits + 1 }),
      notLookedAt:
        again > 0
          ? [
              'how many of these EventIds the feed has: it skips ids',
              ...estimate.assumes.map((each) => `assumed: ${each}`),
            ]
          : [],
      warnings: await warningsOf(deps, { target, seen, old, again, skipped }),
    },
  };
}

type Change = {
  readonly target: CheckpointTarget;
  readonly seen: Checkpoint | undefined;
  readonly old: number | null;
  readonly again: number;
  readonly skipped: number;
};

async function warningsOf(
  deps: CheckpointDependencies,
  { target: { feed, lastEventId }, seen, old, again, skipped }: Change,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  if (!seen) {
    // A person who may set a checkpoint need not be allowed to list all of them.
    const others = await listCheckpoints(deps).catch(() => undefined);
    const named = others && `. The table has ${others.map((each) => each.feed).join(', ') || 'none at all'}`;
    warnings.push(`feed ${feed} has no checkpoint: no poller has read it, or its name is another${named ?? ''}`);
  }
  if (skipped > 0 && old !== null)
    warnings.push(
      `SKIPS up to ${skipped} EventIds, ${old + 1} to ${lastEventId}: no poller reads them any more. To read them: waybill replay --from ${old + 1} --to ${lastEventId}`,
    );
  if (again > 0 && old !== null)
    warnings.push(
      `new events wait until EventIds ${lastEventId + 1} to ${old} are read again. To read them beside the poller instead: waybill replay --from ${lastEventId + 1} --to ${old}`,
    );
  const head = seen?.headEventId;
  if (typeof head === 'number' && lastEventId > head)
    warnings.push(`the feed has shown no EventId above ${head}: until it does, nothing is read`);
  return warnings;
}

/** An item written by hand may lack the token, which then counts as 0. */
const tokenIsSeen = 'fencingToken = :token';
const noTokenIsSeen = '(attribute_not_exists(fencingToken) OR fencingToken = :token)';

/**
 * Sets the checkpoint, as the plan says: one write, which raises the fencing token, so that a holder of the lease is fenced,
 * stops, and reads anew from there. The watermark goes, since the next holder finds out about it; open gaps stay, and it
 * forgets those beyond its position. Refused where another took the lease or set the checkpoint since it was seen.
 */
export async function runCheckpointSet(
  deps: CheckpointDependencies,
  { target: { feed, lastEventId }, seen, plan }: PlannedCheckpointSet,
): Promise<ActResult> {
  const { documents, deployment } = deps;
  const token = seen?.fencingToken ?? 0;
  const isThere = token === 0 ? `attribute_exists(feed) AND ${noTokenIsSeen}` : tokenIsSeen;
  const counts = { ...plan.byReason };
  try {
    await documents.send(
      new UpdateCommand({
        TableName: deployment.checkpointsTable,
        Key: { feed },
        UpdateExpression:
          'SET lastEventId = :last REMOVE leaseHolder, watermark, caughtUpAtUtc, newestScanUtc, headEventId ADD fencingToken :one, leaseCounter :one',
        ConditionExpression: seen ? isThere : 'attribute_not_exists(feed)',
        ExpressionAttributeValues: { ':last': lastEventId, ':one': 1, ...(seen && { ':token': token }) },
      }),
    );
    return { outcome: 'done', counts, problems: [] };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const now = await readCheckpoint(deps, feed);
    // The client may have repeated a write whose answer was lost, and was refused by its own success.
    if (now?.fencingToken === token + 1 && now.lastEventId === lastEventId)
      return { outcome: 'done', counts, problems: [] };
    const what = now ? `its fencing token is ${now.fencingToken}, not ${token}` : 'it is gone';
    return {
      outcome: 'refused',
      counts: {},
      problems: [`the checkpoint of ${feed} was taken over or set meanwhile (${what}): nothing was changed`],
    };
  }
}
