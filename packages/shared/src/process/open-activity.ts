import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { MetricReader } from '@opentelemetry/sdk-metrics';
import { ActivityReader, activityIntervalMs } from '../activity/activity-reader.ts';
import { activeKinds } from '../activity/series.ts';
import type { Clock } from '../clock.ts';
import { openDynamoDb } from './aws-clients.ts';
import type { Logger } from './logger.ts';
import type { ProcessConfig } from './process-config.ts';

export type Activity = {
  /** Under which the process stands in the table. */
  readonly process: string;
  readonly reader: MetricReader;
  readonly close: () => void;
};

/** What this process says of itself in the table of {@link ProcessConfig.activityTable}; undefined without one. */
export function openActivity(
  name: string,
  { activityTable: tableName, build, proxies }: Pick<ProcessConfig, 'activityTable' | 'build' | 'proxies'>,
  { log, clock }: { readonly log: Logger; readonly clock: Pick<Clock, 'now' | 'monotonic'> },
): Activity | undefined {
  const kind = activeKinds.find((each) => each === name);
  if (tableName === undefined || kind === undefined) return undefined;
  // With one socket of its own: a table that hangs must not keep parcels waiting, nor the other way round.
  const dynamodb = openDynamoDb({
    ...{ requestTimeoutMs: 4_000, maxSockets: 1, proxies },
    // The next item says it all, ten seconds later.
    maxAttempts: 1,
    variables: { [tableName]: 'ACTIVITY_TABLE' },
  });
  const process = `${kind}-${randomUUID().slice(0, 8)}`;
  const startedAtUtc = new Date(clock.now()).toISOString();
  const reader = new ActivityReader({
    identity: { process, kind, version: build.version, startedAtUtc },
    intervalMs: activityIntervalMs,
    put: async (Item) => void (await dynamodb.send(new PutItemCommand({ TableName: tableName, Item }))),
    failed: (err) => log.warn({ err }, 'what this process does was not written to ACTIVITY_TABLE, it goes on'),
    clock,
  });
  return { process, reader, close: () => dynamodb.destroy() };
}
