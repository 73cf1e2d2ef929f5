import { ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { CheckpointStore, StoredCheckpoint } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import { decodeGaps } from '@waybill/shared/checkpoint/stored-gaps.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import { openDeadLetters } from '../dead-letters/dead-letter-queue.ts';
import type { Deployment } from '../deployment.ts';
import { failureGroups } from '../failures/failure-groups.ts';
import { type FailuresDependencies, unresolvedIndexState } from '../failures/read-unresolved.ts';
import { countUnfinished } from '../notifications/unfinished-parcels.ts';
import { queueCounts } from '../queue-counts.ts';
import { type Facts, type StatusSettings, secondsBehind, sentenceOf } from './sentence.ts';
import { type AskedActivity, activityIn } from './status-activity.ts';
import { type FeedPosition, type QueueStatus, type Status, type StatusPart, shownGaps } from './status-shape.ts';

export type StatusDependencies = FailuresDependencies &
  AskedActivity & {
    readonly sqs: SQSClient;
    readonly checkpoints: Pick<CheckpointStore, 'read'>;
    readonly deployment: Pick<
      Deployment,
      'scanQueueUrl' | 'failuresTable' | 'notificationsTable' | 'activityTable' | 'feed'
    >;
    readonly clock: Clock;
    readonly settings: StatusSettings & {
      /** `LEASE_SECONDS`, in milliseconds. */
      readonly leaseMs: number;
    };
    /** What an error says to an operator; its code and message by default. */
    readonly explain?: (error: unknown) => string;
    /** How long an answer may take; without it a silent poller is watched for half of `LEASE_SECONDS`. */
    readonly patience?: Patience;
  };

/** Bounds of an answer that somebody waits for. */
export type Patience = {
  /** Milliseconds for which one part is waited for; then it counts as one that could not be asked. */
  readonly partMs: number;
  /** Milliseconds for which one answer watches a silent lease. The next one goes on from what this one has seen. */
  readonly watchMs: number;
  readonly lease: LeaseMemory;
};

/** What was seen of the lease by answers before, to be kept from one to the next. */
export type LeaseMemory = {
  /** `since`: when it was first seen so, by the monotonic clock. */
  seen?: { readonly counter: number; readonly token: number; readonly since: number };
};

/** Milliseconds between two looks at a lease, and at a queue that nobody seems to work on. */
const lookEveryMs = 500;

/**
 * Asks checkpoint, queues and failures how Waybill is doing, all at once. What cannot be asked is null, and named in
 * `notAsked`; nothing of it makes this reject but the signal, once it aborts. Takes up to half of `LEASE_SECONDS` where the
 * poller is silent: its next renewal is waited for, unless `patience` says how long an answer may take.
 */
export async function readStatus(deps: StatusDependencies, signal: AbortSignal): Promise<Status> {
  const { clock, deployment, settings, explain = describeError, patience } = deps;
  const notAsked: Facts['notAsked'] = [];
  const notes: string[] = [];
  const ask = async <T>(part: StatusPart, question: () => Promise<T>): Promise<T | null> => {
    try {
      return await (patience ? within(patience.partMs, question, clock) : question());
    } catch (error) {
      signal.throwIfAborted();
      notAsked.push({ part, why: explain(error) });
      return null;
    }
  };
  const [position, queue, deadLetters, failures, unfinishedNotifications, activity] = await Promise.all([
    ask('position', () => readPosition(deps, signal)),
    ask('queue', () => readQueue(deps, signal)),
    ask('deadLetters', async () => countsOf(deps.sqs, (await openDeadLetters(deps.sqs, deployment.scanQueueUrl)).url)),
    ask('failures', () => readFailures(deps, notes, signal)),
    ask('notifications', () => readNotifications(deps, signal)),
    ask('activity', () => activityIn(deps, notes, signal)),
  ]);
  signal.throwIfAborted();
  const facts: Facts = {
    asOfUtc: new Date(clock.now()).toISOString(),
    feed: deployment.feed,
    position,
    queue,
    deadLetters,
    failures,
    unfinishedNotifications,
    activity,
    notAsked: notAsked.toSorted((a, b) => a.part.localeCompare(b.part)),
    notes,
  };
  return { ...facts, ...sentenceOf(facts, settings) };
}

async function readPosition(deps: StatusDependencies, signal: AbortSignal): Promise<FeedPosition | null> {
  const { checkpoints, clock } = deps;
  const first = await checkpoints.read();
  if (!first) return null;
  const { stored, isAlive } = await watchLease(first, deps, signal);
  const {
    lastEventId = null,
    watermark = null,
    headEventId = null,
    newestScanUtc = null,
    caughtUpAtUtc = null,
  } = stored;
  const gaps = stored.openGaps === undefined ? [] : decodeGaps(stored.openGaps, lastEventId ?? 0, 0);
  return {
    lastEventId,
    completeThroughEventId: watermark,
    headEventId,
    openGaps: {
      count: gaps?.length ?? null,
      first: (gaps ?? []).slice(0, shownGaps).map(({ from, to }) => ({ from, to })),
    },
    newestScanUtc,
    caughtUpAtUtc,
    secondsBehind: secondsBehind({ caughtUpAtUtc, newestScanUtc }, clock.now()),
    lease: { holder: stored.holder ?? null, fencingToken: stored.token, isAlive },
  };
}

/** Whether the holder lives: what it wrote is fresh, or it is seen to renew the lease, which it does every third of it. */
async function watchLease(
  first: StoredCheckpoint,
  { checkpoints, clock, settings, patience }: StatusDependencies,
  signal: AbortSignal,
): Promise<{ readonly stored: StoredCheckpoint; readonly isAlive: boolean | null }> {
  if (first.holder === undefined) return { stored: first, isAlive: null };
  const { caughtUpAtUtc = '' } = first;
  const age = clock.now() - Date.parse(caughtUpAtUtc);
  if (age >= 0 && age < settings.leaseMs) return { stored: first, isAlive: true };
  const now = clock.monotonic();
  const silentUntil = silentSince(first, now, patience?.lease) + settings.leaseMs / 2;
  const end = Math.min(silentUntil, now + (patience?.watchMs ?? Number.POSITIVE_INFINITY));
  while (clock.monotonic() < end) {
    await clock.sleep(Math.min(lookEveryMs, end - clock.monotonic()), signal);
    signal.throwIfAborted();
    const stored = await checkpoints.read();
    if (stored?.counter !== first.counter)
      return { stored: stored ?? first, isAlive: stored?.holder === undefined ? null : true };
  }
  return { stored: first, isAlive: clock.monotonic() < silentUntil ? null : false };
}

/** Since when the lease is known to stand as it does. */
function silentSince({ counter, token }: StoredCheckpoint, now: number, lease: LeaseMemory | undefined): number {
  if (!lease) return now;
  if (lease.seen?.counter !== counter || lease.seen.token !== token) lease.seen = { counter, token, since: now };
  return lease.seen.since;
}

/** Rejects with `CALL_TIMED_OUT` when it takes longer. What was asked goes on by itself, to the end of its own time limits. */
async function within<T>(ms: number, question: () => Promise<T>, clock: Pick<Clock, 'sleep'>): Promise<T> {
  const answered = new AbortController();
  const tooLate = async (): Promise<never> => {
    await clock.sleep(ms, answered.signal);
    throw new WaybillError('CALL_TIMED_OUT', `no answer within ${ms / 1_000} s`);
  };
  try {
    return await Promise.race([question(), tooLate()]);
  } finally {
    answered.abort();
  }
}

/** A message that has just come is visible for a moment: nobody works on a queue where that is still so after a while. */
async function readQueue(deps: StatusDependencies, signal: AbortSignal): Promise<QueueStatus> {
  const { sqs, clock, deployment } = deps;
  let queue = await countsOf(sqs, deployment.scanQueueUrl);
  for (let look = 1; look < 3 && queue.visible > 0 && queue.inFlight === 0; look += 1) {
    await clock.sleep(lookEveryMs, signal);
    signal.throwIfAborted();
    queue = await countsOf(sqs, deployment.scanQueueUrl);
  }
  return queue;
}

async function countsOf(sqs: SQSClient, url: string): Promise<QueueStatus> {
  return { url, ...(await queueCounts(sqs, url)), oldestSeconds: null };
}

/** A table without the index is not scanned for a status: that would read all of its history. */
async function readFailures(
  deps: StatusDependencies,
  notes: string[],
  signal: AbortSignal,
): Promise<Status['failures']> {
  const index = await unresolvedIndexState(deps);
  if (!index.isReady) {
    notes.push(`Failures are not counted: ${index.why}. waybill failures groups scans the table.`);
    return null;
  }
  const { groups, count, isMoreThan } = await failureGroups(deps, { index }, { signal, onProgress: () => {} });
  const byReason: Record<string, number> = {};
  for (const group of groups) byReason[group.reason] = (byReason[group.reason] ?? 0) + group.count;
  const first = groups.map(({ firstFailedAtUtc }) => firstFailedAtUtc).toSorted();
  const last = groups.map(({ lastFailedAtUtc }) => lastFailedAtUtc).toSorted();
  return {
    count,
    isMoreThan,
    kinds: groups.length,
    byReason,
    firstFailedAtUtc: first.at(0) ?? null,
    lastFailedAtUtc: last.at(-1) ?? null,
  };
}

/** Null where the deployment has no such table: one of an older release. */
async function readNotifications(
  { documents, deployment: { notificationsTable } }: StatusDependencies,
  signal: AbortSignal,
): Promise<number | null> {
  if (notificationsTable === undefined) return null;
  try {
    return await countUnfinished({ documents, notificationsTable }, signal);
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
}
