import { repairParcel } from '@waybill/operations/parcels/repair-parcel.ts';
import { announceAttribute, announceNever } from '@waybill/shared/queue/message-attributes.ts';
import type { Chance } from './chance.ts';
import type { ParcelJudge } from './parcel-judge.ts';
import type { Repair } from './plan.ts';
import type { SimulatedParcelTable } from './simulated-parcel-table.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

export type RepairsOptions = {
  readonly chance: Chance;
  readonly time: VirtualTime;
  readonly table: SimulatedParcelTable;
  readonly judge: ParcelJudge;
  /** Puts a message on the queue, with these attributes. */
  readonly put: (body: string, attributes: Readonly<Record<string, string>>) => void;
  readonly trace: (line: () => string) => void;
  readonly count: (fact: string) => void;
};

/** Milliseconds after which an operator tries again what has failed. */
const retryMs = 1_000;
/** Milliseconds after which somebody looks whether it is stuck. */
const lookMs = 50_000;

/** An operator who removes events of parcels, while processors write, and the events come again. */
export class Repairs {
  readonly #options: RepairsOptions;
  #lives = 0;
  #underWay = 0;

  constructor(options: RepairsOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay;
  }

  begin({ events, againAfterMs }: Repair): void {
    const { chance, time, judge, table, put, trace, count } = this.#options;
    const [parcel] = chance.shuffled([...judge.parcels].filter(([parcelId]) => table.parcels.has(parcelId)));
    if (!parcel) return;
    const [parcelId, known] = parcel;
    // What pins a parcel is most often its latest scan; what is removed may be on its way.
    const ofLatest = known.filter(({ eventId }) => eventId === table.parcels.get(parcelId)?.state.latest.eventId);
    const others = chance.shuffled(known);
    const ids = [...(chance.happens(0.5) ? ofLatest : []), ...others].slice(0, events).map(({ eventId }) => eventId);
    const removed = known.filter(({ eventId }) => ids.includes(eventId));
    trace(() => `an operator removes ${ids.join(', ')} of parcel ${parcelId}`);
    this.#repair(parcelId, ids);
    for (const afterMs of againAfterMs)
      time.after(afterMs, () => {
        count('removed events put again');
        // As a replay does.
        put(JSON.stringify({ version: 1, events: removed }), { [announceAttribute]: announceNever });
      });
    // A replay that is yet to come is something that has yet to happen.
    this.#underWay += 1;
    time.after(Math.max(...againAfterMs), () => {
      this.#underWay -= 1;
    });
  }

  /** As often as it takes: an operator's process that is stuck is killed, and the next one begins anew. */
  #repair(parcelId: number, ids: readonly number[]): void {
    const { time } = this.#options;
    this.#lives += 1;
    const operator = new SimulatedProcess(`operator ${this.#lives}`, time, { wallOffsetMs: 0, drift: 0 });
    let isDone = false;
    void this.#untilDone(operator, parcelId, ids).then(() => {
      isDone = true;
      this.#underWay -= 1;
    });
    const look = () => {
      if (isDone) return;
      if (operator.alive) time.after(lookMs, look);
      else {
        this.#underWay -= 1;
        this.#repair(parcelId, ids);
      }
    };
    this.#underWay += 1;
    time.after(lookMs, look);
  }

  async #untilDone(operator: SimulatedProcess, parcelId: number, ids: readonly number[]): Promise<void> {
    const { table, judge, count } = this.#options;
    const parcels = table.openFor(operator, 1);
    for (;;) {
      try {
        const { outcome } = await repairParcel(parcels, parcelId, ids);
        count(`repairs, ${outcome}`);
        if (outcome === 'repaired' || outcome === 'unchanged') judge.removed(parcelId, ids);
        if (outcome !== 'contended') return;
      } catch {
        await operator.clock.sleep(retryMs, new AbortController().signal);
      }
    }
  }
}
