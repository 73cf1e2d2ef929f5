import type { CheckpointStore } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import { type Clock, type Random, watchedClock } from '@waybill/shared/clock.ts';
import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Finding, LoopWatch } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageSender, QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import type { Position } from '@waybill/shared/scan-api/position.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import type { TokenBucket } from '@waybill/shared/scan-api/token-bucket.ts';
import type { QueueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { Lease } from './checkpoint/lease.ts';
import type { TakenLease } from './checkpoint/stand-by.ts';
import { PageReader } from './feed/read-page.ts';
import { followFeed } from './follow/follow-feed.ts';
import { forwardPages } from './forward-pages.ts';
import { GapWatch } from './gaps/gap-watch.ts';
import { loopSilences } from './loop-silence.ts';
import { leasedQueue } from './queue/leased-queue.ts';
import { queueCapacity } from './queue/queue-capacity.ts';
import { pageSender } from './queue/send-page.ts';
import type { PollerSettings } from './settings.ts';

export type WorkDependencies = {
  readonly settings: PollerSettings;
  readonly heapBytes: number;
  readonly log: Logger;
  readonly clock: Clock;
  /** Of the loop that keeps the lease. */
  readonly leaseClock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly traces?: QueueTraces | undefined;
  readonly feed: ScanFeed;
  readonly bucket: TokenBucket;
  readonly queue: MessageSender & QueueDepth;
  readonly checkpoints: CheckpointStore;
  readonly loops: LoopWatch;
  readonly mostListedGaps?: number | undefined;
  /** What readiness says of a part from now on. */
  readonly reportHealth: (part: 'feed' | 'progress' | 'queue', finding: Finding) => void;
};

/** Reads the feed and forwards its pages under one lease, until that is lost or `stopping` aborts. Rejects with any other error. */
export async function workUnderLease(taken: TakenLease, deps: WorkDependencies, stopping: AbortSignal): Promise<void> {
  const { settings, leaseClock, log, metrics, loops, reportHealth } = deps;
  const { gapPatienceMs: patienceMs, requestsPerSecond, leaseMs } = settings;
  const gaps = new GapWatch({ ...deps, patienceMs, requestsPerSecond }, taken.openGaps, taken.lastEventId ?? 0);
  const lease = new Lease(taken, { ...deps, leaseMs, completeness: (lastEventId) => gaps.completeness(lastEventId) });
  const ending = new AbortController();
  const end = () => ending.abort();
  stopping.addEventListener('abort', end);
  lease.lost.addEventListener('abort', end);
  if (stopping.aborted) end();
  lease.start(leaseClock);
  try {
    await readAndForward({ lease, gaps, start: startOf(taken, settings.firstEventId) }, deps, ending.signal);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    log[lease.lost.aborted ? 'warn' : 'info']({ err: error }, 'page dropped, it will be read again');
  } finally {
    end();
    stopping.removeEventListener('abort', end);
    loops.forget('pages');
    loops.forget('gaps');
    await lease.close();
    if (lease.lost.aborted) log.warn({ err: lease.lost.reason }, 'lease lost, standing by');
    reportHealth('feed', { ok: true, detail: 'standing by' });
    reportHealth('progress', { ok: true, detail: 'standing by' });
    reportHealth('queue', { ok: true, detail: 'standing by' });
    metrics['waybill.poller.paused'].record(0);
    // These hold until the next record, and another poller may know better now.
    metrics['waybill.feed.went_back'].record(0);
    metrics['waybill.feed.gap_reach'].record(patienceMs / 1_000);
  }
}

/** The part of the work that reads and sends. All of it has ended when this resolves or rejects. */
async function readAndForward(
  { lease, gaps, start }: { readonly lease: Lease; readonly gaps: GapWatch; readonly start: Position },
  deps: WorkDependencies,
  ending: AbortSignal,
): Promise<void> {
  const { settings, loops } = deps;
  const silences = loopSilences(settings);
  const watchesGaps = settings.gapPatienceMs > 0;
  const clock = watchedClock(deps.clock, loops.watch('pages', silences.pages));
  const over = new AbortController();
  const endReading = () => over.abort();
  const reading = AbortSignal.any([ending, over.signal]);
  const reader = new PageReader({ ...deps, limit: settings.limit });
  const whenCapacity = queueCapacity({ ...deps, maxQueueMessages: settings.maxQueueMessages });
  const queue = leasedQueue({ ...deps, lease }, ending);
  const { messageMaxBytes } = settings;
  const send = pageSender({ ...deps, queue, messageMaxBytes, clock });
  let watching = Promise.resolve();
  if (watchesGaps) {
    const gapsClock = watchedClock(deps.clock, loops.watch('gaps', silences.gaps));
    const sendOfGaps = pageSender({ ...deps, queue, messageMaxBytes, clock: gapsClock });
    watching = gaps.run({ reader, whenCapacity, send: sendOfGaps, clock: gapsClock }, reading);
    // It is awaited at the end; until then its failure ends the reading.
    watching.catch(endReading);
  }
  const crossed = (hole: IdRange) => gaps.crossed(hole);
  const pages = followFeed(
    start,
    { ...deps, ...settings, reader, clock, watchesGaps, whenCapacity, crossed, send },
    reading,
  );
  try {
    await forwardPages(pages, { start, send, gaps, lease, clock, endReading }, ending);
  } finally {
    await watching;
  }
}

function startOf(taken: TakenLease, firstEventId: number): Position {
  return taken.lastEventId === undefined
    ? { last: firstEventId - 1, empty: true }
    : { last: taken.lastEventId, empty: false };
}
