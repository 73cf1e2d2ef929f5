import type { Attributes, Counter, Meter } from '@opentelemetry/api';
import type { MetricDefinition } from '../metric-definition.ts';
import { type Metrics, metricDefinitions } from '../metrics.ts';
import { prices } from '../prices.ts';

/**
 * Makes the instrument of every metric.
 *
 * @param process whose counters begin at zero, `poller`
 */
export function createMetrics(meter: Meter, process?: string): Metrics {
  const optionsOf = ({ unit, meaning }: MetricDefinition) => ({ unit, description: meaning });
  const cost = 'waybill.cost.spent';
  const spent = meter.createCounter(cost, optionsOf(metricDefinitions[cost]));
  const create = ([name, definition]: [string, MetricDefinition]) => {
    const options = optionsOf(definition);
    const { kind, spends, buckets = [] } = definition;
    if (name === cost) return [name, spent];
    if (kind === 'counter') {
      const counter = meter.createCounter(name, options);
      for (const attributes of zerosOf(definition, process)) counter.add(0, attributes);
      return [name, spends ? spending(counter, spent, spends) : counter];
    }
    if (kind === 'gauge') return [name, meter.createGauge(name, options)];
    return [name, meter.createHistogram(name, { ...options, advice: { explicitBucketBoundaries: [...buckets] } })];
  };
  // Sound because each entry is made by its own definition's kind; Object.fromEntries cannot say so.
  return Object.fromEntries(Object.entries(metricDefinitions).map(create)) as Metrics;
}

function zerosOf({ fromZero }: MetricDefinition, process: string | undefined): readonly Attributes[] {
  if (!fromZero || process === undefined || !fromZero.by.includes(process)) return [];
  return fromZero.attributes ?? [{}];
}

/** A counter whose counts also add to what was spent. */
function spending(
  counter: Counter,
  spent: Counter,
  { price, service }: NonNullable<MetricDefinition['spends']>,
): Counter {
  return {
    add: (count, ...rest) => {
      counter.add(count, ...rest);
      spent.add(count * prices[price].usd, { service });
    },
  };
}
