import { type Failure, type FailureLog, interrupted } from '../src/failures/failure-log.ts';
import type { Journal } from './journal.ts';

export type FailureRecord = Failure & { readonly attempts: number; readonly resolved: boolean };
export type FailureOperation = keyof FailureLog;

/** The failures table as {@link FailureLog} describes it. */
export class MemoryFailures implements FailureLog {
  readonly records = new Map<string, FailureRecord>();
  /** Called before each operation: throws in place of it, or waits. */
  before: (operation: FailureOperation, failureId: string) => Promise<void> | void = () => undefined;
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  readonly record = async (failure: Failure): Promise<void> => {
    await this.before('record', failure.failureId);
    this.#write(failure);
  };

  readonly recordInterruption = async (failure: Failure): Promise<void> => {
    await this.before('recordInterruption', failure.failureId);
    const known = this.records.get(failure.failureId);
    if (known && !known.resolved && known.reason !== failure.reason) return;
    this.#write(failure);
  };

  readonly removeInterruption = async (failureId: string): Promise<void> => {
    await this.before('removeInterruption', failureId);
    if (this.records.get(failureId)?.reason !== interrupted) return;
    this.records.delete(failureId);
    this.#journal.add(`removed ${failureId}`);
  };

  readonly resolve = async (failureId: string): Promise<void> => {
    await this.before('resolve', failureId);
    const known = this.records.get(failureId);
    if (!known || known.resolved) return;
    this.records.set(failureId, { ...known, resolved: true });
    this.#journal.add(`resolved ${failureId}`);
  };

  #write({ failureId, reason, detail, body, parcelId, traceId = this.records.get(failureId)?.traceId }: Failure): void {
    const known = this.records.get(failureId);
    const attempts = (known?.attempts ?? 0) + 1;
    const parcel = { parcelId: parcelId ?? known?.parcelId };
    const trace = traceId === undefined ? {} : { traceId };
    this.records.set(failureId, { failureId, reason, detail, body, ...parcel, ...trace, attempts, resolved: false });
    this.#journal.add(`recorded ${failureId} ${reason}`);
  }
}
