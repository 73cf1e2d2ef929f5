import type { Clock, Random } from '@waybill/shared/clock.ts';
import { hasCode } from '@waybill/shared/error.ts';
import { gatherSends } from '@waybill/shared/gathered-sends.ts';
import {
  DependencyWatch,
  type Finding,
  type HealthReport,
  healthReport,
  LoopWatch,
  type Probe,
  RequestWatch,
} from '@waybill/shared/health.ts';
import { createService, type Service } from '@waybill/shared/lifecycle.ts';
import type { Logger } from '@waybill/shared/logger.ts';
import type { EntryFailure, MessageSender, OutgoingMessage, QueueDepth } from '@waybill/shared/message-queue.ts';
import { billedRequests, type Metrics } from '@waybill/shared/metrics.ts';
import { pack } from '@waybill/shared/pack.ts';
import { type Backoff, retry } from '@waybill/shared/retry.ts';
import { sendConfirmed, sizeOf } from '@waybill/shared/send.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import { FeedFollower } from './follow-feed.ts';
import { GapWatch } from './gap-watch.ts';
import { Lease } from './lease.ts';
import type { SendPage } from './news.ts';
import type { Position } from './position.ts';
import { queueRoom } from './queue-room.ts';
import { PageReader } from './read-page.ts';
import type { ScanFeed } from './scan-feed.ts';
import { standBy, type TakenLease } from './stand-by.ts';
import { TokenBucket } from './token-bucket.ts';

/** The poller's settings; `config.ts` reads them from the environment (design.md section 4). */
export type PollerSettings = {
  readonly feed: string;
  readonly firstEventId: number;
  readonly limit: number;
  readonly requestsPerSecond: number;
  readonly requestTimeoutMs: number;
  readonly pollIntervalMs: number;
  readonly leaseMs: number;
  readonly messageMaxBytes: number;
  readonly maxQueueMessages: number;
  readonly catchUpReaders: number;
  readonly gapPatienceMs: number;
};

export type PollerDependencies = {
  readonly config: PollerSettings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly feed: ScanFeed;
  readonly queue: MessageSender & QueueDepth;
  readonly checkpoints: CheckpointStore;
  readonly metrics: Metrics;
  /** Looks whether the table is the right one, before any work: `TABLE_MISMATCH` ends the service, any other rejection is tried again. */
  readonly checkTables?: () => Promise<void>;
  /** What readiness asks every few seconds, by name. */
  readonly probes?: Readonly<Record<string, Probe>>;
};

export type Poller = Service & {
  /** Whether the loops turn. */
  readonly live: () => HealthReport;
  /** Whether the dependencies answer, the feed is read and moves on, the queue takes messages; and who holds the lease. */
  readonly ready: () => HealthReport;
};

/** Sends at once of one page; more would not be faster for pages of at most 10,000 events (a handful of sends). */
const sendConcurrency = 4;

/** Sends in a row that failed after which the process is not ready. */
const toleratedSendFailures = 3;

/** Milliseconds on top of what a turn may rightly take (a wait, a request, a Retry-After) before `/livez` calls a loop dead. */
const silenceMs = 360_000;

const startBackoff: Backoff = { firstMs: 200, maxMs: 5_000 };

/**
 * The poller: stands by for the lease; with it, reads the feed from the checkpoint on, puts its events on the queue and
 * moves the checkpoint behind what the queue confirmed. A lost lease sends it back to standing by.
 */
