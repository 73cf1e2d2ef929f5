import type { PollerSettings } from '@waybill/poller/settings.ts';
import type { ProcessorSettings } from '@waybill/processor/processor.ts';
import { type Chance, chanceOf } from './chance.ts';
import type { CrashPoint, Engine, FaultPlan, Outage, Rates } from './faults.ts';
import type { FeedPlan } from './simulated-feed.ts';
import type { ParcelTablePlan, ThrottledPartition } from './simulated-parcel-table.ts';
import type { ClockFaults } from './simulated-process.ts';
import type { QueuePlan } from './simulated-queue.ts';

export type Kind = 'poller' | 'processor' | 'api' | 'notifier';

/** Something that is done to a process, or by somebody else, at an instant. */
export type Incident =
  | { readonly what: 'stop'; readonly kind: Kind; readonly index: number; readonly atMs: number }
  | { readonly what: 'crash'; readonly kind: Kind; readonly index: number; readonly atMs: number }
  | {
      readonly what: 'freeze';
      readonly kind: Kind;
      readonly index: number;
      readonly atMs: number;
      readonly forMs: number;
    }
  /** An operator's reset of the checkpoint, back to this share of the way. */
  | { readonly what: 'reset'; readonly share: number; readonly atMs: number }
  /** A message of somebody else's on the queue. */
  | { readonly what: 'put'; readonly content: Foreign; readonly atMs: number };

export type Foreign = 'garbage' | 'later version' | 'no events' | 'a bad event among good ones' | 'repeated events';

/** An operator removes events of one parcel; afterwards they are put on the queue again. */
export type Repair = { readonly atMs: number; readonly events: number; readonly againAfterMs: readonly number[] };

/** Everything that one seed decides. */
export type Plan = {
  readonly seed: number;
  readonly profile: string;
  readonly pollers: number;
  readonly processors: number;
  readonly poller: PollerSettings;
  /** Gaps that the ledger lists at most, where the feed has more than it lists. */
  readonly mostListedGaps: number | undefined;
  readonly pollerStopTimeoutMs: number;
  readonly processor: ProcessorSettings;
  readonly clocks: (kind: Kind, index: number) => ClockFaults;
  readonly feed: FeedPlan;
  readonly queue: QueuePlan;
  readonly parcelTable: ParcelTablePlan;
  /** Share of parcels of which an old release has left an item. */
  readonly oldParcels: number;
  /** Share of events that the store rejects until it is healed. */
  readonly rejected: number;
  readonly faults: FaultPlan;
  readonly incidents: readonly Incident[];
  readonly repairs: readonly Repair[];
  /** An outage is the worst of it: no crash, no poison. Then the DLQ must stay empty. */
  readonly onlyOutages: boolean;
};

/** What a seed's faults are about. Each is a swarm of its own: which faults it mixes, and how hard, is drawn. */
const profiles = [
  'calm',
  'store outage',
  'queue outage',
  'crashes',
  'poison',
  'leases',
  'stops',
  'stops',
  'partial failures',
  'everything',
  'everything',
  'catching up',
  'catching up',
] as const;
type Profile = (typeof profiles)[number];

/** Longer than any element is late: what turns up within it is passed on. */
export const leastPatienceMs = 20_000;
const mostLateMs = 15_000;

const noRates: Rates = { refused: 0, lost: 0, hung: 0, stuck: 0 };
const everyEngine = ['feed', 'sqs', 'dynamodb'] as const;

