import type { Publishing } from '@waybill/shared/alarms/metric-alarm.ts';
import { commonVariables } from '@waybill/shared/process/process-config.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** When processes with these variables publish their metrics: as the slowest of them does. */
export function publishingOf(...processes: readonly [Variables, ...Variables[]]): Publishing {
  const intervals = processes.map(({ OTEL_METRIC_EXPORT_INTERVAL: given }) =>
    commonVariables.OTEL_METRIC_EXPORT_INTERVAL.parse(given),
  );
  return { exportIntervalMs: Math.max(...intervals) };
}
