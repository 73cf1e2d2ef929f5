import type { Metrics } from './metric-math.ts';
import type { Lags } from './setting.ts';

/** Who publishes each metric. */
const sources = { visible: 'sqs', sent: 'sqs', tasks: 'ecs', cpu: 'ecs', breaker: 'own' } as const;

const names = Object.keys(sources).filter((name): name is keyof typeof sources => name in sources);

/** The metrics of one minute. */
export type Minute = Readonly<Record<keyof typeof sources, number>>;

/** Minutes that an alarm looks back: the low alarm's fifteen, and as many as the latest metric may be missing. */
const lookBackMinutes = 21;

/** What CloudWatch has of the last minutes: nothing of those that a source has not published yet. */
export function publishedMetrics(allMinutes: readonly Minute[], lags: Lags): Metrics {
  const minutes = allMinutes.slice(-lookBackMinutes);
  return Object.fromEntries(
    names.map((name) => [
      name,
      minutes.map((minute, i) => (i <= minutes.length - lags[sources[name]] ? minute[name] : undefined)),
    ]),
  );
}
