import { metricDefinitions } from '@waybill/shared/metrics.ts';
import { outcomes, tableOfTrouble, writtenTables } from '../monitoring/metric-values.ts';

/** Values that an attribute takes in a day without trouble; one that comes with trouble alone costs only the hours it comes in. */
const everydayValues: Readonly<Record<string, readonly string[]>> = {
  'waybill.feed.requests': ['ok'],
  'waybill.processor.outcomes': outcomes,
  'waybill.processor.failures': [],
  'waybill.store.write_units': writtenTables.filter((table) => table !== tableOfTrouble),
};

/** The custom metrics that CloudWatch bills, each with its dimension's value, as if all of them had data in every hour. */
export function customMetrics(): string[] {
  return Object.entries(metricDefinitions).flatMap(([name, definition]) => {
    if (!('cloudWatch' in definition)) return [];
    return definition.cloudWatch.flatMap((keys: readonly string[]) => {
      if (keys.length === 0) return [name];
      const values = everydayValues[name];
      if (!values) throw new Error(`It is not said which values the attributes of ${name} take`);
      return values.map((value) => `${name} ${keys.join(', ')}=${value}`);
    });
  });
}
