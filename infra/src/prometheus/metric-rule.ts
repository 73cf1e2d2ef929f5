import type { MetricAlarm } from '@waybill/shared/alarms.ts';
import type { MetricName } from '@waybill/shared/metrics.ts';
import { added, duration, type GroupLabel, neverSeen, ofHolder, ofProcesses, running, series } from './expression.ts';

/** What a rule watches, and for how long it must hold before somebody is told, seconds. */
export type Watched = { readonly expr: string; readonly forSeconds: number };

const minuteSeconds = 60;

/** Whose counts the alarm is about, where others count the same: on CloudWatch these have a namespace of their own. */
const countedBy: Partial<Readonly<Record<MetricName, string>>> = { 'waybill.queue.lost_receives': 'processor' };

/** The rule that is raised when CloudWatch raises the alarm about the same metric. */
export function metricRule(alarm: MetricAlarm, by: readonly GroupLabel[]): Watched {
  const { comparison, threshold, periodSeconds, periods, datapoints, percentWith, missing } = alarm;
  const breached = `${comparison} ${threshold}`;
  if (datapoints !== undefined) {
    const window = `[${duration(periods * periodSeconds)}:${duration(periodSeconds)}]`;
    return {
      expr: `sum_over_time((${readingOf(alarm, by)} ${comparison} bool ${threshold})${window}) >= ${datapoints}`,
      forSeconds: 0,
    };
  }
  // The first of the periods is the range of the expression.
  const forSeconds = (periods - 1) * periodSeconds;
  if (percentWith) {
    const counted = readingOf(alarm, by);
    const others = added(series(percentWith.metric), periodSeconds, by);
    return {
      expr: `100 * ${counted} / (${counted} + (${others} or 0 * ${counted})) ${breached} and ${counted} >= ${percentWith.atLeast}`,
      forSeconds,
    };
  }
  if (missing === 'notBreaching') return { expr: `${readingOf(alarm, by)} ${breached}`, forSeconds };
  const service = alarm.metric.startsWith('waybill.feed.') ? 'poller' : 'processor';
  const none = `0 * group by (${by.join(', ')}) (last_over_time(${running(service)}[7d]))`;
  return { expr: `(${readingOf(alarm, by)} or ${none}) ${breached} or ${neverSeen(service)}`, forSeconds };
}

function readingOf({ metric, attributes, statistic, periodSeconds }: MetricAlarm, by: readonly GroupLabel[]): string {
  const selected = series(metric, attributes);
  const groups = by.join(', ');
  const service = countedBy[metric];
  if (service !== undefined) {
    const increments = `increase(${selected}[${duration(periodSeconds)}])`;
    return `sum by (${groups}) (${ofProcesses(service, increments, periodSeconds)})`;
  }
  if (statistic === 'Sum') return added(selected, periodSeconds, by);
  if (!metric.startsWith('waybill.feed.'))
    return `max by (${groups}) (max_over_time(${selected}[${duration(periodSeconds)}]))`;
  // Moment by moment, since the lease may have moved within the period.
  const held = `max by (${groups}) (${ofHolder(selected)})`;
  return `max_over_time((${held})[${duration(periodSeconds)}:${duration(minuteSeconds)}])`;
}
