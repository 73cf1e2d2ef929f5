import { badElement } from './bad-elements.ts';
import type { CarrierEvent } from './carrier-event.ts';

/** One in so many scans of a broken release is malformed: enough to be seen at once, too few to hide the others. */
const everySpoiled = 10;

/**
 * The release that the carrier's software is at. While it is broken, some of its scans carry a date with the month first, which
 * no reader may guess. Once it is fixed, the carrier sends these scans again: well-formed, and under new ids at the feed's end.
 */
export class CarrierRelease {
  #isBroken = false;
  #scans = 0;
  #spoiled = 0;
  readonly #owed: CarrierEvent[] = [];

  /** Malformed scans so far, and those of them that are not sent again yet. */
  get counts(): { readonly spoiled: number; readonly owed: number } {
    return { spoiled: this.#spoiled, owed: this.#owed.length };
  }

  break(): void {
    this.#isBroken = true;
  }

  fix(): void {
    this.#isBroken = false;
  }

  /** The JSON of this scan where the release writes it malformed. The scan is owed from then on. */
  spoil(event: CarrierEvent): string | undefined {
    if (!this.#isBroken || this.#scans++ % everySpoiled !== 0) return undefined;
    this.#spoiled += 1;
    this.#owed.push(event);
    return badElement('dateMonthFirst', event);
  }

  /** A scan that is sent again now; undefined while the release is broken, and when nothing is owed. */
  sentAgain(): CarrierEvent | undefined {
    return this.#isBroken ? undefined : this.#owed.shift();
  }
}
