import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import {
  DependencyWatch,
  type Finding,
  healthReport,
  LoopWatch,
  type Probe,
  RequestWatch,
} from '@waybill/shared/process/health.ts';
import { createService } from '@waybill/shared/process/lifecycle.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { untilEnginesAnswer } from '@waybill/shared/process/table-check.ts';
import type { MessageSender, QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import type { CheckpointStore } from './checkpoint/checkpoint-store.ts';
import { standBy } from './checkpoint/stand-by.ts';
import type { ScanFeed } from './feed/scan-feed.ts';
import { TokenBucket } from './feed/token-bucket.ts';
import { loopSilences } from './loop-silence.ts';
import type { PollerSettings } from './settings.ts';
import { type WorkDependencies, workUnderLease } from './work-under-lease.ts';

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

/**
 * The poller: stands by for the lease; with it, reads the feed from the checkpoint on, puts its events on the queue and
 * moves the checkpoint behind what the queue confirmed. A lost lease sends it back to standing by. Readiness says whether
 * the dependencies answer, the feed is read and moves on and the queue takes messages, and who holds the lease.
 */
export function createPoller(deps: PollerDependencies): WatchedService {
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
  const find: WorkDependencies['find'] = (part, finding) => {
    findings[part] = finding;
  };

  const service = createService(async (stopping) => {
    void dependencies.run(stopping);
    await untilEnginesAnswer(deps.checkTables ?? (async () => undefined), deps, stopping);
    let former: string | undefined;
    while (!stopping.aborted) {
      metrics['waybill.poller.lease'].record(0);
      findings.lease = { ok: true, detail: 'standing by' };
      const tick = loops.watch('lease', loopSilences(config).lease);
      const { leaseMs } = config;
      const taken = await standBy({ checkpoints, clock, random, log, leaseMs, former, tick }, stopping);
      if (!taken) break;
      former = taken.holder;
      metrics['waybill.poller.lease'].record(1);
      findings.lease = { ok: true, detail: `held with token ${taken.token}` };
      log.info({ feed: config.feed, token: taken.token, lastEventId: taken.lastEventId }, 'lease taken');
      await workUnderLease(taken, { ...deps, checkpoints, bucket, loops, find }, stopping);
    }
  });

  return {
    ...service,
    live: () => loops.report(),
    ready: () => healthReport({ ...dependencies.parts(), ...findings, checkpoint: writes.finding() }),
  };
}
