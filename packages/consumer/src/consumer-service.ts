import {
  DependencyWatch,
  type Finding,
  healthReport,
  LoopWatch,
  type Probe,
  RequestWatch,
} from '@waybill/shared/process/health.ts';
import { createService } from '@waybill/shared/process/lifecycle.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { untilEnginesAnswer } from '@waybill/shared/process/table-check.ts';
import { Consumer, type ConsumerDependencies } from './consumer.ts';
import { watchDeadLetters } from './dead-letter-watch.ts';
import type { BreakerState } from './guard/breaker-state.ts';
import { budgetBytes } from './hand-budget.ts';
import { ReceiveBreaker } from './receive-breaker.ts';

export type ConsumerServiceDependencies<Work, Lane extends string> = Omit<
  ConsumerDependencies<Work, Lane>,
  'loops' | 'receives' | 'receiving' | 'maxReceiveCount' | 'onBreaker'
> & {
  /** Refuses tables that are not the expected ones (`TABLE_MISMATCH`); any other error is an engine that is not there yet. */
  readonly checkTables: () => Promise<void>;
  /** What readiness asks, by name. */
  readonly probes: Readonly<Record<string, Probe>>;
  /** Counts the queue's dead letters and publishes their number; asked once a minute. */
  readonly countDeadLetters?: () => Promise<unknown>;
  /** What else readiness tells of, by name. */
  readonly parts?: () => Readonly<Record<string, Finding>>;
};

/** A consumer as a service: begins once its engines answer, and says how it is. Throws `CONFIG_INVALID` where its heap is too small. */
export function createConsumer<Work, Lane extends string>(
  deps: ConsumerServiceDependencies<Work, Lane>,
): WatchedService {
  const { clock, log, queue, settings, countDeadLetters } = deps;
  budgetBytes(deps.heapBytes);
  const loops = new LoopWatch(clock);
  const watch = new DependencyWatch(clock, deps.probes);
  const receives = new RequestWatch(clock);
  const receiving = new ReceiveBreaker(deps);
  let breaker: BreakerState = 'closed';
  let checked = false;
  const service = createService(async (stopping) => {
    const ended = new AbortController();
    const watching = Promise.all([
      watch.run(ended.signal),
      countDeadLetters && watchDeadLetters({ countDeadLetters, clock, log }, ended.signal),
    ]);
    try {
      const ask = async () => {
        await deps.checkTables();
        return await queue.maxReceiveCount();
      };
      const maxReceiveCount = await untilEnginesAnswer(ask, { ...deps, loops }, stopping);
      if (maxReceiveCount === undefined) return;
      checked = true;
      if (!Number.isFinite(maxReceiveCount)) {
        log.warn('the queue has no redrive policy: messages that fail stay on it until they expire');
      }
      log.info({ maxReceiveCount, ...settings }, 'processing');
      const onBreaker = (state: BreakerState) => {
        breaker = state;
      };
      await new Consumer({ ...deps, loops, receives, receiving, maxReceiveCount, onBreaker }).run(stopping);
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
        receives: receiving.finding() ?? receives.finding(),
        breaker: { ok: breaker === 'closed', detail: breaker },
        ...deps.parts?.(),
      }),
  };
}
