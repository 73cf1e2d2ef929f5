import type { Clock, Random } from '@waybill/shared/clock.ts';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { Counts, Filter, OperationKind, OperationStart, Outcome, Progress } from './operation.ts';
import { operationIdOf } from './operation.ts';
import type { OperationLog } from './operation-log.ts';
import type { Plan } from './plan.ts';

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
  /** Aborts when the operator cancels where the act was begun. A reason that is Waybill's own error is put into words. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Puts the problems on record, too: nobody waits for the result who could show them. Default: false. */
  readonly recordsProblems?: boolean;
  /** What an error says in a problem; by default its code and message. */
  readonly explain?: (error: unknown) => string;
  /** Milliseconds between two heartbeats. */
  readonly heartbeatMs?: number;
};

/** Who does what, and why. */
export type Intent = {
  readonly kind: OperationKind;
  readonly by: string;
  readonly because: string;
  readonly filter: Filter;
  readonly plan: Plan;
};

/** What is done on record. Its context's signal aborts for a cancel request of the record, too. */
export type RecordedAct = (operationId: string, context: ActContext) => Promise<ActResult>;

/** What an act did, and the record of it. */
export type RecordedResult = ActResult & { readonly operationId: string };

/** An act that is under way. */
export type BegunAct = { readonly operation: OperationStart; readonly result: Promise<RecordedResult> };

const cancelled: ActResult = { outcome: 'cancelled', counts: {}, problems: [] };

/** {@link beginOnRecord}, with its result waited for. */
export async function onRecord(intent: Intent, deps: RecordDependencies, act: RecordedAct): Promise<RecordedResult> {
  const { result } = await beginOnRecord(intent, deps, act);
  return await result;
}

/**
 * Does an act on record: writes the record, acts, completes the record. Resolves once the act has begun; rejects with the
 * engine's error when the record cannot be written, and then nothing was done. While the act runs its record is told so
 * ({@link startHeartbeat}), and a cancel request there cancels it. The result rejects with the act's error after that has been
 * recorded as `failed`. An act that was cancelled before it began, or ends with an error then, is `cancelled`. A record that
 * cannot be completed is one of the result's problems: what was done is done.
 */
export async function beginOnRecord(intent: Intent, deps: RecordDependencies, act: RecordedAct): Promise<BegunAct> {
  const { operations, clock, random } = deps;
  const operationId = operationIdOf(clock.now(), random);
  const operation = { ...intent, operationId, startedAtUtc: new Date(clock.now()).toISOString() };
  await operations.begin(operation);
  return { operation, result: finish(operationId, deps, act) };
}

async function finish(operationId: string, deps: RecordDependencies, act: RecordedAct): Promise<RecordedResult> {
  const { operations, clock, recordsProblems = false, explain = describeError } = deps;
  const heartbeat = startHeartbeat(operationId, deps, deps.heartbeatMs);
  const signal = AbortSignal.any([deps.signal, heartbeat.cancelled]);
  const complete = ({ outcome, counts, problems }: ActResult) => {
    heartbeat.stop();
    const finishedAtUtc = new Date(clock.now()).toISOString();
    return operations.end(operationId, { outcome, counts, finishedAtUtc, ...(recordsProblems && { problems }) });
  };
  const onProgress = (progress: Progress) => {
    heartbeat.onProgress(progress);
    deps.onProgress?.(progress);
  };
  let result: ActResult;
  try {
    result = signal.aborted ? cancelled : await act(operationId, { signal, onProgress });
  } catch (error) {
    if (!signal.aborted) {
      // The act's own error matters more than that its record could not be completed.
      await complete({ outcome: 'failed', counts: {}, problems: [explain(error)] }).catch(() => undefined);
      throw error;
    }
    const isAbort = error === signal.reason || (error instanceof Error && error.name === 'AbortError');
    result = isAbort ? cancelled : { ...cancelled, problems: [explain(error)] };
  }
  const { reason }: { readonly reason: unknown } = signal;
  if (result.outcome === 'cancelled' && reason instanceof WaybillError) {
    result = { ...result, problems: [reason.message, ...result.problems] };
  }
  try {
    await complete(result);
  } catch {
    const unrecorded = `the end of operation ${operationId} could not be recorded: its record has no outcome`;
    return { ...result, operationId, problems: [...result.problems, unrecorded] };
  }
  return { ...result, operationId };
}
