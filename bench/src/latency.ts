import { setTimeout as delay } from 'node:timers/promises';
import { startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { startWriteWatch, type WrittenParcel } from './counting/write-watch.ts';
import { type Bar, integer } from './figures/report.ts';
import type { BenchOptions } from './options.ts';
import { type BenchFeed, benchFeed } from './pipelines/bench-feed.ts';
import type { Engine } from './pipelines/engine.ts';
import { waybill } from './pipelines/waybill-pipeline.ts';

/** Milliseconds from an event's appearance in the feed to the response of the write that stores it. */
export type LatencyResult = {
  readonly pollIntervalMs: number;
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
};

const seconds = 40;
/** Left out, because the first polls find an empty feed and code is not compiled yet. */
const warmUpSeconds = 10;
/** Milliseconds between two appearances of events: a carrier reports each scan when it happens. */
const appearEachMs = 50;
const settleLimitMs = 30_000;
/** The poller's default, and a shorter one: an event first waits for the next poll. */
const pollIntervals = [1_000, 250];
const mostMs = 1_000;

/** Waybill's latency on a feed that grows steadily. */
export async function measureLatency(
  engine: Engine,
  { seed, activeParcels, latency: eventsPerSecond }: Pick<BenchOptions, 'seed' | 'activeParcels' | 'latency'>,
  report: (progress: string) => void,
): Promise<LatencyResult[]> {
  const feed = benchFeed({ events: eventsPerSecond * seconds, seed, activeParcels });
  const results: LatencyResult[] = [];
  for (const pollIntervalMs of pollIntervals) {
    const result = await latencyOf(engine, feed, { eventsPerSecond, pollIntervalMs });
    report(`polls each ${pollIntervalMs} ms: p50 ${result.p50} ms, p99 ${result.p99} ms`);
    results.push(result);
  }
  return results;
}

async function latencyOf(
  engine: Engine,
  feed: BenchFeed,
  { eventsPerSecond, pollIntervalMs }: { readonly eventsPerSecond: number; readonly pollIntervalMs: number },
): Promise<LatencyResult> {
  const clock = new ArrivalTimes(feed.order);
  const resources = await engine.provision();
  const watch = await startWriteWatch(engine.dynamodbEndpoint, (parcels) => clock.stored(parcels, performance.now()));
  const held = feed.hold();
  const scanApi = await startScanApi({ feed: held, seed: 0 });
  const pipeline = await waybill({ processorDynamoDb: watch.endpoint, pollIntervalMs })({
    engine,
    resources,
    scanApiUrl: scanApi.url,
  });
  try {
    await pipeline.ready();
    const beginning = performance.now();
    for (let shown = 0; shown < feed.events; ) {
      await delay(appearEachMs);
      const due = Math.min(feed.events, Math.floor(((performance.now() - beginning) / 1_000) * eventsPerSecond));
      clock.appeared(due, performance.now());
      held.append(due - shown);
      shown = due;
    }
    const deadline = performance.now() + settleLimitMs;
    while (clock.missing > 0) {
      if (performance.now() > deadline) throw new Error(`${clock.missing} events are not stored`);
      await delay(appearEachMs);
    }
    return { pollIntervalMs, ...clock.figures(warmUpSeconds * eventsPerSecond) };
  } finally {
    await Promise.all([pipeline.reader.stop(), pipeline.writer.stop()]);
    await scanApi.stop();
    await watch.stop();
    await engine.remove(resources);
  }
}

/** When each event appeared, and when a write stored it. A clean feed's events are stored in order within each parcel. */
export class ArrivalTimes {
  readonly #order: readonly WrittenParcel[];
  readonly #appearedAt: number[] = [];
  readonly #tookMs: number[] = [];
  readonly #open = new Map<number, { index: number; eventId: number }[]>();
  #stored = 0;

  constructor(order: readonly WrittenParcel[]) {
    this.#order = order;
  }

  get missing(): number {
    return this.#order.length - this.#stored;
  }

  /** The feed has this many events from now on. */
  appeared(count: number, atMs: number): void {
    for (let index = this.#appearedAt.length; index < count; index += 1) {
      const { parcelId = 0, lastEventId: eventId = 0 } = this.#order[index] ?? {};
      this.#appearedAt.push(atMs);
      const open = this.#open.get(parcelId);
      if (open) open.push({ index, eventId });
      else this.#open.set(parcelId, [{ index, eventId }]);
    }
  }

  stored(parcels: readonly WrittenParcel[], atMs: number): void {
    for (const { parcelId, lastEventId } of parcels) {
      const open = this.#open.get(parcelId) ?? [];
      for (let first = open[0]; first && first.eventId <= lastEventId; first = open[0]) {
        open.shift();
        this.#tookMs[first.index] = atMs - (this.#appearedAt[first.index] ?? atMs);
        this.#stored += 1;
      }
    }
  }

  /** Figures of all events but the first ones. */
  figures(leftOut: number): Omit<LatencyResult, 'pollIntervalMs'> {
    const sorted = this.#tookMs.slice(leftOut).sort((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN);
    return { events: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
  }
}

/** The bar applies to the shorter interval: with the default, the wait for the next poll alone takes up to a second. */
export function latencyBars(results: readonly LatencyResult[]): Bar[] {
  return results.slice(-1).map(({ pollIntervalMs, p99 }) => ({
    name: `p99 under 1 s, polls each ${pollIntervalMs} ms`,
    found: `${integer(p99)} ms`,
    passed: p99 < mostMs,
  }));
}

export function latencyReport(results: readonly LatencyResult[]): string {
  const line = (texts: readonly string[]) => texts.map((text) => text.padStart(16)).join('');
  return [
    line(['polls each, ms', 'events', 'p50, ms', 'p99, ms', 'most, ms']),
    ...results.map(({ pollIntervalMs, events, p50, p99, most }) =>
      line([pollIntervalMs, events, p50, p99, most].map(integer)),
    ),
  ].join('\n');
}
