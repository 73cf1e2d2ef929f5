import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import { describeError, isServiceError, WaybillError } from '@waybill/shared/error.ts';
import { retry } from '@waybill/shared/retry.ts';
import type { ActContext, ActResult } from '../record/on-record.ts';

export type MoveTaskDependencies = {
  readonly sqs: SQSClient;
  readonly clock: Clock;
  readonly random: Random;
  /** What an error says in a problem; by default its code and message. */
  readonly explain?: ((error: unknown) => string) | undefined;
};

/** How far the last move task of a dead-letter queue is. */
type MoveTask = {
  /** Only while it runs. */
  readonly handle: string | undefined;
  readonly isRunning: boolean;
  readonly status: string;
  readonly moved: number;
  readonly toMove: number | undefined;
  readonly failure: string | undefined;
};

/** Milliseconds between two looks at a task. */
const lookEachMs = 1_000;
const backoff = { firstMs: 200, maxMs: 5_000 };
/** Failed looks in a row after which nobody can say how the task does. */
const mostAttempts = 8;

/** The move task that is under way; undefined where none is, or the engine has none. */
export async function moveTaskUnderWay(sqs: SQSClient, deadLettersArn: string): Promise<MoveTask | undefined> {
  try {
    const task = await lastTask(sqs, deadLettersArn);
    return task?.isRunning ? task : undefined;
  } catch (error) {
    if (isWithoutMoveTasks(error)) return undefined;
    throw error;
  }
}

/**
 * Has SQS move every dead letter to the queue that it came from. Returns undefined, having done nothing, where the engine
 * has no such task. A task that has begun is SQS's own: where nobody can say how it does any more, that is a problem of the
 * result. Rejects with `OPERATION_REFUSED` while another task runs. Cancels the task once the signal aborts.
 */
export async function runMoveTask(
  { sqs, clock, random, explain = describeError }: MoveTaskDependencies,
  deadLettersArn: string,
  { signal, onProgress }: ActContext,
): Promise<ActResult | undefined> {
  const next = `aws sqs list-message-move-tasks --source-arn ${deadLettersArn}`;
  if (await moveTaskUnderWay(sqs, deadLettersArn)) {
    throw new WaybillError('OPERATION_REFUSED', `a move task of ${deadLettersArn} is under way: one at a time`, {
      details: { next },
    });
  }
  let handle: string | undefined;
  try {
    ({ TaskHandle: handle } = await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadLettersArn })));
  } catch (error) {
    if (isWithoutMoveTasks(error)) return undefined;
    throw error;
  }
  const look = () => {
    const onFailure = (error: unknown, attempt: number) => {
      if (attempt + 1 >= mostAttempts) throw error;
    };
    const never = new AbortController().signal;
    return retry(() => lastTask(sqs, deadLettersArn), { clock, random, backoff, onFailure, signal: never });
  };
  let isCancelled = false;
  let moved = 0;
  for (;;) {
    let task: MoveTask | undefined;
    try {
      task = await look();
    } catch (error) {
      const problem = `SQS does not say any more how the move task does (${explain(error)}): it goes on by itself: ${next}`;
      return { outcome: 'partly', counts: { redriven: moved }, problems: [problem] };
    }
    moved = task?.moved ?? 0;
    onProgress({ what: 'dead letters moved', done: moved, ...(task?.toMove !== undefined && { total: task.toMove }) });
    if (!task?.isRunning) return resultOf(task);
    if (signal.aborted && !isCancelled) {
      isCancelled = true;
      // It may have ended by itself: the next look says so.
      await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle: task.handle ?? handle })).catch(() => undefined);
    }
    await clock.sleep(lookEachMs, isCancelled ? new AbortController().signal : signal);
  }
}

function resultOf(task: MoveTask | undefined): ActResult {
  const moved = task?.moved ?? 0;
  const counts = { redriven: moved };
  if (task?.status === 'COMPLETED') return { outcome: 'done', counts, problems: [] };
  if (task?.status === 'CANCELLED') {
    const left = task.toMove === undefined ? '' : ` of about ${task.toMove}`;
    return { outcome: 'cancelled', counts, problems: [`cancelled after ${moved}${left} were moved`] };
  }
  const why = task?.failure ?? task?.status ?? 'SQS does not list the task any more';
  return { outcome: 'partly', counts, problems: [`the move task failed after ${moved} were moved: ${why}`] };
}

/** SQS lists the newest first. */
async function lastTask(sqs: SQSClient, SourceArn: string): Promise<MoveTask | undefined> {
  const { Results: [last] = [] } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }));
  if (!last) return undefined;
  const status = last.Status ?? '';
  return {
    handle: last.TaskHandle,
    isRunning: status === 'RUNNING' || status === 'CANCELLING',
    status,
    moved: last.ApproximateNumberOfMessagesMoved ?? 0,
    toMove: last.ApproximateNumberOfMessagesToMove ?? undefined,
    failure: last.FailureReason,
  };
}

/** An unknown action (fauxqs), an error of the server (moto), or a queue that nobody's redrive policy names (AWS). */
function isWithoutMoveTasks(error: unknown): boolean {
  if (!isServiceError(error)) return false;
  const status = 'httpStatusCode' in error.$metadata ? Number(error.$metadata.httpStatusCode) : 0;
  return (
    status >= 500 ||
    /InvalidAction|UnknownOperation|NotImplemented/.test(error.name) ||
    /configured as a Dead Letter Queue/i.test(error.message)
  );
}
