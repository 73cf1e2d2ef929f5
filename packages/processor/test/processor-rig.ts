import { systemClock } from '@waybill/shared/clock.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { onTestFinished, vi } from 'vitest';
import { recordedLog } from '../../shared/test/recorded-log.ts';
import { createProcessor, type ProcessorDependencies, type ProcessorSettings } from '../src/processor.ts';
import { Journal } from './journal.ts';
import { MemoryQueue } from './memory-queue.ts';
import { MemoryFailures, MemoryParcels } from './memory-tables.ts';

const settings: ProcessorSettings = {
  receivers: 2,
  receiveWaitMs: 20_000,
  writeConcurrency: 64,
  visibilityTimeoutMs: 30_000,
  stopTimeoutMs: 40_000,
};

/** Timers, `Date` and `performance` stand still until a test moves them; the system clock goes with them. */
export function useVirtualTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** Lets `seconds` of virtual time pass, and all that is due in it happen. */
export async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
}

/** A processor over ports in memory. */
export function rig(options: Partial<ProcessorSettings> & { readonly deps?: Partial<ProcessorDependencies> } = {}) {
  const { deps, ...overrides } = options;
  const journal = new Journal();
  const queue = new MemoryQueue(journal);
  const parcels = new MemoryParcels(journal);
  const failures = new MemoryFailures(journal);
  const { log, lines } = recordedLog();
  const processor = createProcessor({
    settings: { ...settings, ...overrides },
    log,
    clock: systemClock,
    random: () => 0.5,
    metrics: createMetrics(startTelemetry({ service: 'test', otlp: false }).meter),
    queue,
    parcels,
    failures,
    checkTables: async () => {},
    probes: {},
    ...deps,
  });
  /** Stops it and lets the stop's time pass; answers the seconds it took. */
  const stop = async () => {
    const begun = Date.now();
    const took = processor.stop().then(() => (Date.now() - begun) / 1_000);
    await pass(60);
    return await took;
  };
  const messages = (pattern: RegExp) => lines.map((line) => String(line['msg'])).filter((line) => pattern.test(line));
  return { journal, queue, parcels, failures, processor, stop, lines, messages };
}

/** An event of a parcel of its own, unless told otherwise. */
export function scan(eventId: number, fields: Partial<ScanEvent> = {}): ScanEvent {
  const createdDateTimeUtc = '2021-05-11T21:11:34.1506147Z';
  return { eventId, parcelId: eventId, type: 'STATUS', createdDateTimeUtc, statusCode: '', runId: '100', ...fields };
}

/** One message with these events. */
export function packed(...events: ScanEvent[]): string {
  return pack(events, 262_144)[0] ?? '';
}

/** One message with these elements, whatever they are. */
export function packOf(...elements: unknown[]): string {
  return `{"version":1,"events":${JSON.stringify(elements)}}`;
}

/** What an engine throws, by its name. */
export function engineError(name: string): Error {
  return Object.assign(new Error(`${name} happened`), { name });
}
