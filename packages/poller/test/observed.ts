import type { Metrics } from '@waybill/shared/metrics.ts';
import { createLogger, type Logger } from '@waybill/shared/process/logger.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { noteLeaks } from '../../shared/test/planted.ts';

/** Sums of counters, last values of gauges; with attributes as `name{value,…}` too. */
export type Measured = { readonly metrics: Metrics; readonly value: (name: string) => number | undefined };

export function measured(): Measured {
  const values = new Map<string, number>();
  const keys = (name: string, attributes: Record<string, unknown> = {}) => [
    name,
    ...(Object.keys(attributes).length > 0 ? [`${name}{${Object.values(attributes).join()}}`] : []),
  ];
  const counter = (name: string) => ({
    add: (amount: number, attributes?: Record<string, unknown>) => {
      for (const key of keys(name, attributes)) values.set(key, (values.get(key) ?? 0) + amount);
    },
  });
  const gauge = (name: string) => ({
    record: (value: number, attributes?: Record<string, unknown>) => {
      for (const key of keys(name, attributes)) values.set(key, value);
    },
  });
  const meter = { createCounter: counter, createGauge: gauge, createHistogram: gauge };
  // Sound because createMetrics calls these three only; a whole Meter is of no use to a test.
  const metrics = createMetrics(meter as unknown as Parameters<typeof createMetrics>[0]);
  return { metrics, value: (name) => values.get(name) };
}

export type LogLine = { readonly level: string; readonly msg: string; readonly [field: string]: unknown };

/** A logger whose lines a test can read. */
export function recordedLog(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = createLogger(
    { service: 'test', level: 'debug', pretty: false },
    {
      write: (line) => {
        noteLeaks(line);
        lines.push(JSON.parse(line));
      },
    },
  );
  return { log, lines };
}
