import type { BatchRecord, BatchStore, KeyRecord } from '@waybill/api/ingestion/batch-store.ts';
import type { BatchLedger } from '@waybill/shared/batches/batch-ledger.ts';
import type { FaultLayer } from './faults.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export type SimulatedBatch = BatchRecord & {
  readonly state: 'sending' | 'sent';
  readonly pending: ReadonlySet<number>;
  readonly failed: ReadonlySet<string>;
};

/** The batches table as {@link BatchStore} and {@link BatchLedger} describe it: what the API writes of it, and the processor. */
export class SimulatedBatches {
  readonly batches = new Map<string, SimulatedBatch>();
  readonly #keys = new Map<string, KeyRecord>();
  readonly #faults: FaultLayer;
  readonly #written: (batch: SimulatedBatch, by: SimulatedProcess) => void;
  readonly #count: (fact: string) => void;

  constructor(options: {
    readonly faults: FaultLayer;
    /** Called after each write of a batch. */
    readonly written: (batch: SimulatedBatch, by: SimulatedProcess) => void;
    readonly count: (fact: string) => void;
  }) {
    this.#faults = options.faults;
    this.#written = options.written;
    this.#count = options.count;
  }

  /** For a process of the API. An aborted call rejects at once, and is done all the same or not. */
  storeFor(process: SimulatedProcess): BatchStore {
    const call = <T>(operation: string, signal: AbortSignal, effect: () => T) =>
      unlessAborted(this.#faults.call(process, { engine: 'dynamodb', operation }, effect), signal);
    const write = (batch: SimulatedBatch) => this.#write(batch, process);
    return {
      readKey: (keyId, signal) => call('read key', signal, () => this.#keys.get(keyId)),
      putKey: (next, seen, signal) =>
        call('put key', signal, () => {
          if (this.#keys.get(next.keyId)?.claimId !== seen?.claimId) return false;
          if (seen) this.#count('keys taken over');
          this.#keys.set(next.keyId, next);
          return true;
        }),
      readBatch: (batchId, signal) => call('read batch', signal, () => this.batches.get(batchId)),
      putBatch: (batch, signal) =>
        call('put batch', signal, () => {
          if (this.batches.has(batch.batchId)) return false;
          write({ ...batch, state: 'sending', pending: partsOf(batch), failed: new Set() });
          return true;
        }),
      repack: (batch, seen, signal) =>
        call('repack batch', signal, () => {
          const stored = this.batches.get(batch.batchId);
          if (stored?.state !== 'sending' || !hasPacks(stored, seen)) return false;
          this.#count('batches packed anew');
          const { createdAtMs, failed } = stored;
          write({ ...batch, createdAtMs, state: 'sending', pending: partsOf(batch), failed });
          return true;
        }),
      markSent: (batch, signal) =>
        call('mark batch', signal, () => {
          const stored = this.batches.get(batch.batchId);
          if (stored?.state !== 'sending' || !hasPacks(stored, batch)) return false;
          write({ ...stored, state: 'sent' });
          return true;
        }),
    };
  }

  ledgerFor(process: SimulatedProcess): BatchLedger {
    const call = <T>(operation: string, effect: () => T) =>
      this.#faults.call(process, { engine: 'dynamodb', operation }, effect);
    const update = (batchId: string, change: (batch: SimulatedBatch) => Partial<SimulatedBatch> | undefined) => {
      const stored = this.batches.get(batchId);
      const changed = stored && change(stored);
      if (stored && changed) this.#write({ ...stored, ...changed }, process);
      return changed !== undefined;
    };
    return {
      settle: ({ batchId, part, failureId }) =>
        call(`settle ${batchId} ${part ?? ''} ${failureId ?? ''}`, () => {
          const wasWaiting = update(batchId, ({ pending, failed }) => {
            const isPending = part !== undefined && pending.has(part);
            const isFailed = failureId !== undefined && failed.has(failureId);
            if (isFailed) this.#count('failures of a batch cured');
            if (!isPending && !isFailed) return undefined;
            return { pending: without(pending, [part]), failed: without(failed, [failureId]) };
          });
          if (!wasWaiting) this.#count('parts settled before');
          return wasWaiting;
        }),
      fail: ({ batchId, part, failureIds }) =>
        call(`fail ${batchId} ${part ?? ''} ${failureIds.join(' ')}`, () => {
          this.#count('failures of a batch');
          update(batchId, ({ pending, failed }) => ({
            pending: without(pending, [part]),
            failed: new Set([...failed, ...failureIds]),
          }));
          return new Set(part === undefined ? [] : this.batches.get(batchId)?.failed);
        }),
      cure: (batchId, failureIds) =>
        call(`cure ${batchId}`, () => {
          const { failed = new Set<string>() } = this.batches.get(batchId) ?? {};
          const cured = failureIds.filter((failureId) => failed.has(failureId));
          if (cured.length > 0) this.#count('failures of a batch taken back');
          update(batchId, () => (failed.size > 0 ? { failed: without(failed, failureIds) } : undefined));
          return cured;
        }),
    };
  }

  #write(batch: SimulatedBatch, by: SimulatedProcess): void {
    this.batches.set(batch.batchId, batch);
    this.#written(batch, by);
  }
}

function without<T>(set: ReadonlySet<T>, entries: readonly (T | undefined)[]): ReadonlySet<T> {
  return new Set([...set].filter((entry) => !entries.includes(entry)));
}

function partsOf({ firstPart, packs }: BatchRecord): ReadonlySet<number> {
  return new Set(Array.from({ length: packs }, (_, index) => firstPart + index));
}

export function unlessAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function hasPacks(
  stored: Pick<BatchRecord, 'packing' | 'firstPart'>,
  { packing, firstPart }: Pick<BatchRecord, 'packing' | 'firstPart'>,
): boolean {
  return stored.packing === packing && stored.firstPart === firstPart;
}
