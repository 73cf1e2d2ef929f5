import { hasCode } from '@waybill/shared/error.ts';
import {
  DependencyWatch,
  type HealthReport,
  healthReport,
  LoopWatch,
  type Probe,
  RequestWatch,
} from '@waybill/shared/process/health.ts';
import { createService, type Service } from '@waybill/shared/process/lifecycle.ts';
import { type Backoff, retry } from '@waybill/shared/retry.ts';
import { type ConsumeDependencies, type ConsumeSettings, consume } from './consume.ts';
import type { BreakerState } from './guard/engine-guard.ts';

export type ProcessorSettings = ConsumeSettings;

/** What the work needs, without what the processor itself watches or finds out. */
type OfConsume = Omit<ConsumeDependencies, 'loops' | 'receives' | 'maxReceiveCount' | 'onBreaker'>;

export type ProcessorDependencies = OfConsume & {
  /** Refuses tables that are not the expected ones (`TABLE_MISMATCH`); any other error is an engine that is not there yet. */
  readonly checkTables: () => Promise<void>;
  /** What readiness asks, by name. */
  readonly probes: Readonly<Record<string, Probe>>;
};

export type Processor = Service & { readonly live: () => HealthReport; readonly ready: () => HealthReport };

const startBackoff: Backoff = { firstMs: 500, maxMs: 10_000 };

/** Takes packs off the queue, writes parcel state and settles each message, until it is stopped. */
export function createProcessor(dependencies: ProcessorDependencies): Processor {
  const loops = new LoopWatch(dependencies.clock);
  const watch = new DependencyWatch(dependencies.clock, dependencies.probes);
  const receives = new RequestWatch(dependencies.clock);
  let breaker: BreakerState = 'closed';
  let checked = false;
  const service = createService(async (stopping) => {
    const ended = new AbortController();
    const watching = watch.run(ended.signal);
    try {
      const maxReceiveCount = await waitForEngines(dependencies, stopping);
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

/** Asks until tables and queue answer; undefined when the stop comes first. */
async function waitForEngines(dependencies: ProcessorDependencies, stopping: AbortSignal): Promise<number | undefined> {
  const { clock, random, log, queue } = dependencies;
  const attempt = async () => {
    await dependencies.checkTables();
    return await queue.maxReceiveCount();
  };
  try {
    return await retry(attempt, {
      clock,
      random,
      signal: stopping,
      backoff: startBackoff,
      onFailure: (error, _attempt, waitMs) => {
        if (hasCode(error, 'TABLE_MISMATCH')) throw error;
        log.warn({ err: error, waitMs }, 'waiting for DynamoDB and SQS');
      },
    });
  } catch (error) {
    if (stopping.aborted && !hasCode(error, 'TABLE_MISMATCH')) return undefined;
    throw error;
  }
}
