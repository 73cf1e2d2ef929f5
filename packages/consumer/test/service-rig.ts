import { type Clock, type Random, systemClock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Probe } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import type { QueueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { onTestFinished, vi } from 'vitest';
import { recordedLog } from '../../shared/test/recorded-log.ts';
import type { ConsumerSettings } from '../src/consumer.ts';
import { imageHeapBytes } from './image-heap.ts';
import { Journal } from './journal.ts';
import { MemoryBatches } from './memory-batches.ts';
import { MemoryFailures } from './memory-failures.ts';
import { MemoryQueue } from './memory-queue.ts';

/** Timers, `Date` and `performance` stand still until a test moves them; the system clock goes with them. */
export function useVirtualTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** Lets `seconds` of virtual time pass, and all that is due in it happen. */
export async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
}

/** What an engine throws, by its name. */
export function engineError(name: string): Error {
  return Object.assign(new Error(`${name} happened`), { name });
}

/** What a service on a queue is made of, but for its work. */
export type ServicePorts = {
  readonly settings: ConsumerSettings;
  readonly heapBytes: number;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly queue: MemoryQueue;
  readonly failures: MemoryFailures;
  readonly batches?: MemoryBatches;
  readonly checkTables: () => Promise<void>;
  readonly probes: Readonly<Record<string, Probe>>;
  readonly countDeadLetters?: () => Promise<unknown>;
  readonly traces?: QueueTraces | undefined;
};

export type RigOptions = Partial<ConsumerSettings> & {
  readonly ports?: Partial<ServicePorts>;
  /** The deployment has a table of batches. */
  readonly hasBatches?: boolean;
};

/** A service over a queue and a failures table in memory. */
export function serviceRig<Opened extends { readonly service: WatchedService }>(
  { ports = {}, hasBatches = false, ...settings }: RigOptions,
  open: (ports: ServicePorts, journal: Journal) => Opened,
) {
  const journal = new Journal();
  const queue = ports.queue ?? new MemoryQueue(journal);
  const failures = ports.failures ?? new MemoryFailures(journal);
  const batches = new MemoryBatches(journal);
  const { log, lines } = recordedLog();
  const opened = open(
    {
      settings: {
        receivers: 2,
        receiveWaitMs: 20_000,
        visibilityTimeoutMs: 30_000,
        stopTimeoutMs: 40_000,
        ...settings,
      },
      heapBytes: imageHeapBytes,
      log,
      clock: systemClock,
      random: () => 0.5,
      metrics: createMetrics(startTelemetry({ service: 'test', otlp: false }).meter),
      checkTables: async () => {},
      probes: {},
      ...(hasBatches && { batches }),
      ...ports,
      queue,
      failures,
    },
    journal,
  );
  /** Stops it and lets the stop's time pass; returns the seconds it took. */
  const stop = async () => {
    const begun = Date.now();
    const took = opened.service.stop().then(() => (Date.now() - begun) / 1_000);
    await pass(60);
    return await took;
  };
  const messages = (pattern: RegExp) => lines.map((line) => String(line['msg'])).filter((line) => pattern.test(line));
  return { ...opened, journal, queue, failures, batches, stop, lines, messages };
}
