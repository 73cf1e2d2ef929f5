import type { Operation } from './operation.ts';

/**
 * How an act stands. `cancelling`: it runs, and somebody has asked to cancel it. `interrupted`: it has no outcome, and its
 * process is silent: killed, or cut off from the table. It is `running` again with its next heartbeat.
 */
export const operationStates = ['running', 'cancelling', 'interrupted', 'ended'] as const;

export type OperationState = (typeof operationStates)[number];

/**
 * Milliseconds without a heartbeat after which an act counts as interrupted: twenty heartbeats. Two clocks are compared, that
 * of who runs the act and that of who asks; a minute is more than clocks that are set by a time server differ, and nothing but
 * words depends on it.
 */
const silentAfterMs = 60_000;

/** @param nowMs milliseconds since the epoch, by the clock of who asks */
export function operationState(
  {
    outcome,
    startedAtUtc,
    heartbeatAtUtc = startedAtUtc,
    cancelRequestedAtUtc,
  }: Pick<Operation, 'outcome' | 'startedAtUtc' | 'heartbeatAtUtc' | 'cancelRequestedAtUtc'>,
  nowMs: number,
): OperationState {
  if (outcome !== undefined) return 'ended';
  if (nowMs - Date.parse(heartbeatAtUtc) > silentAfterMs) return 'interrupted';
  return cancelRequestedAtUtc === undefined ? 'running' : 'cancelling';
}

/** The operation with how it stands. */
export function shownOperation(operation: Operation, nowMs: number): Operation & { readonly state: OperationState } {
  return { ...operation, state: operationState(operation, nowMs) };
}