export function planOf(seed: number): Plan {
  const chance = chanceOf(seed, 'plan');
  const profile = chance.pick<Profile>(profiles);
  const isFarBehind = profile === 'catching up';
  /** Whether a kind of fault belongs to this seed: always where the profile is about it, else in some seeds of the mixed ones. */
  const has = (...about: Profile[]) =>
    about.includes(profile) ||
    (profile === 'everything' && chance.happens(0.45)) ||
    (isFarBehind && chance.happens(0.25));
  const faultsEndMs = chance.between(30_000, 90_000);
  const pollers = profile === 'leases' ? 2 : chance.between(1, 2);
  const processors = chance.between(1, 3);
  const visibilityTimeoutMs = chance.between(10, 30) * 1_000;
  const receiveWaitMs = chance.between(1, 20) * 1_000;
  const crashes = has('crashes');
  const poison = has('poison');
  const stuck = crashes && chance.happens(0.2) ? 0.002 : 0;
  const isRough = has('partial failures') || (profile === 'poison' && chance.happens(0.4));
  const rough = (): Rates => ({
    refused: chance.next() * 0.15,
    lost: chance.next() * 0.1,
    hung: chance.happens(0.3) ? chance.next() * 0.03 : 0,
    stuck,
  });
  const rates = isRough
    ? { feed: rough(), sqs: rough(), dynamodb: rough() }
    : { feed: noRates, sqs: { ...noRates, stuck }, dynamodb: { ...noRates, stuck } };
  const rounds = (crashes && chance.happens(0.3)) || (profile === 'stops' && chance.happens(0.7));
  // At least ten seconds more than a poll, as the configuration demands.
  const stopTimeoutMs = receiveWaitMs + chance.between(10, 30) * 1_000;
  const ordinaryOutages = outagesOf({
    chance,
    faultsEndMs,
    store: (has('store outage', 'crashes') && !rounds) || (profile === 'stops' && !rounds && chance.happens(0.5)),
    queue: has('queue outage'),
    throttling: has('partial failures'),
    names: namesOf(pollers, processors),
  });
  const lostReceives = processors === 1 ? lostReceivesOf(chanceOf(seed, 'lost receives'), profile) : undefined;
  const longOutage = rounds ? longOutageOf(chance) : undefined;
  const outages = longOutage ? [longOutage, ...ordinaryOutages] : ordinaryOutages;
  const trouble = longOutage && { chance, processors, outage: longOutage };
  const ordinaryFeed = isFarBehind ? longFeedOf(chance, faultsEndMs, has) : feedOf(chance, faultsEndMs, has);
  const sparse = lostReceives ? undefined : sparseOf(chanceOf(seed, 'sparse feed'), faultsEndMs, pollers, isFarBehind);
  const longTexts = chanceOf(seed, 'long texts');
  const feed = {
    ...withQuestions(ordinaryFeed, profile, chanceOf(seed, 'questions')),
    ...sparse?.feed,
    longTexts: longTexts.happens(0.3) ? longTexts.next() : 0,
  };
  const incidents = [
    ...(has('stops') ? stopsOf(chance, faultsEndMs, { pollers, processors }) : []),
    ...(crashes ? crashesOf(chance, faultsEndMs, { pollers, processors }) : []),
    ...(trouble && crashes ? roundsOf('crash', trouble, visibilityTimeoutMs + 12_000) : []),
    ...(trouble && !crashes ? roundsOf('stop', trouble, stopTimeoutMs * 0.6 + 9_000) : []),
    ...(has('leases') ? leaseTroubleOf(chance, faultsEndMs, { pollers, processors }) : []),
    ...(poison ? foreignersOf(chance, faultsEndMs) : []),
    ...(sparse?.incidents ?? []),
  ];
  const othersEndMs = Math.max(faultsEndMs, ...outages.map(({ toMs }) => toMs));
  const throttledPartition = isFarBehind
    ? throttledPartitionOf(
        chanceOf(seed, 'throttled partition'),
        isRough || stuck > 0 ? Number.POSITIVE_INFINITY : othersEndMs,
      )
    : undefined;
  return {
    seed,
    profile: lostReceives ? 'lost receives' : profile,
    pollers,
    processors,
    poller: {
      feed: 'scan-events',
      firstEventId: 1,
      limit: isFarBehind ? chance.between(3, 6) : chance.between(4, 25),
      requestsPerSecond: isFarBehind ? chance.between(20, 80) : chance.between(2, 20),
      requestTimeoutMs: 5_000,
      pollIntervalMs: chance.between(500, 4_000),
      leaseMs: chance.between(4_000, 15_000),
      messageMaxBytes: chance.between(1_024, 3_000),
      maxQueueMessages: chance.pick([0, 10, 50_000]),
      catchUpReaders: isFarBehind ? chance.between(2, 6) : chance.between(1, 6),
      gapPatienceMs: chance.pick([0, leastPatienceMs, 45_000]),
      ...sparse?.poller,
    },
    mostListedGaps: sparse?.mostListedGaps,
    pollerStopTimeoutMs: 40_000,
    processor: {
      // One, where a partition is throttled: its messages must fill the hand.
      receivers: throttledPartition ? 1 : chance.between(1, 4),
      receiveWaitMs,
      writeConcurrency: chance.between(1, 16),
      visibilityTimeoutMs,
      stopTimeoutMs,
    },
    clocks: (kind, index) => {
      const own = chanceOf(seed, `clock of ${kind} ${index}`);
      return { wallOffsetMs: own.between(-7_200_000, 7_200_000), drift: (own.next() - 0.5) / 2_000 };
    },
    feed,
    queue: {
      maxReceiveCount: 3,
      entryFailed: isRough ? chance.next() * 0.2 : 0,
      entryLost: isRough ? chance.next() * 0.1 : 0,
      duplicates: has('poison', 'partial failures', 'crashes') ? chance.next() * 0.2 : 0,
      ghosts: has('partial failures') ? chance.next() * 0.1 : 0,
      disorder: chance.happens(0.7) ? chance.next() : 0,
    },
    parcelTable: {
      ...parcelTableOf(chanceOf(seed, 'parcel table'), isRough),
      throttledPartition,
      historyEvents: releasesOf(chanceOf(seed, 'releases')),
    },
    oldParcels: oldParcelsOf(chanceOf(seed, 'old parcels')),
    rejected: poison ? chance.next() * 0.1 : 0,
    faults: {
      // A heartbeat must not be late through latency alone.
      latencyMs: {
        least: 1,
        most: isFarBehind ? chance.between(60, 160) : chance.between(5, 120),
        tail: chance.between(200, visibilityTimeoutMs * 0.08),
      },
      rates,
      outages,
      lostReceives,
      crashPoints: crashes ? crashPointsOf(chance) : [],
      faultsEndMs: Math.max(othersEndMs, throttledPartition?.toMs ?? 0, lostReceives?.toMs ?? 0),
    },
    incidents,
    repairs: lostReceives ? [] : repairsOf(chanceOf(seed, 'repairs'), faultsEndMs),
    onlyOutages: profile === 'calm' || profile === 'store outage' || profile === 'stops' || profile === 'queue outage',
  };
}