export function createPoller(deps: PollerDependencies): Poller {
  const { config, log, clock, random, metrics } = deps;
  const writes = new RequestWatch(clock);
  const checkpoints: CheckpointStore = {
    ...deps.checkpoints,
    acquire: (...args) => writes.watch(() => deps.checkpoints.acquire(...args)),
    renew: (...args) => writes.watch(() => deps.checkpoints.renew(...args)),
  };
  const findings: Record<'feed' | 'progress' | 'lease' | 'queue', Finding> = {
    feed: { ok: true, detail: 'not asked yet' },
    progress: { ok: true, detail: 'none yet' },
    lease: { ok: false, detail: 'not asked for yet' },
    queue: { ok: true, detail: 'nothing sent yet' },
  };
  const loops = new LoopWatch(clock);
  const bucket = new TokenBucket({ perSecond: config.requestsPerSecond, clock });
  const dependencies = new DependencyWatch(clock, deps.probes ?? {});

  const service = createService(async (stopping) => {
    void dependencies.run(stopping);
    await checkTables(deps, stopping);
    let former: string | undefined;
    while (!stopping.aborted) {
      metrics['waybill.poller.lease'].record(0);
      findings.lease = { ok: true, detail: 'standing by' };
      const tick = loops.watch('lease', config.leaseMs + silenceMs);
      const { leaseMs } = config;
      const taken = await standBy({ checkpoints, clock, random, log, leaseMs, former, tick }, stopping);
      if (!taken) break;
      former = taken.holder;
      metrics['waybill.poller.lease'].record(1);
      findings.lease = { ok: true, detail: `held with token ${taken.token}` };
      log.info({ feed: config.feed, token: taken.token, lastEventId: taken.lastEventId }, 'lease taken');
      await work(taken, stopping);
    }
  });

  /** Works under one lease until it is lost or `stopping` aborts. */
  async function work(taken: TakenLease, stopping: AbortSignal): Promise<void> {
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
      tick: loops.watch('lease', config.leaseMs + silenceMs),
      completeness: (lastEventId) => gaps.completeness(lastEventId),
    });
    const ending = new AbortController();
    const end = () => ending.abort();
    stopping.addEventListener('abort', end);
    lease.lost.addEventListener('abort', end);
    if (stopping.aborted) end();
    lease.start();
    try {
      await passPagesOn({ lease, gaps, taken }, ending.signal);
    } catch (error) {
      if (!ending.signal.aborted) throw error;
      log[lease.lost.aborted ? 'warn' : 'info']({ err: error }, 'page in hand given up, it will be read again');
    } finally {
      end();
      stopping.removeEventListener('abort', end);
      loops.forget('pages');
      await lease.close();
      if (lease.lost.aborted) log.warn({ err: lease.lost.reason }, 'lease lost, standing by');
      findings.feed = { ok: true, detail: 'not asked while standing by' };
      findings.progress = { ok: true, detail: 'none while standing by' };
      findings.queue = { ok: true, detail: 'not sent to while standing by' };
      metrics['waybill.poller.paused'].record(0);
    }
  }

  async function passPagesOn(
    { lease, gaps, taken }: { readonly lease: Lease; readonly gaps: GapWatch; readonly taken: TakenLease },
    ending: AbortSignal,
  ): Promise<void> {
    const tick = loops.watch(
      'pages',
      config.pollIntervalMs + config.requestTimeoutMs + 1_000 / config.requestsPerSecond + silenceMs,
    );
    const reader = new PageReader({
      feed: deps.feed,
      bucket,
      clock,
      random,
      log,
      metrics,
      limit: config.limit,
      find: (finding) => {
        findings.feed = finding;
      },
      tick,
    });
    const start = startOf(taken, config.firstEventId);
    const failed = new AbortController();
    const reading = AbortSignal.any([ending, failed.signal]);
    const room = queueRoom({ queue: deps.queue, clock, log, metrics, maxQueueMessages: config.maxQueueMessages, tick });
    const sends = gatherSends({ sendBatch: (batch) => sendBatch(batch, lease, ending, tick) }, ending);
    const send: SendPage = (page, signal) => sendPage(page, sends, signal, tick);
    const pages = new FeedFollower(
      start,
      {
        reader,
        clock,
        log,
        metrics,
        pollIntervalMs: config.pollIntervalMs,
        catchUpReaders: config.catchUpReaders,
        requestsPerSecond: config.requestsPerSecond,
        room,
        send,
        find: (finding) => {
          findings.progress = finding;
        },
      },
      reading,
    ).follow();
    const watching = gaps.run({ reader, room, send }, reading);
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
        // In one step: no write may have the one without the other.
        gaps.passed(page.value.gaps, page.value.last);
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

  /** One call to the queue, under the lease. */
  async function sendBatch(
    batch: readonly OutgoingMessage[],
    lease: Lease,
    ending: AbortSignal,
    tick: () => void,
  ): Promise<readonly EntryFailure[]> {
    await lease.ensureRecent(ending);
    metrics['waybill.queue.sends'].add(1);
    metrics['waybill.queue.sent'].add(batch.length);
    const bytes = batch.reduce((sum, message) => sum + sizeOf(message), 0);
    metrics['waybill.queue.billed'].add(billedRequests(bytes), { action: 'SendMessageBatch' });
    const failures = await deps.queue.sendBatch(batch);
    tick();
    if (failures.length === 0) findings.queue = { ok: true, detail: 'takes messages' };
    return failures;
  }

  async function sendPage(
    page: Parameters<SendPage>[0],
    queue: MessageSender,
    ending: AbortSignal,
    tick: () => void,
  ): Promise<void> {
    const messages: OutgoingMessage[] = [
      ...pack(page.events, config.messageMaxBytes),
      ...page.rejected.map(({ body }) => body),
    ].map((body) => ({ body }));
    if (messages.length === 0) return;
    await sendConfirmed(
      messages,
      {
        queue,
        clock,
        random,
        concurrency: sendConcurrency,
        onFailure: (error, attempt, waitMs) => {
          tick();
          log.warn({ err: error, attempt, waitMs }, 'send not confirmed, will be repeated');
          if (attempt + 1 >= toleratedSendFailures)
            findings.queue = { ok: false, detail: `${attempt + 1} sends in a row were not confirmed` };
        },
      },
      ending,
    );
    const ids = page.events.map((event) => event.eventId);
    log.info(
      {
        from: ids.reduce((a, b) => Math.min(a, b), page.last),
        to: page.last,
        events: page.events.length,
        rejected: page.rejected.length,
        messages: messages.length,
      },
      'page queued',
    );
  }

  return {
    ...service,
    live: () => loops.report(),
    ready: () => healthReport({ ...dependencies.parts(), ...findings, checkpoint: writes.finding() }),
  };
}

/** Resolves once the tables are found right, or `stopping` aborts. Rejects with `TABLE_MISMATCH`. */
async function checkTables(deps: PollerDependencies, stopping: AbortSignal): Promise<void> {
  const { clock, random, log } = deps;
  const check = deps.checkTables;
  if (!check) return;
  const onFailure = (error: unknown, attempt: number, waitMs: number) => {
    if (hasCode(error, 'TABLE_MISMATCH')) throw error;
    log.warn({ err: error, attempt, waitMs }, 'tables not checked yet, will be repeated');
  };
  await retry(check, { clock, random, signal: stopping, backoff: startBackoff, onFailure }).catch((error: unknown) => {
    if (!stopping.aborted) throw error;
  });
}

function startOf(taken: TakenLease, firstEventId: number): Position {
  return taken.lastEventId === undefined
    ? { last: firstEventId - 1, empty: true }
    : { last: taken.lastEventId, empty: false };
}
