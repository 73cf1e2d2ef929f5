import { metricDefinitions } from '@waybill/shared/metrics.ts';
import {
  failuresTable,
  notificationOutcomes,
  notificationsTable,
  outcomes,
  writtenTables,
} from '../monitoring/metric-values.ts';

/** What a deployment has beside pollers and processors. */
export type Extras = { readonly api?: boolean; readonly webhooks?: number };

/** Values that an attribute has on a day without errors. A value that comes only with errors costs only the hours in which it comes. */
const everydayValues = (api: boolean): Readonly<Record<string, readonly string[]>> => ({
  'waybill.feed.requests': ['ok'],
  'waybill.processor.outcomes': outcomes,
  'waybill.processor.failures': [],
  'waybill.store.throttles': [],
  'waybill.store.write_units': writtenTables({ api }).filter((table) => table !== failuresTable),
});

/** The same for a notifier, which has what it publishes in a namespace of its own. */
const everydayOfNotifiers: Readonly<Record<string, readonly string[]>> = {
  'waybill.notifier.notifications': notificationOutcomes,
  'waybill.store.throttles': [],
  'waybill.store.write_units': [notificationsTable],
};

/** What every process that receives from a queue publishes besides its own. */
const ofEveryConsumer = ['waybill.queue.', 'waybill.store.'];

/** What the access log of the API is counted for: it has data in the hours with answers 503 only, and counts all the same. */
const ofTheAccessLog = ['waybill.api.unavailable'];

/** The custom metrics that CloudWatch bills, each with the value of its dimension, as if all had data in every hour. */
export function customMetrics({ api = false, webhooks = 0 }: Extras = {}): string[] {
  const left = [
    'waybill.notifier.',
    ...(api ? [] : ['waybill.ingestion.']),
    ...(webhooks > 0 ? [] : ['waybill.announcements.']),
  ];
  const ofProcesses = published((name) => !startsWithOne(name, left), everydayValues(api));
  const ofOneNotifier = published(
    (name) => startsWithOne(name, ['waybill.notifier.', ...ofEveryConsumer]),
    everydayOfNotifiers,
  );
  return [
    ...ofProcesses,
    ...(api ? ofTheAccessLog : []),
    ...Array.from({ length: webhooks }, () => ofOneNotifier).flat(),
  ];
}

function startsWithOne(name: string, beginnings: readonly string[]): boolean {
  return beginnings.some((beginning) => name.startsWith(beginning));
}

function published(
  isOne: (name: string) => boolean,
  everyday: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  return Object.entries(metricDefinitions).flatMap(([name, definition]) => {
    if (!('cloudWatch' in definition) || !isOne(name)) return [];
    return definition.cloudWatch.flatMap((keys: readonly string[]) => {
      if (keys.length === 0) return [name];
      const values = everyday[name];
      if (!values) throw new Error(`the everyday values of the attributes of ${name} are missing here`);
      return values.map((value) => `${name} ${keys.join(', ')}=${value}`);
    });
  });
}
