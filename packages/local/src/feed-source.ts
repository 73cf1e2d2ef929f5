import { CarrierRelease } from '@waybill/carrier/feed/carrier-release.ts';
import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { instantsUpTo, simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { realisticFaults } from '@waybill/carrier/scan-api-faults.ts';
import { type ScanApi, startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { accessVariables } from '@waybill/shared/scan-api/access-variables.ts';
import type { RealFeed, StartOptions } from './config.ts';
import { type MixedPack, mixedPacks } from './other-producer.ts';
import type { Truth } from './outcome/verdict.ts';
import type { UpstreamFeed } from './pipeline/pipeline.ts';
import { openRealApi } from './real-feed.ts';
import { goesOnBeyond, readWholeFeed } from './whole-feed.ts';

/** Where the scan events come from, and what is known of them without Waybill. */
export type FeedSource = UpstreamFeed & {
  /** The simulated API; undefined for a real one. */
  readonly simulated: SimulatedCarrier | undefined;
  /** What another producer sends, too. */
  readonly packs: readonly MixedPack[];
  /** Everything that a reader up to this position must have stored. */
  truth(position: number, signal: AbortSignal): Promise<FeedTruth>;
  stop(): Promise<void>;
};

/** The carrier's API, and the release that its software is at. */
export type SimulatedCarrier = ScanApi & { readonly release: CarrierRelease };

export type FeedTruth = Truth & {
  /** Ids at or below the position that came too late for a reader that only reads forward. */
  readonly missedIds: readonly number[];
};

/** Elements that the feed gains per second under `--live`. */
export const livePerSecond = 50;

/**
 * A simulated feed and its HTTP API with faults, all from one seed, but for the times: its scans are of these days.
 *
 * @param endMs when the last of the first `events` is reported
 */
export async function openSimulatedFeed(
  { seed, events }: Pick<StartOptions, 'seed' | 'events'>,
  endMs: number,
): Promise<FeedSource> {
  // A parcel is scanned again after about this many events of others, so a short feed needs fewer parcels.
  const activeParcels = Math.max(5, Math.min(2_000, Math.round(events / 10)));
  const instantOf = instantsUpTo(endMs, events, 1_000 / livePerSecond);
  // What the feed gains under --live is of a calm day, on which trouble on demand is seen.
  const options = { seed, activeParcels, instantOf, calmFrom: events };
  const release = new CarrierRelease();
  const feed = new HeldFeed(simulateFeed({ ...options, release }), events);
  const api = await startScanApi({ feed, seed, faults: realisticFaults });
  const packs = mixedPacks(simulateFeed(options), Math.min(events, spreadPacksOver));
  return {
    url: api.url,
    // The simulated API takes any load; everything else as in production.
    variables: {
      SCAN_API_REQUESTS_PER_SECOND: '1000',
      POLL_INTERVAL_MS: '250',
      SCAN_API_LIMIT: '100',
      FIRST_EVENT_ID: '1',
      // What the shell has for a real one is not shown to it.
      ...Object.fromEntries(Object.keys(accessVariables).map((name) => [name, ''])),
    },
    // The default, and more only where the feed itself is longer: every milestone of it is to be told.
    announceMaxAgeHours: Math.max(72, Math.ceil((endMs - instantOf(0)) / 3_600_000) + 1),
    simulated: { ...api, release },
    packs,
    isAtEnd: (position) => feed.isWhollyMade && position >= feed.lastEventId(),
    truth: async (position) => simulatedTruth(feed, position, packs),
    stop: () => api.stop(),
  };
}

/** Elements at the feed's beginning over which the other producer's events are spread. */
const spreadPacksOver = 20_000;

function simulatedTruth(feed: HeldFeed, position: number, packs: readonly MixedPack[]): FeedTruth {
  const missedIds: number[] = [];
  const elements: unknown[] = [];
  for (const held of feed.elements()) {
    const cameTooLate = held.late !== undefined && held.late !== 'served';
    if (!cameTooLate) elements.push(held.element);
    else if (held.position <= position) missedIds.push(held.position);
  }
  return { elements, malformedElsewhere: packs.map(({ malformed }) => malformed), missedIds };
}

/** Milliseconds without a new event after which a real feed is asked whether there is more. */
const quietMs = 5_000;
/** Milliseconds for which it may show more than the poller follows, until the poller counts as stuck. */
const stuckMs = 60_000;

/** A real feed. What is to be compared is read from it once more, and what may be missing in that is told. */
export function openRealFeed(carrier: RealFeed): FeedSource {
  const { url, token, firstEventId } = carrier;
  const feed = openRealApi(carrier);
  let seen = { position: -1, since: 0, askedAt: 0 };
  let end: 'unknown' | 'reached' | 'stuck' = 'unknown';
  let asking: AbortController | undefined;
  const ask = async ({ position, since }: typeof seen, signal: AbortSignal) => {
    // A feed that cannot be asked at the moment has not shown its end.
    const goesOn = await goesOnBeyond(feed, Math.max(position, firstEventId - 1), { signal }).catch(() => true);
    if (signal.aborted) return;
    const isStuck = goesOn && performance.now() - since >= stuckMs;
    end = goesOn ? (isStuck ? 'stuck' : 'unknown') : 'reached';
    asking = undefined;
  };
  return {
    url,
    variables: { SCAN_API_TOKEN: token, FIRST_EVENT_ID: String(firstEventId) },
    // Of any age: it is told to a receiver of our own.
    announceMaxAgeHours: 0,
    simulated: undefined,
    packs: [],
    // What was found last: while a feed fails, its answer takes minutes, and progress and Ctrl-C do not wait for it.
    isAtEnd: (position) => {
      const now = performance.now();
      if (position !== seen.position) {
        seen = { position, since: now, askedAt: now };
        end = 'unknown';
        asking?.abort();
        asking = undefined;
      }
      if (!asking && now - seen.askedAt >= quietMs) {
        seen.askedAt = now;
        asking = new AbortController();
        void ask(seen, asking.signal);
      }
      return end !== 'unknown';
    },
    truth: async (position, signal) => {
      const elements: unknown[] = [];
      const doubts: string[] = [];
      if (end === 'stuck')
        doubts.push(`The feed shows events beyond EventId ${position}, which the poller does not come to.`);
      // Where the poller has no position, whatever the feed holds is looked at.
      const hasPosition = position >= firstEventId;
      const through = hasPosition ? { through: position } : {};
      const options = { from: firstEventId, ...through, onDoubt: (doubt: string) => doubts.push(doubt), signal };
      for await (const element of readWholeFeed(feed, options)) elements.push(element);
      const goesOn = hasPosition && (await goesOnBeyond(feed, position, { signal }));
      const reading = { from: firstEventId, through: position, goesOn, doubts: [...new Set(doubts)] };
      return { elements, missedIds: [], reading };
    },
    stop: async () => asking?.abort(),
  };
}
