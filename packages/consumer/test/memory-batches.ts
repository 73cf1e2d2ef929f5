import type { BatchLedger } from '@waybill/shared/batches/batch-ledger.ts';
import type { Journal } from './journal.ts';

export type MemoryBatch = { readonly pending: Set<number>; readonly failed: Set<string> };
export type BatchOperation = keyof BatchLedger;

/** The batches table as {@link BatchLedger} describes it. */
export class MemoryBatches implements BatchLedger {
  readonly batches = new Map<string, MemoryBatch>();
  /** Called before each operation: throws in place of it, or waits. */
  before: (operation: BatchOperation, batchId: string) => Promise<void> | void = () => undefined;
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** A batch of so many parts, none of them settled. */
  add(batchId: string, parts: number): MemoryBatch {
    const batch = { pending: new Set(Array.from({ length: parts }, (_, part) => part)), failed: new Set<string>() };
    this.batches.set(batchId, batch);
    return batch;
  }

  readonly settle: BatchLedger['settle'] = async ({ batchId, part, failureId }) => {
    await this.before('settle', batchId);
    const batch = this.batches.get(batchId);
    const wasPending = part !== undefined && batch?.pending.delete(part) === true;
    const wasFailed = failureId !== undefined && batch?.failed.delete(failureId) === true;
    this.#journal.add(`batch ${batchId}: settle ${part ?? '-'} ${failureId ?? '-'}`);
    return wasPending || wasFailed;
  };

  readonly fail: BatchLedger['fail'] = async ({ batchId, part, failureIds }) => {
    await this.before('fail', batchId);
    const batch = this.batches.get(batchId);
    if (part !== undefined) batch?.pending.delete(part);
    for (const failureId of failureIds) batch?.failed.add(failureId);
    this.#journal.add(`batch ${batchId}: fail ${part ?? '-'} ${failureIds.join(' ')}`);
    return new Set(part === undefined ? [] : batch?.failed);
  };

  readonly cure: BatchLedger['cure'] = async (batchId, failureIds) => {
    await this.before('cure', batchId);
    this.#journal.add(`batch ${batchId}: cure`);
    return failureIds.filter((failureId) => this.batches.get(batchId)?.failed.delete(failureId));
  };
}
