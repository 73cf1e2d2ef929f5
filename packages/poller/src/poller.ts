import type { CheckpointStore } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import { type Clock, type Random, watchedClock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import {
  DependencyWatch,
  healthReport,
  LoopWatch,
  type Probe,
  ReportedHealth,
  RequestWatch,
} from '@waybill/shared/process/health.ts';
import { createService } from '@waybill/shared/process/lifecycle.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { untilEnginesAnswer } from '@waybill/shared/process/table-check.ts';
import type { MessageSender, QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import { TokenBucket } from '@waybill/shared/scan-api/token-bucket.ts';
import type { QueueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { standBy } from './checkpoint/stand-by.ts';
import { loopSilences } from './loop-silence.ts';
import type { PollerSettings } from './settings.ts';
import { workUnderLease } from './work-under-lease.ts';

export type PollerDependencies = {
  readonly settings: PollerSettings;
  /** `heap_size_limit` of V8, bytes: pages of several readers are kept within it. */
  readonly heapBytes: number;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly feed: ScanFeed;
  readonly queue: MessageSender & QueueDepth;
  readonly checkpoints: CheckpointStore;
  readonly metrics: Metrics;
  /** Of the queue; undefined: pages are not traced. */
  readonly traces?: QueueTraces | undefined;
  /** Refuses a table that is not the expected one (`TABLE_MISMATCH`); any other error is an engine that is not there yet. */
  readonly checkTables: () => Promise<void>;
  /** Gaps that are listed one by one at most; without it, as many as the checkpoint's item takes well. */
  readonly mostListedGaps?: number | undefined;
  /** What readiness asks, by name. */
  readonly probes: Readonly<Record<string, Probe>>;
};

/**
 * The poller: stands by for the lease; with it, reads the feed from the checkpoint on, puts its events on the queue and
 * moves the checkpoint behind what the queue confirmed. A lost lease sends it back to standing by.
 */
export function createPoller(deps: PollerDependencies): WatchedService {
  const { settings, log, clock, metrics } = deps;
  const { leaseMs } = settings;
  const loops = new LoopWatch(clock);
  const probes = new DependencyWatch(clock, deps.probes);
  const writes = new RequestWatch(clock);
  const health = new ReportedHealth({
    feed: { ok: true, detail: 'no request yet' },
    progress: { ok: true, detail: 'no page yet' },
    lease: { ok: false, detail: 'not requested yet' },
    queue: { ok: true, detail: 'nothing sent yet' },
  });
  const checkpoints: CheckpointStore = {
    ...deps.checkpoints,
    acquire: (...args) => writes.watch(() => deps.checkpoints.acquire(...args)),
    renew: (...args) => writes.watch(() => deps.checkpoints.renew(...args)),
  };
  const bucket = new TokenBucket({ perSecond: settings.requestsPerSecond, clock });

  const service = createService(async (stopping) => {
    void probes.run(stopping);
    await untilEnginesAnswer(deps.checkTables, { ...deps, loops }, stopping);
    const leaseClock = watchedClock(clock, loops.watch('lease', loopSilences(settings).lease));
    let former: string | undefined;
    while (!stopping.aborted) {
      metrics['waybill.poller.lease'].record(0);
      health.report('lease', { ok: true, detail: 'standing by' });
      const taken = await standBy({ ...deps, checkpoints, clock: leaseClock, leaseMs, former }, stopping);
      if (!taken) break;
      former = taken.holder;
      metrics['waybill.poller.lease'].record(1);
      health.report('lease', { ok: true, detail: `held with token ${taken.token}` });
      log.info({ feed: settings.feed, token: taken.token, lastEventId: taken.lastEventId }, 'lease taken');
      const { report: reportHealth } = health;
      await workUnderLease(taken, { ...deps, checkpoints, leaseClock, bucket, loops, reportHealth }, stopping);
    }
  });

  return {
    ...service,
    live: () => loops.report(),
    ready: () => healthReport({ ...probes.parts(), ...health.parts(), checkpoint: writes.finding() }),
  };
}
