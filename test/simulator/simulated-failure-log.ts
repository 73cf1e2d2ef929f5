import type { Failure, FailureLog } from '@waybill/consumer/failures/failure-log.ts';
import type { FaultLayer } from './faults.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export type FailureRecord = {
  readonly failureId: string;
  readonly reason: string;
  readonly body: string;
  readonly parcelId: number | undefined;
  readonly attempts: number;
  readonly resolved: boolean;
};

/** The failures table as {@link FailureLog} describes it. */
export class SimulatedFailureLog {
  readonly records = new Map<string, FailureRecord>();
  readonly #faults: FaultLayer;
  readonly #recorded: (failure: Failure) => void;

  constructor(faults: FaultLayer, recorded: (failure: Failure) => void = () => undefined) {
    this.#faults = faults;
    this.#recorded = recorded;
  }

  openFor(process: SimulatedProcess): FailureLog {
    const call = (operation: string, effect: () => void) =>
      this.#faults.call(process, { engine: 'dynamodb', operation }, effect);
    return {
      record: (failure) => call(`record ${failure.failureId} ${failure.reason}`, () => this.#record(failure)),
      recordInterruption: (failure) =>
        call(`record interruption ${failure.failureId}`, () => {
          const known = this.records.get(failure.failureId);
          if (known && !known.resolved && known.reason !== 'REPEATEDLY_INTERRUPTED') return;
          this.#record(failure);
        }),
      removeInterruption: (failureId) =>
        call(`remove interruption ${failureId}`, () => {
          if (this.records.get(failureId)?.reason === 'REPEATEDLY_INTERRUPTED') this.records.delete(failureId);
        }),
      resolve: (failureId) =>
        call(`resolve ${failureId}`, () => {
          const known = this.records.get(failureId);
          if (known) this.records.set(failureId, { ...known, resolved: true });
        }),
    };
  }

  #record(failure: Failure): void {
    this.#recorded(failure);
    const { failureId, reason, body, parcelId } = failure;
    const known = this.records.get(failureId);
    const attempts = (known?.attempts ?? 0) + 1;
    const parcel = { parcelId: parcelId ?? known?.parcelId };
    this.records.set(failureId, { failureId, reason, body, ...parcel, attempts, resolved: false });
  }
}
