import { metricDefinitions } from '@waybill/shared/metrics.ts';
import { failuresTable, outcomes, writtenTables } from '../monitoring/metric-values.ts';

/** Values that an attribute has on a day without errors. A value that comes only with errors costs only the hours in which it comes. */
const everydayValues = (api: boolean): Readonly<Record<string, readonly string[]>> => ({
  'waybill.feed.requests': ['ok'],
  'waybill.processor.outcomes': outcomes,
  'waybill.processor.failures': [],
  'waybill.store.write_units': writtenTables({ api }).filter((table) => table !== failuresTable),
});

/** What the access log of the API is counted for: it has data in the hours with answers 503 only, and counts all the same. */
const ofTheAccessLog = ['waybill.api.unavailable'];

/** The custom metrics that CloudWatch bills, each with the value of its dimension, as if all had data in every hour. */
export function customMetrics({ api }: { readonly api: boolean } = { api: false }): string[] {
  const ofProcesses = Object.entries(metricDefinitions).flatMap(([name, definition]) => {
    if (!('cloudWatch' in definition) || (!api && name.startsWith('waybill.ingestion.'))) return [];
    return definition.cloudWatch.flatMap((keys: readonly string[]) => {
      if (keys.length === 0) return [name];
      const values = everydayValues(api)[name];
      if (!values) throw new Error(`everydayValues does not have the values of the attributes of ${name}`);
      return values.map((value) => `${name} ${keys.join(', ')}=${value}`);
    });
  });
  return api ? [...ofProcesses, ...ofTheAccessLog] : ofProcesses;
}
