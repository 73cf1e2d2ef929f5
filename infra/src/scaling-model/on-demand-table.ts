import type { OnDemand } from './setting.ts';

/** Minutes within which an on-demand table takes no more than twice its former peak. */
const doublingMinutes = 30;

/** What an on-demand table takes: at first what is warm, then twice what it took half an hour ago or before. */
export class OnDemandTable {
  readonly #table: OnDemand | undefined;
  #peakUnits = 0;
  /** Messages per second that the table takes. */
  #takes = Number.POSITIVE_INFINITY;

  /** Without a table there is enough throughput. */
  constructor(table: OnDemand | undefined) {
    this.#table = table;
    if (table) this.#takes = table.warm / table.unitsPerMessage;
  }

  get takes(): number {
    return this.#takes;
  }

  /** Grows by the messages stored in each minute so far. */
  growAfter(storedByMinute: readonly number[]): void {
    if (!this.#table) return;
    const { unitsPerMessage, warm, quota } = this.#table;
    const then = storedByMinute[storedByMinute.length - doublingMinutes] ?? 0;
    this.#peakUnits = Math.max(this.#peakUnits, (then / 60) * unitsPerMessage);
    this.#takes = Math.min(quota, Math.max(warm, 2 * this.#peakUnits)) / unitsPerMessage;
  }
}
