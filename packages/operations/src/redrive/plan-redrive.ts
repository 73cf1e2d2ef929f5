import type { SQSClient } from '@aws-sdk/client-sqs';
import { counted } from '@waybill/shared/counted.ts';
import { type ExplainedDeadLetter, explain, isoTime, shownDeadLetter } from '../dead-letters/dead-letter.ts';
import { type DeadLetterQueue, openDeadLetters } from '../dead-letters/dead-letter-queue.ts';
import { notLookedAt } from '../dead-letters/not-looked-at.ts';
import { type WalkDependencies, walkDeadLetters, windowMessages } from '../dead-letters/walk.ts';
import type { FailureRecordsDependencies } from '../failures/failure-records.ts';
import { mostSamples, type Plan } from '../record/plan.ts';
import { moveTaskUnderWay } from './move-task.ts';
import { notFixed } from './not-fixed.ts';
import { addTo, noLoad, redriveCost, scaled } from './redrive-cost.ts';
import { isAll, isSelected, type Selection } from './selection.ts';

export type RedriveDependencies = Omit<WalkDependencies, 'deadLetters'> &
  FailureRecordsDependencies & {
    readonly sqs: SQSClient;
    /** What an error says in a problem of the run; by default its code and message. */
    readonly explain?: ((error: unknown) => string) | undefined;
  };

/** What a redrive will do, and what it needs for it. */
export type PlannedRedrive = {
  readonly plan: Plan;
  readonly selection: Selection;
  readonly deadLetters: DeadLetterQueue;
  /** Dead letters that it did not look at, a sentence each; in the plan, too. */
  readonly unseen: readonly string[];
};

export type PlanOptions = {
  /** When the fix went out, ISO 8601 in UTC: what failed since then is not fixed. */
  readonly deployedAtUtc?: string | undefined;
  readonly onProgress?: (lookedAt: number, expected: number) => void;
  /** Milliseconds for which messages are received; then what was looked at is handed back, which takes as long again. */
  readonly mostMs?: number;
};

/** In `byReason`: the message's failure has no record, so nobody knows its reason. */
const noRecord = 'no record';

/**
 * Looks at up to 10,000 dead letters of `sourceUrl`, for `mostMs` at most, and hands them back. Rejects with `NOT_CONFIGURED` where there is no
 * dead-letter queue, and with the signal's reason once it aborts.
 */
export async function planRedrive(
  { sqs, ...deps }: RedriveDependencies,
  sourceUrl: string,
  selection: Selection,
  { deployedAtUtc, onProgress, mostMs }: PlanOptions,
  signal: AbortSignal,
): Promise<PlannedRedrive> {
  const deadLetters = await openDeadLetters(sqs, sourceUrl);
  const nowMs = deps.clock.now();
  const looked = noLoad();
  const selected = noLoad();
  const byReason: Record<string, number> = {};
  const samples: ExplainedDeadLetter[] = [];
  const failed = new Map<
    string,
    Pick<NonNullable<ExplainedDeadLetter['record']>, 'reason' | 'detail' | 'lastFailedAtUtc'>
  >();
  let [oldest, newest, ofOthers] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  const add = (one: ExplainedDeadLetter) => {
    const { message, letter, record } = one;
    addTo(looked, message, letter.events);
    if (!canBeRedriven(message, deadLetters)) ofOthers += 1;
    else if (isSelected(selection, one, nowMs)) {
      addTo(selected, message, letter.events);
      const reason = record?.reason || noRecord;
      byReason[reason] = (byReason[reason] ?? 0) + 1;
      if (record && !record.resolvedAtUtc) failed.set(letter.failureId, record);
      if (Number.isFinite(letter.sentAtMs)) {
        oldest = Math.min(oldest, letter.sentAtMs);
        newest = Math.max(newest, letter.sentAtMs);
      }
      if (samples.length < mostSamples) samples.push(one);
    }
  };
  const walk = await walkDeadLetters(
    { ...deps, deadLetters },
    async (messages) => {
      for (const one of await explain(messages, deps, signal)) add(one);
      return { settled: [] };
    },
    { mostLookedAt: windowMessages, ...(mostMs !== undefined && { mostMs }), ...(onProgress && { onProgress }) },
    signal,
  );
  signal.throwIfAborted();
  const ofAll = isAll(selection);
  const waiting = walk.isAll ? looked.messages : Math.max(looked.messages, (await deadLetters.counts()).waiting);
  const count = ofAll ? waiting - ofOthers : selected.messages;
  const fate = ofAll ? 'SQS moves each to the queue that it came from' : 'left as they are';
  const others = `${counted(ofOthers, 'dead letter')} came from another queue, or arrived with another body than was sent: ${fate}`;
  const task = await moveTaskUnderWay(sqs, deadLetters.arn);
  const unseen = notLookedAt(walk);
  const plan: Plan = {
    count,
    isMoreThan: !walk.isAll && !ofAll,
    byReason,
    oldestUtc: isoTime(oldest),
    newestUtc: isoTime(newest),
    samples: samples.map(shownDeadLetter),
    cost: redriveCost(scaled(looked, waiting), ofAll ? scaled(selected, count) : selected, ofAll),
    notLookedAt: [...unseen, ...(ofOthers > 0 ? [others] : [])],
    warnings: [
      ...(task ? ['a move task of this dead-letter queue is under way: wait for its end, or cancel it'] : []),
      ...notFixed(failed.values(), nowMs, deployedAtUtc),
    ],
  };
  return { plan, selection, deadLetters, unseen };
}

/** Whether the message can go to the source queue: it came from there, and as it was sent. */
export function canBeRedriven(
  { isCorrupted, deadLetterSourceArn }: Pick<ExplainedDeadLetter['message'], 'isCorrupted' | 'deadLetterSourceArn'>,
  { sourceArn }: Pick<DeadLetterQueue, 'sourceArn'>,
): boolean {
  return !isCorrupted && (deadLetterSourceArn === undefined || deadLetterSourceArn === sourceArn);
}
