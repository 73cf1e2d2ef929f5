import { systemClock } from '@waybill/shared/clock.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { countedSender } from '@waybill/shared/telemetry/queue-meter.ts';
import { vi } from 'vitest';
import { imageHeapBytes } from '../../consumer/test/image-heap.ts';
import { createPoller, type PollerDependencies } from '../src/poller.ts';
import type { PollerSettings } from '../src/settings.ts';
import { MemoryCheckpoints } from './memory-checkpoints.ts';
import { MemoryFeed, type Placed } from './memory-feed.ts';
import { MemoryQueue } from './memory-queue.ts';
import { measured, recordedLog } from './observed.ts';

const defaults: PollerSettings = {
  feed: 'scan-events',
  firstEventId: 1,
  limit: 100,
  requestsPerSecond: 1_000,
  requestTimeoutMs: 10_000,
  pollIntervalMs: 1_000,
  leaseMs: 15_000,
  messageMaxBytes: 61_440,
  maxQueueMessages: 0,
  catchUpReaders: 1,
  gapPatienceMs: 0,
};

/** Timers, `Date` and `performance` stand still until a test moves them; `systemClock` goes with them. */
export function useVirtualTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
}

/** A repeatable source of randomness (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A poller over ports in memory. */
export function rig(
  placed: Placed[] = [],
  options: Partial<PollerSettings> & { readonly deps?: Partial<PollerDependencies> } = {},
) {
  const { deps, ...overrides } = options;
  const feed = new MemoryFeed(placed);
  const queue = new MemoryQueue();
  const checkpoints = new MemoryCheckpoints();
  const { metrics, value } = measured();
  const { log, lines } = recordedLog();
  const open = (more: Partial<PollerDependencies> = {}): WatchedService =>
    createPoller({
      settings: { ...defaults, ...overrides },
      heapBytes: imageHeapBytes,
      log,
      clock: systemClock,
      random: seeded(1),
      feed,
      queue: countedSender(queue, metrics, 'scans'),
      checkpoints: checkpoints.open(),
      metrics,
      checkTables: async () => {},
      probes: {},
      ...deps,
      ...more,
    });
  return { feed, queue, checkpoints, value, lines, open };
}

/** Lets `ms` of virtual time pass, and all that is due in it happen. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Stops a service in virtual time. */
export async function stop(service: WatchedService): Promise<void> {
  const stopped = service.stop();
  await pass(60_000);
  await stopped;
}