function parcelTableOf(chance: Chance, isRough: boolean): Omit<ParcelTablePlan, 'historyEvents'> {
  return {
    takesStatements: chance.happens(0.6),
    throttled: isRough ? chance.next() * 0.2 : 0,
    throttledPartition: undefined,
    cut: isRough ? chance.next() * 0.1 : 0,
    refusedWhole: chance.next(),
  };
}

/** Mostly one. While another one is being deployed, two have different bounds. */
function releasesOf(chance: Chance): ParcelTablePlan['historyEvents'] {
  const bound = () => chance.pick([0, 1, 2, 3, 5, 32, 32, 32]);
  return chance.happens(0.15) ? [bound(), bound()] : [bound()];
}

function oldParcelsOf(chance: Chance): number {
  return chance.happens(0.25) ? chance.next() : 0;
}

function repairsOf(chance: Chance, faultsEndMs: number): readonly Repair[] {
  if (chance.happens(0.7)) return [];
  return Array.from({ length: chance.between(1, 4) }, () => ({
    atMs: chance.between(5_000, faultsEndMs),
    events: chance.between(1, 2),
    againAfterMs: Array.from({ length: chance.between(1, 3) }, () => chance.between(1, 20_000)),
  }));
}

/** In half of the seeds that have the messages to fill a hand; up to ten minutes. */
function throttledPartitionOf(chance: Chance, othersEndMs: number): ThrottledPartition | undefined {
  if (chance.happens(0.5)) return undefined;
  const fromMs = chance.between(0, 2_000);
  const toMs = fromMs + chance.between(120, 600) * 1_000;
  return { digit: chance.between(0, 9), fromMs, toMs, othersAreWell: toMs >= othersEndMs + 120_000 };
}

type Fleet = { readonly pollers: number; readonly processors: number };

function feedOf(chance: Chance, faultsEndMs: number, has: (...about: Profile[]) => boolean): FeedPlan {
  const odd = has('poison', 'partial failures');
  const share = (most: number) => (chance.happens(0.6) ? chance.next() * most : 0);
  return {
    elements: chance.between(15, 90),
    parcels: chance.between(2, 25),
    firstEventId: chance.happens(0.5) ? 1 : chance.between(2, 900_000),
    grownMs: Math.round(faultsEndMs * chance.next() * 0.9) + 1,
    backlog: chance.next() * 0.9,
    gaps: share(0.2),
    late: share(0.1),
    mostLateMs,
    twins: share(0.1),
    invalid: odd ? share(0.1) : 0,
    unusable: odd ? share(0.25) : 0,
    hole: chance.happens(0.1),
    retention: false,
    dropsWithinMs: 12_000,
    loneJump: chance.happens(0.15),
    disorder: share(0.3),
    repeats: share(0.3),
    tooLarge: share(0.1),
    cap: chance.happens(0.2) ? chance.between(3, 12) : 1_000,
    loweredCap: undefined,
    spoilt: 0,
    longTexts: 0,
    refusesBeyond: undefined,
  };
}

