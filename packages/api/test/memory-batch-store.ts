import type { BatchRecord, BatchStore, KeyRecord } from '../src/ingestion/batch-store.ts';

/** A batch in memory. What the processor writes of it, tests change here. */
export type MemoryBatch = BatchRecord & {
  state: 'sending' | 'sent';
  /** Numbers of the packs that are not settled. */
  readonly pending: Set<number>;
  /** Ids of failures. */
  readonly failed: Set<string>;
};

/** The batches table in memory: each call happens at one moment, as one conditional write of the engine does. */
export class MemoryBatchStore implements BatchStore {
  readonly keys = new Map<string, KeyRecord>();
  readonly stored = new Map<string, MemoryBatch>();

  readonly readKey: BatchStore['readKey'] = async (keyId) => this.keys.get(keyId);

  readonly putKey: BatchStore['putKey'] = async (next, seen) => {
    if (this.keys.get(next.keyId)?.claimId !== seen?.claimId) return false;
    this.keys.set(next.keyId, next);
    return true;
  };

  readonly readBatch: BatchStore['readBatch'] = async (batchId) => {
    const batch = this.stored.get(batchId);
    return batch && { ...batch };
  };

  readonly putBatch: BatchStore['putBatch'] = async (batch) => {
    if (this.stored.has(batch.batchId)) return false;
    this.stored.set(batch.batchId, { ...batch, state: 'sending', pending: partsOf(batch), failed: new Set() });
    return true;
  };

  readonly repack: BatchStore['repack'] = async (batch, seen) => {
    const stored = this.stored.get(batch.batchId);
    if (stored?.state !== 'sending' || !hasPacks(stored, seen)) return false;
    const { createdAtMs, failed } = stored;
    this.stored.set(batch.batchId, { ...batch, createdAtMs, state: 'sending', pending: partsOf(batch), failed });
    return true;
  };

  readonly markSent: BatchStore['markSent'] = async (batch) => {
    const stored = this.stored.get(batch.batchId);
    if (stored?.state !== 'sending' || !hasPacks(stored, batch)) return false;
    stored.state = 'sent';
    return true;
  };
}

function partsOf({ firstPart, packs }: BatchRecord): Set<number> {
  return new Set(Array.from({ length: packs }, (_, index) => firstPart + index));
}

function hasPacks(
  stored: Pick<BatchRecord, 'packing' | 'firstPart'>,
  { packing, firstPart }: Pick<BatchRecord, 'packing' | 'firstPart'>,
): boolean {
  return stored.packing === packing && stored.firstPart === firstPart;
}
