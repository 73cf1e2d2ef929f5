import { batchIdAttribute, batchPartAttribute } from '../queue/message-attributes.ts';

/**
 * What a processor says of batches: which of their parts are settled, and which failures of them are not resolved.
 * `dynamodb-batch-ledger.ts` does it with DynamoDB, the simulator in memory. Parts and failures are sets, so that whatever is
 * said twice counts once. A batch that has expired, or never was, is not made by it, and is no error.
 */
export type BatchLedger = {
  /**
   * All of a message succeeded: its part is not pending any more, and `failureId`, on which it failed before, is not
   * failed. Returns whether the batch was waiting for either; else nothing is written.
   */
  readonly settle: (settled: BatchPlace & { readonly failureId: string | undefined }) => Promise<boolean>;
  /**
   * These of a message failed, and are on record. Where it is the whole of its part, the part is not pending any more, and all
   * that the batch has as failed then is returned; else nothing.
   */
  readonly fail: (failed: BatchPlace & { readonly failureIds: readonly string[] }) => Promise<ReadonlySet<string>>;
  /** These are stored though they failed before. Returns those that the batch had as failed. */
  readonly cure: (batchId: string, failureIds: readonly string[]) => Promise<readonly string[]>;
};

/** Where a message belongs: its batch, and the part of it that the message is; undefined for what was split off. */
export type BatchPlace = { readonly batchId: string; readonly part: number | undefined };

/** The place that a message names in its attributes. Any sender can set them: what cannot be ours must not become a key. */
export function batchPlaceOf(attributes: Readonly<Record<string, string>>): BatchPlace | undefined {
  const batchId = attributes[batchIdAttribute];
  if (batchId === undefined || !/^[\x21-\x7e]{1,128}$/.test(batchId)) return undefined;
  const part = attributes[batchPartAttribute];
  return { batchId, part: part !== undefined && /^\d{1,9}$/.test(part) ? Number(part) : undefined };
}