/** What the feed does to the questions that a reader asks. Of a stream of its own, so that seeds keep their other faults. */
function withQuestions(feed: FeedPlan, profile: Profile, chance: Chance): FeedPlan {
  const isLong = profile === 'catching up';
  // A page that moves nothing and is shorter than pages were is taken for the end of the feed (record 85), and the search
  // beyond one does not narrow down (record 86).
  const mayLower = isLong && feed.unusable === 0 && !feed.hole && feed.cap > 2;
  const maySpoil = feed.unusable === 0 && (isLong || profile === 'poison' || profile === 'everything');
  return {
    ...feed,
    loweredCap: mayLower && chance.happens(0.35) ? { fromMs: chance.between(1_000, 8_000), cap: 2 } : undefined,
    spoilt: maySpoil && chance.happens(0.35) ? chance.next() * (isLong ? 0.01 : 0.06) : 0,
    refusesBeyond: chance.happens(0.25) ? chance.pick([400, 404, 416, 500]) : undefined,
  };
}

/**
 * In one seed of five the feed has more gaps than the ledger lists, many late events in them, and requests enough to ask
 * for each as long as its patience lasts: none may be missed, whoever takes over from whom.
 */
function sparseOf(chance: Chance, faultsEndMs: number, pollers: number, isFarBehind: boolean) {
  if (chance.happens(0.8)) return undefined;
  const grownMs = Math.round(faultsEndMs * (0.6 + chance.next() * 0.3));
  const endings = Array.from({ length: chance.between(0, 3) }, (): Incident => {
    const whom = { kind: 'poller', index: chance.between(1, pollers) } as const;
    return { what: chance.pick(['stop', 'crash']), ...whom, atMs: chance.between(5_000, grownMs) };
  });
  return {
    feed: {
      gaps: 0.3 + chance.next() * 0.7,
      late: 0.1 + chance.next() * 0.2,
      // Reading a stretch again does not pass a row that cannot be read (record 89).
      spoilt: 0,
      ...(!isFarBehind && { elements: chance.between(60, 240), grownMs, backlog: chance.next() * 0.3 }),
    },
    poller: {
      requestsPerSecond: chance.between(20, 40),
      gapPatienceMs: chance.pick([leastPatienceMs, 45_000]),
    },
    mostListedGaps: chance.between(2, 8),
    incidents: endings,
  };
}

/** Most of it is there from the start, as after a long outage or before the first run. */
function longFeedOf(chance: Chance, faultsEndMs: number, has: (...about: Profile[]) => boolean): FeedPlan {
  const feed = feedOf(chance, faultsEndMs, has);
  const hole = chance.happens(0.6);
  return {
    ...feed,
    elements: chance.between(250, 600),
    parcels: chance.between(20, 60),
    backlog: 0.7 + chance.next() * 0.3,
    // Ids may be a sequence that others draw from too.
    gaps: chance.happens(0.3) ? chance.next() : feed.gaps,
    unusable: feed.unusable / 5,
    hole,
    retention: hole && chance.happens(0.7),
    cap: chance.happens(0.1) ? 3 : 1_000,
  };
}

function outagesOf(about: {
  readonly chance: Chance;
  readonly faultsEndMs: number;
  readonly store: boolean;
  readonly queue: boolean;
  readonly throttling: boolean;
  readonly names: readonly [string, ...string[]];
}): readonly Outage[] {
  const { chance, faultsEndMs, store, queue, throttling, names } = about;
  const outage = (engine: Engine, longestMs: number, down: boolean): Outage => {
    const fromMs = chance.between(0, faultsEndMs - 10_000);
    return {
      engine,
      fromMs,
      toMs: fromMs + chance.between(1_000, longestMs),
      share: down ? 1 : chance.next(),
      as: down ? chance.pick(['refused', 'silent', 'forbidden', 'throttled']) : 'throttled',
      only: chance.happens(0.25) ? chance.pick(names) : undefined,
      sparesReads: engine === 'dynamodb' && chance.happens(0.6),
    };
  };
  const several = (most: number, make: () => Outage) => Array.from({ length: chance.between(1, most) }, make);
  return [
    ...(store ? several(2, () => outage('dynamodb', 125_000, true)) : []),
    // Once longer than a visibility timeout costs a receive, whatever a processor does; not thrice in a row.
    ...(queue ? several(1, () => outage('sqs', 125_000, true)) : []),
    ...(throttling ? several(3, () => outage(chance.pick(everyEngine), 20_000, false)) : []),
    ...(chance.happens(0.2) ? [outage('feed', 30_000, true)] : []),
  ];
}

