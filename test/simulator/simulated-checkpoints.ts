import type { CheckpointStore, StoredCheckpoint } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import { decodeGaps } from '@waybill/shared/checkpoint/stored-gaps.ts';
import type { FaultLayer } from './faults.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Witness } from './witness.ts';

/** The checkpoint of one feed with the conditions of {@link CheckpointStore}. */
export class SimulatedCheckpoints {
  #item: StoredCheckpoint | undefined;
  readonly #faults: FaultLayer;
  readonly #witness: Witness;

  constructor(options: { readonly faults: FaultLayer; readonly witness: Witness }) {
    this.#faults = options.faults;
    this.#witness = options.witness;
  }

  get item(): StoredCheckpoint | undefined {
    return this.#item;
  }

  openFor(process: SimulatedProcess): CheckpointStore {
    const call = <T>(operation: string, effect: () => T) =>
      this.#faults.call(process, { engine: 'dynamodb', operation }, effect);
    return {
      read: () => call('read checkpoint', () => this.#item),
      acquire: (seen, holder) =>
        call(`acquire over token ${seen?.token}`, () => {
          const { lastEventId, token = 0, counter = 0 } = this.#item ?? {};
          if (this.#item?.token !== seen?.token || this.#item?.counter !== seen?.counter) return 'outrun';
          this.#item = { ...this.#item, lastEventId, token: token + 1, counter: counter + 1, holder };
          this.#witness.leaseTaken(process, token + 1);
          if (holdsMarks(this.#item.openGaps)) this.#witness.count('marks of a sparse feed taken over');
          return 'acquired';
        }),
      renew: ({ token, holder }, lastEventId, completeness, progress) =>
        call(`renew token ${token}, position ${lastEventId}, gaps ${completeness?.openGaps}`, () => {
          const item = this.#item;
          if (!item || item.token !== token || item.holder !== holder) return 'fenced';
          if (lastEventId !== undefined && lastEventId < (item.lastEventId ?? 0)) return 'fenced';
          const openGaps = completeness ? completeness.openGaps : item.openGaps;
          this.#witness.checkpointWritten(process, item, { token, lastEventId, openGaps });
          if (completeness?.openGaps !== undefined) this.#witness.count('gap ledgers written');
          if (holdsMarks(completeness?.openGaps)) this.#witness.count('marks of a sparse feed written');
          this.#item = {
            ...item,
            counter: item.counter + 1,
            lastEventId: lastEventId ?? item.lastEventId,
            ...completeness,
            ...progress,
          };
          this.#witness.watermarkWritten(process, this.#item);
          return 'renewed';
        }),
      release: ({ token, holder }) =>
        call(`release token ${token}`, () => {
          if (this.#item?.token !== token || this.#item.holder !== holder) return;
          this.#item = { ...this.#item, counter: this.#item.counter + 1, holder: undefined };
        }),
    };
  }

  /** What the runbook's reset does: another position, no holder, no watermark until the next one writes it, and a token that stops whoever runs. */
  reset(lastEventId: number): void {
    if (!this.#item) return;
    const { token, counter, openGaps } = this.#item;
    this.#item = { lastEventId, token: token + 1, counter: counter + 1, holder: undefined, openGaps };
    this.#witness.checkpointReset(this.#item);
  }
}

function holdsMarks(openGaps: string | undefined): boolean {
  return (
    openGaps !== undefined && (decodeGaps(openGaps, Number.MAX_SAFE_INTEGER, 0) ?? []).some(({ isMark }) => isMark)
  );
}
