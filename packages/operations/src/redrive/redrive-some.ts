import { describeError } from '@waybill/shared/error.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { explain, readDeadLetter } from '../dead-letters/dead-letter.ts';
import type { DeadLetterPort } from '../dead-letters/dead-letter-queue.ts';
import { notLookedAt } from '../dead-letters/not-looked-at.ts';
import {
  type Visit,
  type Walk,
  type WalkDependencies,
  type WalkOptions,
  walkDeadLetters,
} from '../dead-letters/walk.ts';
import type { FailureRecordsDependencies } from '../failures/failure-records.ts';
import type { ActContext, ActResult } from '../record/on-record.ts';
import { exceedsPlan, type Plan } from '../record/plan.ts';
import { canBeRedriven, type PlannedRedrive } from './plan-redrive.ts';
import { isAll, isSelected } from './selection.ts';
import { type SendBackDependencies, sendBack } from './send-back.ts';

export type RedriveSomeDependencies = Omit<WalkDependencies, 'deadLetters'> &
  FailureRecordsDependencies &
  Pick<SendBackDependencies, 'explain'>;

/** The planned redrive, over whatever port: tests count its calls. */
export type SomePlanned = Pick<PlannedRedrive, 'selection'> & {
  readonly plan: Pick<Plan, 'count' | 'isMoreThan'>;
  readonly deadLetters: DeadLetterPort & { readonly sourceArn: string };
};

export type RunOptions = Pick<WalkOptions, 'mostHeld'> & {
  /** Goes on when it meets over 10 % more than was planned. */
  readonly isMoreThanPlannedFine: boolean;
};

/** Sentences of one kind that a result keeps. */
const mostProblems = 10;

/**
 * Sends the selected dead letters to the queue that they came from and hands the others back. A message is deleted once it is
 * confirmed there, so a crash at any time loses none. What comes back to the dead-letter queue while this runs is not sent
 * again: it was sent after the start. Rejects when nothing could be sent because of an error.
 */
export async function redriveSome(
  deps: RedriveSomeDependencies,
  { plan, selection, deadLetters }: SomePlanned,
  { isMoreThanPlannedFine, ...limits }: RunOptions,
  { signal, onProgress }: ActContext,
): Promise<ActResult> {
  const startedAtMs = deps.clock.now();
  const ofAll = isAll(selection);
  const problems = new Set<string>();
  const counts = { redriven: 0, lookedAt: 0, handedBack: 0, cameBack: 0, notConfirmed: 0, notDeleted: 0 };
  let met = 0;
  let settled = 0;
  let isRefused = false;

  const selectedOf = async (messages: readonly ReceivedMessage[]) => {
    // A redrive of everything asks nobody why.
    const explained = ofAll
      ? messages.map((message) => ({ message, letter: readDeadLetter(message), record: undefined }))
      : await explain(messages, deps, signal);
    const selected = explained.filter(
      (one) => canBeRedriven(one.message, deadLetters) && isSelected(selection, one, startedAtMs),
    );
    const old = selected.filter(({ letter }) => !(letter.sentAtMs >= startedAtMs));
    counts.cameBack += selected.length - old.length;
    return old.map(({ message }) => message);
  };

  const visit = async (messages: readonly ReceivedMessage[]): Promise<Visit> => {
    counts.lookedAt += messages.length;
    const selected = await selectedOf(messages);
    met += selected.length;
    isRefused ||= !isMoreThanPlannedFine && exceedsPlan(met, plan);
    if (isRefused) return { settled: [], isEnough: true };
    if (selected.length === 0) return { settled: [] };
    const back = await sendBack(selected, { ...deps, deadLetters }, signal);
    counts.redriven += back.sent.length;
    counts.notConfirmed += selected.length - back.sent.length;
    counts.notDeleted += back.sent.length - back.deleted.length;
    settled += back.deleted.length;
    for (const problem of back.problems) if (problems.size < mostProblems) problems.add(problem);
    onProgress({
      what: 'dead letters redriven',
      done: counts.redriven,
      ...(!plan.isMoreThan && { total: plan.count }),
    });
    return { settled: back.deleted.map(({ receiptHandle }) => receiptHandle) };
  };

  let walk: Walk | undefined;
  try {
    walk = await walkDeadLetters({ ...deps, deadLetters }, visit, limits, signal);
  } catch (error) {
    if (counts.redriven === 0 && !signal.aborted) throw error;
    if (!signal.aborted) problems.add((deps.explain ?? describeError)(error));
  }
  counts.handedBack = counts.lookedAt - settled - (walk?.notHandedBack ?? 0);
  if (isRefused)
    problems.add(`more than the planned ${plan.count} match: stopped after ${counts.redriven}; plan again`);
  if (counts.cameBack > 0)
    problems.add(`${counts.cameBack} came (back) to the dead letters after the start: left there`);
  const isCancelled = signal.aborted && !walk?.isAll;
  if (walk && !isCancelled && !isRefused) for (const left of notLookedAt(walk)) problems.add(left);
  const isWhole = walk?.isAll && counts.notConfirmed === 0 && counts.notDeleted === 0;
  const outcome = isRefused ? 'refused' : isCancelled ? 'cancelled' : isWhole ? 'done' : 'partly';
  return { outcome, counts, problems: [...problems] };
}
