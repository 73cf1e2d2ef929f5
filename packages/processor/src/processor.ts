import { DependencyWatch, healthReport, LoopWatch, type Probe, RequestWatch } from '@waybill/shared/process/health.ts';
import { createService } from '@waybill/shared/process/lifecycle.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { untilEnginesAnswer } from '@waybill/shared/process/table-check.ts';
import { type ConsumeDependencies, type ConsumeSettings, consume } from './consume.ts';
import type { BreakerState } from './guard/guard.ts';

export type ProcessorSettings = ConsumeSettings;

/** What the work needs, without what the processor itself watches or finds out. */
type OfConsume = Omit<ConsumeDependencies, 'loops' | 'receives' | 'maxReceiveCount' | 'onBreaker'>;

export type ProcessorDependencies = OfConsume & {
  /** Refuses tables that are not the expected ones (`TABLE_MISMATCH`); any other error is an engine that is not there yet. */
  readonly checkTables: () => Promise<void>;
  /** What readiness asks, by name. */
  readonly probes: Readonly<Record<string, Probe>>;
};

/** Takes packs off the queue, writes parcel state and settles each message, until it is stopped. */
export function createProcessor(dependencies: ProcessorDependencies): WatchedService {
  const loops = new LoopWatch(dependencies.clock);
  const watch = new DependencyWatch(dependencies.clock, dependencies.probes);
  const receives = new RequestWatch(dependencies.clock);
  let breaker: BreakerState = 'closed';
  let checked = false;
  const service = createService(async (stopping) => {
    const ended = new AbortController();
    const watching = watch.run(ended.signal);
    try {
      const ask = async () => {
        await dependencies.checkTables();
        return await dependencies.queue.maxReceiveCount();
      };
      const maxReceiveCount = await untilEnginesAnswer(ask, dependencies, stopping);
      if (maxReceiveCount === undefined) return;
      checked = true;
      if (!Number.isFinite(maxReceiveCount)) {
        dependencies.log.warn('the queue has no redrive policy: messages that fail stay on it until they expire');
      }
      dependencies.log.info({ maxReceiveCount, ...dependencies.settings }, 'processing');
      const onBreaker = (state: BreakerState) => {
        breaker = state;
      };
      await consume({ ...dependencies, loops, receives, maxReceiveCount, onBreaker }, stopping);
    } finally {
      ended.abort();
      await watching;
    }
  });
  return {
    ...service,
    live: () => loops.report(),
    ready: () =>
      healthReport({
        ...watch.parts(),
        tables: { ok: checked, detail: checked ? 'checked' : 'not checked yet' },
        receives: receives.finding(),
        breaker: { ok: breaker === 'closed', detail: breaker },
      }),
  };
}
