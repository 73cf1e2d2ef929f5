import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { tables } from '@waybill/shared/resources.ts';
import { type ListedFailure, projectionOf, type TracedFailure } from './failure-item.ts';
import type { FailuresDependencies } from './read-unresolved.ts';

/** Keys of one BatchGetItem (DynamoDB's limit). */
const mostKeys = 100;

/**
 * Adds the traces of the failures' messages, which the index `unresolved` does not have: a projection of an index that stands cannot
 * grow. One BatchGetItem for each 100 failures, by a read that may be a second old; of what DynamoDB does not return at once, the
 * trace is not shown. Rejects with the engine's errors, and with the signal's reason once it aborts.
 */
export async function withTraces(
  { documents, deployment: { failuresTable } }: FailuresDependencies,
  failures: readonly ListedFailure[],
  signal: AbortSignal,
): Promise<TracedFailure[]> {
  const key = tables.failures.key.name;
  const traces = new Map<unknown, string>();
  for (let from = 0; from < failures.length; from += mostKeys) {
    signal.throwIfAborted();
    const Keys = failures.slice(from, from + mostKeys).map(({ failureId }) => ({ [key]: failureId }));
    const { Responses = {} } = await documents.send(
      new BatchGetCommand({ RequestItems: { [failuresTable]: { Keys, ...projectionOf([key, 'traceId']) } } }),
      { abortSignal: signal },
    );
    for (const { [key]: failureId, traceId } of Responses[failuresTable] ?? [])
      if (typeof traceId === 'string') traces.set(failureId, traceId);
  }
  return failures.map((failure) => {
    const traceId = traces.get(failure.failureId);
    return traceId === undefined ? failure : { ...failure, traceId };
  });
}
