import type { Clock, Random } from '@waybill/shared/clock.ts';
import { describeError } from '@waybill/shared/error.ts';
import type { Counts, Filter, OperationKind, Outcome } from './operation.ts';
import { operationIdOf } from './operation.ts';
import type { OperationLog } from './operation-log.ts';
import type { Plan } from './plan.ts';

/** What an act says while it runs. `total` is absent where nobody knows it. */
export type Progress = { readonly what: string; readonly done: number; readonly total?: number };

/** What an act is given besides its own dependencies. */
export type ActContext = {
  /** Aborts when the operator cancels: the act hands back what it holds and ends. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
};

/** What an act did. `problems`: what went wrong or was left, a sentence each. */
export type ActResult = {
  readonly outcome: Outcome;
  readonly counts: Counts;
  readonly problems: readonly string[];
};

export type RecordDependencies = {
  readonly operations: OperationLog;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts when the operator cancels; the act's own signal. */
  readonly signal: AbortSignal;
};

/** Who does what, and why. */
export type Intent = {
  readonly kind: OperationKind;
  readonly by: string;
  readonly because: string;
  readonly filter: Filter;
  readonly plan: Plan;
};

/** What an act did, and the record of it. */
export type RecordedResult = ActResult & { readonly operationId: string };

const cancelled: ActResult = { outcome: 'cancelled', counts: {}, problems: [] };

/**
 * Does an act on record: writes the record, acts, completes the record. Rejects with the engine's error when the record
 * cannot be written; then nothing was done. Rejects with the act's error after that has been recorded as `failed`. An act
 * that was cancelled before it began, or ends with an error then, is `cancelled`. A record that cannot be completed is one of
 * the result's problems: what was done is done.
 */
export async function onRecord(
  intent: Intent,
  { operations, clock, random, signal }: RecordDependencies,
  act: (operationId: string) => Promise<ActResult>,
): Promise<RecordedResult> {
  const operationId = operationIdOf(clock.now(), random);
  await operations.begin({ ...intent, operationId, startedAtUtc: new Date(clock.now()).toISOString() });
  const complete = (outcome: Outcome, counts: Counts) =>
    operations.end(operationId, { outcome, counts, finishedAtUtc: new Date(clock.now()).toISOString() });
  let result: ActResult;
  try {
    result = signal.aborted ? cancelled : await act(operationId);
  } catch (error) {
    if (!signal.aborted) {
      // The act's own error matters more than that its record could not be completed.
      await complete('failed', {}).catch(() => undefined);
      throw error;
    }
    const isAbort = error instanceof Error && error.name === 'AbortError';
    result = isAbort ? cancelled : { ...cancelled, problems: [describeError(error)] };
  }
  try {
    await complete(result.outcome, result.counts);
  } catch {
    const unrecorded = `the end of operation ${operationId} could not be recorded: its record has no outcome`;
    return { ...result, operationId, problems: [...result.problems, unrecorded] };
  }
  return { ...result, operationId };
}
