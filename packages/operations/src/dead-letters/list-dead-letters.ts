import type { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { FailureRecordsDependencies } from '../failures/failure-records.ts';
import { explain, type ShownDeadLetter, shownDeadLetter, shownDeadLetterShape } from './dead-letter.ts';
import { openDeadLetters } from './dead-letter-queue.ts';
import { notLookedAt } from './not-looked-at.ts';
import { type WalkDependencies, walkDeadLetters, windowMessages } from './walk.ts';

export type ListDependencies = Omit<WalkDependencies, 'deadLetters'> &
  FailureRecordsDependencies & { readonly sqs: SQSClient };

export const deadLettersShape = z.strictObject({
  queueUrl: z.string(),
  /** Those sent first come first. */
  deadLetters: z.array(shownDeadLetterShape),
  /** What was not looked at, a sentence each. */
  notLookedAt: z.array(z.string()),
});

export type DeadLetters = z.infer<typeof deadLettersShape>;

export type ListOptions = {
  /** Messages to show, 1 to 10,000. */
  readonly limit: number;
  readonly onProgress?: (lookedAt: number, expected: number) => void;
};

/**
 * The messages of the dead-letter queue of `sourceUrl`, without payloads. Hides them from others for a few seconds. SQS has
 * no order: with fewer than all, these are any of them.
 */
export async function listDeadLetters(
  { sqs, ...deps }: ListDependencies,
  sourceUrl: string,
  { limit, onProgress }: ListOptions,
  signal: AbortSignal,
): Promise<DeadLetters> {
  const deadLetters = await openDeadLetters(sqs, sourceUrl);
  const shown: ShownDeadLetter[] = [];
  const most = Math.min(limit, windowMessages);
  const walk = await walkDeadLetters(
    { ...deps, deadLetters },
    async (messages) => {
      const explained = await explain(messages, deps, signal);
      shown.push(...explained.map(shownDeadLetter));
      return { settled: [] };
    },
    { mostLookedAt: most, ...(onProgress && { onProgress }) },
    signal,
  );
  signal.throwIfAborted();
  const left = notLookedAt(walk);
  const cut = shown.length > most ? [`more than ${most} dead letters: the list shows ${most} of them`] : [];
  return {
    queueUrl: deadLetters.url,
    deadLetters: shown.slice(0, most).toSorted(bySentAt),
    notLookedAt: walk.isAll || cut.length === 0 ? [...left, ...cut] : cut,
  };
}

function bySentAt(a: ShownDeadLetter, b: ShownDeadLetter): number {
  return (a.sentAtUtc ?? '').localeCompare(b.sentAtUtc ?? '') || a.failureId.localeCompare(b.failureId);
}
