import { metricDefinitions } from '@waybill/shared/metrics.ts';
import { failuresTable, outcomes, writtenTables } from '../monitoring/metric-values.ts';

/** Values that an attribute has on a day without errors. A value that comes only with errors costs only the hours in which it comes. */
const everydayValues: Readonly<Record<string, readonly string[]>> = {
  'waybill.feed.requests': ['ok'],
  'waybill.processor.outcomes': outcomes,
  'waybill.processor.failures': [],
  'waybill.store.write_units': writtenTables.filter((table) => table !== failuresTable),
};

/** The custom metrics that CloudWatch bills, each with the value of its dimension, as if all had data in every hour. */
export function customMetrics(): string[] {
  return Object.entries(metricDefinitions).flatMap(([name, definition]) => {
    if (!('cloudWatch' in definition)) return [];
    return definition.cloudWatch.flatMap((keys: readonly string[]) => {
      if (keys.length === 0) return [name];
      const values = everydayValues[name];
      if (!values) throw new Error(`everydayValues does not have the values of the attributes of ${name}`);
      return values.map((value) => `${name} ${keys.join(', ')}=${value}`);
    });
  });
}
