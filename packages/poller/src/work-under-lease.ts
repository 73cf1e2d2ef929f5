import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Finding, LoopWatch } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageSender, QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import type { CheckpointStore } from './checkpoint/checkpoint-store.ts';
import { Lease } from './checkpoint/lease.ts';
import type { TakenLease } from './checkpoint/stand-by.ts';
import { FeedFollower } from './feed/follow-feed.ts';
import type { Position } from './feed/position.ts';
import { PageReader } from './feed/read-page.ts';
import type { ScanFeed } from './feed/scan-feed.ts';
import type { TokenBucket } from './feed/token-bucket.ts';
import { GapWatch } from './gaps/gap-watch.ts';
import { loopSilences } from './loop-silence.ts';
import { gatherSends } from './queue/gathered-sends.ts';
import { queueRoom } from './queue-room.ts';
import { leasedQueue, pageSender } from './send-page.ts';
import type { PollerSettings } from './settings.ts';

export type WorkDependencies = {
  readonly config: PollerSettings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly feed: ScanFeed;
  readonly bucket: TokenBucket;
  readonly queue: MessageSender & QueueDepth;
  readonly checkpoints: CheckpointStore;
  readonly loops: LoopWatch;
  /** What readiness says of a part from now on. */
  readonly find: (part: 'feed' | 'progress' | 'queue', finding: Finding) => void;
};

/** Reads the feed and passes its pages on under one lease, until that is lost or `stopping` aborts. Rejects with what nobody foresaw. */
export async function workUnderLease(taken: TakenLease, deps: WorkDependencies, stopping: AbortSignal): Promise<void> {
  const { config, checkpoints, clock, random, log, metrics, loops, find } = deps;
  const { gapPatienceMs: patienceMs, requestsPerSecond } = config;
  const gaps = new GapWatch(
    { clock, log, metrics, patienceMs, requestsPerSecond },
    taken.openGaps,
    taken.lastEventId ?? 0,
  );
  const lease = new Lease(taken, {
    checkpoints,
    clock,
    random,
    log,
    metrics,
    leaseMs: config.leaseMs,
    tick: loops.watch('lease', loopSilences(config).lease),
    completeness: (lastEventId) => gaps.completeness(lastEventId),
  });
  const ending = new AbortController();
  const end = () => ending.abort();
  stopping.addEventListener('abort', end);
  lease.lost.addEventListener('abort', end);
  if (stopping.aborted) end();
  lease.start();
  try {
    await passPagesOn({ lease, gaps, taken }, deps, ending.signal);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    log[lease.lost.aborted ? 'warn' : 'info']({ err: error }, 'page in hand given up, it will be read again');
  } finally {
    end();
    stopping.removeEventListener('abort', end);
    loops.forget('pages');
    loops.forget('gaps');
    await lease.close();
    if (lease.lost.aborted) log.warn({ err: lease.lost.reason }, 'lease lost, standing by');
    find('feed', { ok: true, detail: 'not asked while standing by' });
    find('progress', { ok: true, detail: 'none while standing by' });
    find('queue', { ok: true, detail: 'not sent to while standing by' });
    metrics['waybill.poller.paused'].record(0);
  }
}

/** The part of the work that reads and sends; the lease is in order before and after it. */
async function passPagesOn(
  { lease, gaps, taken }: { readonly lease: Lease; readonly gaps: GapWatch; readonly taken: TakenLease },
  deps: WorkDependencies,
  ending: AbortSignal,
): Promise<void> {
  const { config, queue, clock, random, log, metrics, loops, find } = deps;
  const { limit, pollIntervalMs, catchUpReaders, requestsPerSecond, maxQueueMessages, messageMaxBytes } = config;
  const silences = loopSilences(config);
  const watchesGaps = config.gapPatienceMs > 0;
  const pageTick = loops.watch('pages', silences.pages);
  // A tick of its own: questions that are answered must not hide that the reading hangs.
  const gapTick = watchesGaps ? loops.watch('gaps', silences.gaps) : () => undefined;
  const reader = new PageReader({
    feed: deps.feed,
    bucket: deps.bucket,
    clock,
    random,
    log,
    metrics,
    limit,
    find: (finding) => find('feed', finding),
    tick: pageTick,
  });
  const start = startOf(taken, config.firstEventId);
  const failed = new AbortController();
  const reading = AbortSignal.any([ending, failed.signal]);
  const room = queueRoom({ queue, clock, log, metrics, maxQueueMessages });
  const findQueue = (finding: Finding) => find('queue', finding);
  const sends = gatherSends(leasedQueue({ queue, lease, clock, log, find: findQueue }, ending), ending);
  const sender = (tick: () => void) =>
    pageSender({ queue: sends, clock, random, log, messageMaxBytes, find: findQueue }, tick);
  const send = sender(pageTick);
  const pages = new FeedFollower(
    start,
    {
      reader,
      clock,
      log,
      metrics,
      pollIntervalMs,
      catchUpReaders,
      requestsPerSecond,
      watchesGaps,
      room: (signal) => room(signal, pageTick),
      send,
      crossed: (hole) => gaps.crossed(hole),
      find: (finding) => find('progress', finding),
    },
    reading,
  ).follow();
  // While the position waits for what an answer for gaps has shown, its sends are the reading's turns as well.
  let isHeldUp = false;
  const sendOfGaps = sender(() => {
    gapTick();
    if (isHeldUp) pageTick();
  });
  const watching = gaps.run({ reader, room, send: sendOfGaps, tick: gapTick }, reading);
  // It is awaited at the end; until then its failure ends the reading.
  watching.catch(() => failed.abort());
  let next = pages.next();
  try {
    for (;;) {
      const page = await next;
      // A page read ahead of the end is dropped: it is read again from the checkpoint.
      if (page.done || ending.aborted) return;
      next = pages.next();
      // It is awaited in the next turn or at the end; a failure until then is not unhandled.
      next.catch(() => undefined);
      await send(page.value, ending);
      isHeldUp = true;
      await gaps.untilSent(page.value.last);
      isHeldUp = false;
      // In one step: no write may have the one without the other.
      gaps.passed(page.value);
      // A page that moved nothing leaves an empty checkpoint empty.
      if (page.value.last > start.last) await lease.moveTo(page.value.last, ending);
    }
  } finally {
    // Nothing else would end the reading of an idle feed, which is waited for: whoever sends must have ended.
    failed.abort();
    await next.catch(() => undefined);
    await pages.return();
    await watching;
  }
}

function startOf(taken: TakenLease, firstEventId: number): Position {
  return taken.lastEventId === undefined
    ? { last: firstEventId - 1, empty: true }
    : { last: taken.lastEventId, empty: false };
}