/**
 * In every calm seed with one processor: nothing else goes wrong, so that no message may be harmed. Several that are
 * idle each lose one message first, and a queue that holds only that one gives it to each of them.
 */
function lostReceivesOf(chance: Chance, profile: Profile): FaultPlan['lostReceives'] {
  if (profile !== 'calm') return undefined;
  const fromMs = chance.between(0, 20_000);
  return { fromMs, toMs: fromMs + 600_000 };
}

function stopsOf(chance: Chance, faultsEndMs: number, fleet: Fleet): readonly Incident[] {
  return Array.from({ length: chance.between(1, 5) }, () => ({
    what: 'stop',
    ...oneOf(chance, fleet),
    atMs: chance.between(0, faultsEndMs),
  }));
}

function crashesOf(chance: Chance, faultsEndMs: number, fleet: Fleet): readonly Incident[] {
  return Array.from({ length: chance.between(0, 3) }, () => ({
    what: 'crash',
    ...oneOf(chance, fleet),
    atMs: chance.between(0, faultsEndMs),
  }));
}

/** The store is down for everybody, from about when the first messages are in hand. */
function longOutageOf(chance: Chance): Outage {
  const fromMs = chance.between(0, 8_000);
  return {
    engine: 'dynamodb',
    fromMs,
    toMs: fromMs + chance.between(60_000, 125_000),
    share: 1,
    as: chance.pick(['refused', 'forbidden', 'throttled']),
    only: undefined,
    sparesReads: chance.happens(0.8),
  };
}

/** While the store is down and everything is held: every processor is killed or stopped, again and again. */
function roundsOf(
  what: 'crash' | 'stop',
  { chance, processors, outage }: { readonly chance: Chance; readonly processors: number; readonly outage: Outage },
  everyMs: number,
): readonly Incident[] {
  return Array.from({ length: chance.between(1, 5) }, (_, round) => round).flatMap((round) =>
    Array.from({ length: processors }, (_, place): Incident => {
      const atMs = outage.fromMs + 5_000 + round * everyMs + chance.between(0, 8_000);
      return { what, kind: 'processor', index: place + 1, atMs };
    }),
  );
}

/** Any await: a call is as likely to be hit early, where most happens, as late. */
function crashPointsOf(chance: Chance): readonly CrashPoint[] {
  return Array.from({ length: chance.between(1, 6) }, () => ({
    kind: chance.happens(0.6) ? 'processor' : 'poller',
    call: Math.floor(Math.exp(chance.next() * Math.log(400))),
    when: chance.pick(['asking', 'done', 'answered']),
  }));
}

function leaseTroubleOf(chance: Chance, faultsEndMs: number, fleet: Fleet): readonly Incident[] {
  const freezes = Array.from({ length: chance.between(1, 4) }, (): Incident => {
    const whom = chance.happens(0.8)
      ? ({ kind: 'poller', index: chance.between(1, fleet.pollers) } as const)
      : oneOf(chance, fleet);
    return { what: 'freeze', ...whom, atMs: chance.between(0, faultsEndMs), forMs: chance.between(500, 45_000) };
  });
  const reset: Incident = { what: 'reset', share: chance.next(), atMs: chance.between(5_000, faultsEndMs) };
  return chance.happens(0.2) ? [...freezes, reset] : freezes;
}

function foreignersOf(chance: Chance, faultsEndMs: number): readonly Incident[] {
  const contents = ['garbage', 'later version', 'no events', 'a bad event among good ones', 'repeated events'] as const;
  return Array.from({ length: chance.between(0, 4) }, () => ({
    what: 'put',
    content: chance.pick<Foreign>(contents),
    atMs: chance.between(0, faultsEndMs),
  }));
}

function oneOf(chance: Chance, { pollers, processors }: Fleet): { readonly kind: Kind; readonly index: number } {
  return chance.happens(0.35)
    ? { kind: 'poller', index: chance.between(1, pollers) }
    : { kind: 'processor', index: chance.between(1, processors) };
}

function namesOf(pollers: number, processors: number): readonly [string, ...string[]] {
  const others = Array.from({ length: pollers - 1 }, (_, index) => `poller ${index + 2}.`);
  return ['poller 1.', ...others, ...Array.from({ length: processors }, (_, index) => `processor ${index + 1}.`)];
}
