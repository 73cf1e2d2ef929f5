import type { CarrierEvent } from '@waybill/carrier/feed/carrier-event.ts';
import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { cleanShares, type FeedElement, simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { type ExpectedParcel, expectedParcels } from '@waybill/local/outcome/oracle.ts';

/** A feed that is the same for every run. It is made once, before anything is measured. */
export type BenchFeed = {
  readonly events: number;
  /** Parcel and id of each event, in the order of the feed. */
  readonly order: readonly { readonly parcelId: number; readonly lastEventId: number }[];
  /** What every parcel must be in the end. */
  readonly expected: ReadonlyMap<number, ExpectedParcel>;
  /** A feed that shows nothing yet; `append` makes events appear. */
  hold(): WatchedFeed;
};

export function benchFeed(options: {
  readonly events: number;
  readonly seed: number;
  readonly activeParcels: number;
}): BenchFeed {
  const { seed, activeParcels } = options;
  const elements: FeedElement[] = simulateFeed({ seed, activeParcels, shares: cleanShares })
    .take(options.events)
    .toArray();
  // The feed is clean: its elements are the carrier's events.
  const scans: CarrierEvent[] = elements.map(({ json }) => JSON.parse(json));
  return {
    events: elements.length,
    order: scans.map(({ ParcelId, EventId }) => ({ parcelId: ParcelId, lastEventId: EventId })),
    expected: expectedParcels(scans),
    hold: () => new WatchedFeed(elements.values(), 0),
  };
}

/** Remembers when it was first read with events in it: from then on a pipeline's time is measured. */
export class WatchedFeed extends HeldFeed {
  readonly #first = Promise.withResolvers<number>();

  /** Monotonic milliseconds of the first request that found something. */
  get firstReadAt(): Promise<number> {
    return this.#first.promise;
  }

  override read(from: number, limit: number): number[] {
    const now = performance.now();
    const found = super.read(from, limit);
    if (found.length > 0) this.#first.resolve(now);
    return found;
  }
}
