import { type BatchLedger, batchPlaceOf } from '@waybill/shared/batches/batch-ledger.ts';
import { bodyFailureId } from '@waybill/shared/failures/failure-id.ts';
import type { FailureLog } from './failures/failure-log.ts';
import type { Guard } from './guard/guard.ts';
import type { Handler } from './handler.ts';
import type { MessageAtWork } from './send-on.ts';

export type BatchSettlingDependencies = {
  /** Where batches are kept. Without it nothing is read or written of the batch that a message names. */
  readonly batches?: BatchLedger;
  readonly guard: Pick<Guard<never>, 'execute'>;
  readonly failures: Pick<FailureLog, 'resolve'>;
  /** Aborts when a stop can wait for the work no longer. */
  readonly workDeadline: AbortSignal;
};

/**
 * Says in the batch of a message that these of it failed. To be called once they are on record, and before any of them is
 * sent off: what is split off may be cured at once, and takes its failure back then.
 *
 * @param isWhole all else in the message is done: its part of the batch is not waited for any more
 */
export async function failInBatch(
  { message: { attributes, body } }: MessageAtWork<unknown>['held'],
  { failureIds, isWhole }: { readonly failureIds: readonly string[]; readonly isWhole: boolean },
  { batches, guard, failures, workDeadline }: BatchSettlingDependencies,
): Promise<void> {
  const place = batches && batchPlaceOf(attributes);
  if (!place) return;
  const { batchId } = place;
  const part = isWhole ? place.part : undefined;
  const failed = await guard.execute(batchId, () => batches.fail({ batchId, part, failureIds }), workDeadline);
  const ofTheWhole = bodyFailureId(body);
  if (part === undefined || failureIds.includes(ofTheWhole) || !failed.has(ofTheWhole)) return;
  // It was left whole before, with one record for all of it. Now each that failed has its own.
  await guard.execute(batchId, () => batches.cure(batchId, [ofTheWhole]), workDeadline);
  await guard.execute(ofTheWhole, () => failures.resolve(ofTheWhole), workDeadline);
}

/**
 * Says in the batch of a message that all of it is done, or, where some of it was split off, that the record it names is
 * resolved. To be called once that is so, and before the message is deleted.
 */
export async function settleInBatch<Work>(
  { held: { message }, reading, resolves }: MessageAtWork<Work>,
  { isAllDone }: { readonly isAllDone: boolean },
  {
    batches,
    guard,
    failures,
    handler,
    workDeadline,
  }: BatchSettlingDependencies & {
    readonly handler: Pick<Handler<Work, string>, 'failureIdsOf'>;
  },
): Promise<void> {
  const place = batches && batchPlaceOf(message.attributes);
  if (!place) return;
  const { batchId } = place;
  const part = isAllDone ? place.part : undefined;
  if (part === undefined && resolves === undefined) return;
  const failureId = resolves ?? reading.element?.failureId;
  const wasWaiting = await guard.execute(batchId, () => batches.settle({ batchId, part, failureId }), workDeadline);
  if (wasWaiting || part === undefined) return;
  // Settled before: perhaps something of it failed then, of which nothing in the message tells, and is stored now.
  const mayHaveFailed = [bodyFailureId(message.body), ...handler.failureIdsOf(reading.work)];
  const cured = await guard.execute(batchId, () => batches.cure(batchId, mayHaveFailed), workDeadline);
  for (const each of cured) await guard.execute(each, () => failures.resolve(each), workDeadline);
}
