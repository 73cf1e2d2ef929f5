import { shownNumber } from '@waybill/shared/counted.ts';

/** Milliseconds over which a rate is measured at least. */
const overMs = 3_000;

type Reading = { readonly at: number; readonly count: number };

/** How fast a count grows, by readings of it that may lie far apart: a busy machine reads seldom. */
export class RecentRate {
  #readings: readonly Reading[] = [];

  /**
   * Takes a reading, and returns the growth per second since the last one that is old enough; since the first where none is.
   * A count that goes back, as after a restart, is measured anew.
   */
  rateAt(at: number, count: number): number {
    const known = this.#readings.filter((reading) => reading.count <= count);
    const old = known.findLastIndex((reading) => at - reading.at >= overMs);
    this.#readings = [...known.slice(Math.max(0, old)), { at, count }];
    const [since = { at, count }] = this.#readings;
    return since.at < at ? ((count - since.count) / (at - since.at)) * 1_000 : 0;
  }
}

/** `807/s`, and `0.2/s` where it is slow: what goes on is never 0. */
export function shownRate(perSecond: number): string {
  if (perSecond === 0 || perSecond >= 10) return `${shownNumber(perSecond)}/s`;
  return perSecond < 0.1 ? 'under 0.1/s' : `${perSecond.toFixed(1)}/s`;
}
