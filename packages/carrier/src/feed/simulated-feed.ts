import { type BadElementKind, badElement, badElementKinds } from './bad-elements.ts';
import { carrierEvent, corrected, odd } from './carrier-event.ts';
import type { CarrierRelease } from './carrier-release.ts';
import { fewestStatuses, type Journey, newJourney, type PlannedScan } from './parcel-journey.ts';
import { deckOf, type Random, randomOf } from './random.ts';

/** One element of the simulated carrier's feed. */
export type FeedElement = {
  /** Where it stands in the feed. Its EventId, except for elements whose EventId is missing, unusable or wild. */
  readonly position: number;
  /** As it stands in an answer. */
  readonly json: string;
  /** What is wrong with it; a reader must reject it. */
  readonly bad?: BadElementKind;
  /** Late: it can be read only after this many answers beyond it have been served. */
  readonly lateBy?: number;
  /** Its EventId is millions above its position, as a corrupt one is. It is a valid event all the same. */
  readonly wild?: true;
  /** Another content under the EventId of the element before it. */
  readonly twin?: true;
};

/** How often something out of the ordinary happens, as shares of all elements. 0 switches it off. */
export type FeedShares = {
  /** Ids left out before an element. */
  readonly gaps: number;
  readonly late: number;
  readonly bad: number;
  /** Two contents under one EventId. */
  readonly twins: number;
  readonly wild: number;
  /** Null or missing optional fields, odd fraction digits, no zone, characters of other scripts, surplus fields. */
  readonly odd: number;
};

const realisticShares: FeedShares = {
  gaps: 0.02,
  late: 0.0005,
  bad: 0.002,
  twins: 0.0005,
  wild: 0.0001,
  odd: 0.1,
};

/** Nothing but well-formed events: for measuring speed. */
export const cleanShares: FeedShares = { gaps: 0, late: 0, bad: 0, twins: 0, wild: 0, odd: 0 };

export type FeedOptions = {
  /** Everything follows from it. */
  readonly seed: number;
  readonly shares?: Partial<FeedShares>;
  /** Older events have disappeared already. */
  readonly firstEventId?: number;
  /** Parcels under way at once; each is scanned again after about as many events of others. */
  readonly activeParcels?: number;
  /** STATUS scans of the shortest journey. */
  readonly fewestStatuses?: number;
  /** By default an evening of 2021, so that a seed alone gives the same bytes. */
  readonly instantOf?: InstantOf;
  /** Elements from this one on, from 0, are malformed a tenth as often: a few in an hour at a live feed's pace. By default none. */
  readonly calmFrom?: number;
  /** By default one that is never broken. */
  readonly release?: CarrierRelease;
};

/** When the `count`-th scan, from 0, is reported: milliseconds since 1970. */
export type InstantOf = (count: number) => number;

/** Nothing wild so early: a reader without a position has to believe the first id it sees. */
const quietStart = 1_000;
/** No two wild ids in one page: the higher would vouch for the lower. */
const betweenWild = 12_000;
/** Share of scans that follow another of the same parcel within some {@link recent} events, as on one conveyor belt. */
const burstShare = 0.15;
const recent = 40;
const firstInstantMs = Date.UTC(2021, 4, 11, 21, 11, 34);
/** Half a million scans a day. */
const betweenScansMs = 170;

/**
 * The times of a feed of these days: the last of its first `elements` scans is reported at `endMs`.
 *
 * @param thenEachMs milliseconds between further scans
 */
export function instantsUpTo(endMs: number, elements: number, thenEachMs = betweenScansMs): InstantOf {
  return (count) => {
    const beyond = count - (elements - 1);
    return endMs + beyond * (beyond < 0 ? betweenScansMs : thenEachMs);
  };
}

/**
 * The feed without end, in the order of positions. Pure, but for a release that is broken in the middle: the same options give
 * the same elements.
 */
export function* simulateFeed(options: FeedOptions): Generator<FeedElement, never> {
  const shares = { ...realisticShares, ...options.shares };
  const { calmFrom = Number.POSITIVE_INFINITY } = options;
  const random = randomOf(options.seed, 'feed');
  const nextBad = deckOf(badElementKinds, randomOf(options.seed, 'bad elements'));
  const instantOf = options.instantOf ?? ((count) => firstInstantMs + count * betweenScansMs);
  const nextScan = scansUnderWay(options.activeParcels ?? 2_000, options.fewestStatuses ?? fewestStatuses, random);
  let position = (options.firstEventId ?? 83_269) - 1;
  let quietUntil = quietStart;
  for (let count = 0; ; count++) {
    for (let again = options.release?.sentAgain(); again; again = options.release?.sentAgain()) {
      position += 1;
      yield { position, json: JSON.stringify({ ...again, EventId: position }) };
    }
    position += 1 + (random.chance(shares.gaps) ? gapLength(random) : 0);
    const { scan, journey } = nextScan();
    const atMs = instantOf(count);
    const event = carrierEvent(position, scan, journey, atMs, random);
    const spoiled = options.release?.spoil(event);
    if (spoiled !== undefined) {
      yield { position, json: spoiled, bad: 'dateMonthFirst' };
    } else if (random.chance(count < calmFrom ? shares.bad : shares.bad / 10)) {
      const bad = nextBad();
      yield { position, json: badElement(bad, event), bad };
    } else if (random.chance(shares.late)) {
      yield { position, json: JSON.stringify(event), lateBy: 1 + random.below(5) };
    } else if (count >= quietUntil && random.chance(shares.wild)) {
      quietUntil = count + betweenWild;
      const EventId = position + 5_000_000 + random.below(1_000_000_000);
      yield { position, json: JSON.stringify({ ...event, EventId }), wild: true };
    } else {
      yield { position, json: JSON.stringify(random.chance(shares.odd) ? odd(event, random) : event) };
      if (random.chance(shares.twins))
        yield { position, json: JSON.stringify(corrected(event, atMs, random)), twin: true };
    }
  }
}

/** Mostly the few ids of a transaction rolled back, now and then those of a whole lost batch. */
function gapLength(random: Random): number {
  return random.chance(0.01) ? 500 + random.below(3_000) : 1 + random.below(5);
}

function scansUnderWay(
  activeParcels: number,
  fewest: number,
  random: Random,
): () => { scan: PlannedScan; journey: Journey } {
  let started = 0;
  const next = () => newJourney(started++, random, fewest);
  const underWay = Array.from({ length: activeParcels }, next);
  const lastPlaces: number[] = [];
  let scans = 0;
  return () => {
    const again = random.chance(burstShare) ? lastPlaces[random.below(recent)] : undefined;
    const place = again ?? random.below(activeParcels);
    lastPlaces[scans++ % recent] = place;
    for (;;) {
      const journey = underWay[place] ?? next();
      const scan = journey.ahead.shift();
      if (scan) return { scan, journey };
      underWay[place] = next();
    }
  };
}
