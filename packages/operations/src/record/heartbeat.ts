import type { Clock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { Progress } from './operation.ts';
import type { OperationLog } from './operation-log.ts';

export type HeartbeatDependencies = {
  readonly operations: Pick<OperationLog, 'heartbeat'>;
  readonly clock: Clock;
};

/**
 * Milliseconds between two heartbeats: how long a cancel request waits at most, and how old the progress is. An update of a
 * record of 5 KB and of its index takes 10 write units, so an act of an hour costs a cent.
 */
const heartbeatMs = 3_000;

/** Keeps the record of a running act fresh. */
export type RunningHeartbeat = {
  /** Aborts once the record says that somebody wants the act cancelled; the reason names who. */
  readonly cancelled: AbortSignal;
  /** What the next heartbeat tells. */
  readonly onProgress: (progress: Progress) => void;
  readonly stop: () => void;
};

/**
 * Tells the record of an act every {@link heartbeatMs} that it runs and how far it is, and looks there whether it is to be
 * cancelled. A heartbeat that fails harms nothing: the next one tells more.
 */
export function startHeartbeat(
  operationId: string,
  { operations, clock }: HeartbeatDependencies,
  everyMs = heartbeatMs,
): RunningHeartbeat {
  const stopped = new AbortController();
  const cancelling = new AbortController();
  let progress: Progress | undefined;
  const beat = async () => {
    const heartbeatAtUtc = new Date(clock.now()).toISOString();
    const request = await operations.heartbeat(operationId, { heartbeatAtUtc, ...(progress && { progress }) });
    if (!request || cancelling.signal.aborted) return;
    cancelling.abort(new WaybillError('STOPPED', `cancelled by ${request.cancelRequestedBy}`));
  };
  const loop = async () => {
    for (;;) {
      await clock.sleep(everyMs, stopped.signal);
      if (stopped.signal.aborted) return;
      await beat().catch(() => undefined);
    }
  };
  void loop();
  return {
    cancelled: cancelling.signal,
    onProgress: (said) => {
      progress = said;
    },
    stop: () => stopped.abort(),
  };
}
