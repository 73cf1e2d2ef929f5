import type { Provisioned } from './setting.ts';

/** Seconds of units that were not used, which DynamoDB keeps for bursts (developer guide, "Burst and adaptive capacity"). */
const burstSeconds = 300;

/** Minutes above the target after which units are added ("Provisioned capacity mode": two consecutive ones). */
const highMinutes = 2;
/** Minutes below the target after which units are taken away, and how far below, as of any target tracking. */
const lowMinutes = 15;
const lowShare = 0.9;

/** Minutes until scaling sees a minute: CloudWatch publishes it, and its alarm acts "with a short delay of up to a few minutes". */
const lagMinutes = 2;

/** Decreases of a UTC day that are always allowed; after them one per hour ("Quotas"). */
const freeDecreases = 4;
const decreaseEveryMinutes = 60;

/**
 * A table with provisioned write units that scaling changes by what is used. Throttled writes are not in that metric: while
 * the table is throttled it shows all units in use, so that each step adds what is missing to the target: at 70 %, two fifths.
 */
export class ProvisionedTable {
  readonly #table: Provisioned;
  readonly #usedByMinute: number[] = [];
  #units: number;
  #unusedUnits = 0;
  #usedInMinute = 0;
  #decreasesToday = 0;
  #lastDecrease = Number.NEGATIVE_INFINITY;

  constructor(table: Provisioned) {
    this.#table = table;
    this.#units = table.units.initial;
  }

  /** Write units per second that are provisioned, and paid. */
  get units(): number {
    return this.#units;
  }

  /** Messages per second that it takes, evenly, for the next seconds. */
  takesFor(seconds: number): number {
    return (this.#units + this.#unusedUnits / seconds) / this.#table.unitsPerMessage;
  }

  /** Counts the messages that were stored in the seconds that have passed. */
  passed(seconds: number, stored: number): void {
    const used = stored * this.#table.unitsPerMessage;
    this.#usedInMinute += used;
    const unused = this.#unusedUnits + this.#units * seconds - used;
    this.#unusedUnits = Math.max(0, Math.min(burstSeconds * this.#units, unused));
  }

  /** Scales at the end of a minute, the `minute`th of the first day. */
  endMinute(minute: number): void {
    this.#usedByMinute.push(this.#usedInMinute / 60);
    this.#usedInMinute = 0;
    if (minute % (24 * 60) === 0) this.#decreasesToday = 0;
    const { target, units } = this.#table;
    const seen = this.#usedByMinute.slice(0, this.#usedByMinute.length - lagMinutes + 1);
    const wanted = (used: number) => Math.min(units.max, Math.max(units.min, Math.ceil((used * 100) / target)));
    const content = (this.#units * target) / 100;
    const newest = seen.at(-1) ?? 0;
    if (allOf(seen, highMinutes, (used) => used > content)) this.#units = Math.max(this.#units, wanted(newest));
    else if (allOf(seen, lowMinutes, (used) => used < lowShare * content)) this.#decrease(wanted(newest), minute);
  }

  #decrease(wanted: number, minute: number): void {
    const isAllowed = this.#decreasesToday < freeDecreases || minute - this.#lastDecrease >= decreaseEveryMinutes;
    if (wanted >= this.#units || !isAllowed) return;
    this.#units = wanted;
    this.#decreasesToday += 1;
    this.#lastDecrease = minute;
  }
}

function allOf(minutes: readonly number[], count: number, holds: (used: number) => boolean): boolean {
  const last = minutes.slice(-count);
  return last.length === count && last.every(holds);
}
