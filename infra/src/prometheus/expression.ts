import { definitionOf, type MetricName } from '@waybill/shared/metrics.ts';

/**
 * The label that the scrape configuration gives the processes of one deployment, and the one that it gives the notifiers of
 * one webhook (docs/monitoring.md). A label that nobody sets is empty, and groups all the same.
 */
export type GroupLabel = 'environment' | 'webhook';

/** What tells a process from all others. */
const aProcess = 'environment, job, instance';

/** The name under which a process shows one of its own metrics at `/metrics`. */
function prometheusName(name: MetricName): string {
  return `${name.replaceAll('.', '_')}${definitionOf(name)?.kind === 'counter' ? '_total' : ''}`;
}

/** Selects the series of one of our metrics, or the part of a histogram's. */
export function series(
  name: MetricName,
  matchers: Readonly<Record<string, string>> = {},
  part: '' | '_bucket' | '_count' = '',
): string {
  const texts = Object.entries(matchers).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${prometheusName(name)}${part}${texts.length > 0 ? `{${texts.join(', ')}}` : ''}`;
}

/** Seconds as PromQL writes them: `5m`, `4d`. */
export function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const;
  const [unit, size] = units.find(([, length]) => seconds >= length && seconds % length === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}

/** A process that runs. */
export const running = (service: string) => series('waybill.build.info', { service });

/** `vector` as far as it comes from processes that ran in the last `seconds`. */
export function ofProcesses(service: string, vector: string, seconds: number): string {
  return `${vector} and on (${aProcess}) last_over_time(${running(service)}[${duration(seconds)}])`;
}

/**
 * A gauge of the feed as the poller shows that holds the lease. One that lost it, and stands by, goes on to show the last
 * value that it had.
 */
export function ofHolder(gauge: string): string {
  return `${gauge} and on (${aProcess}) (${series('waybill.poller.lease')} == 1)`;
}

/** Increments of a counter of all processes together. A process that starts again counts from zero, which `increase` knows. */
export function added(counter: string, seconds: number, by: readonly string[]): string {
  return `sum by (${by.join(', ')}) (increase(${counter}[${duration(seconds)}]))`;
}

/** Processes of a service that run; 0 in a deployment in which one ran within the last week, and none does now. */
export function runningCount(service: string, by: readonly GroupLabel[]): string {
  const groups = by.join(', ');
  return `(count by (${groups}) (${running(service)}) or 0 * group by (${groups}) (last_over_time(${running(service)}[7d])))`;
}

/** 1 where no process of a service was seen in the last week, in no deployment: nothing is fetched from it. */
export function neverSeen(service: string): string {
  return `absent_over_time(${running(service)}[7d])`;
}

/** A percentile of a histogram over the last minutes. */
export function quantile(share: number, histogram: MetricName, seconds: number, by: readonly string[]): string {
  return `histogram_quantile(${share}, sum by (${[...by, 'le'].join(', ')}) (rate(${series(histogram, {}, '_bucket')}[${duration(seconds)}])))`;
}
