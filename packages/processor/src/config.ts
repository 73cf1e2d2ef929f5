import { activityVariable } from '@waybill/shared/process/activity-variable.ts';
import { httpUrl, httpUrls, optionalTableName, readEnv, tableName, wholeNumber } from '@waybill/shared/process/env.ts';
import { commonVariables, processConfigOf } from '@waybill/shared/process/process-config.ts';
import { scanQueue } from '@waybill/shared/resources.ts';
import { z } from 'zod';
import type { ProcessorSettings } from './processor.ts';

/** Every variable of the processor: `docs/configuration.md` is made from it. */
export const processorVariables = {
  SCAN_QUEUE_URL: httpUrl({ meaning: 'URL of the scan queue' }),
  PARCELS_TABLE: tableName({ meaning: 'table of parcel states' }),
  FAILURES_TABLE: tableName({ meaning: 'table of failure records' }),
  BATCHES_TABLE: optionalTableName({
    meaning: 'table of batches that were pushed over HTTP; with it each message of a batch costs one write',
  }),
  RECEIVERS: wholeNumber({ min: 1, max: 64, default: 4, meaning: 'concurrent receive loops' }),
  RECEIVE_WAIT_SECONDS: wholeNumber({
    min: 0,
    max: 20,
    default: scanQueue.receiveWaitSeconds,
    meaning: 'wait of a long poll; `STOP_TIMEOUT_SECONDS` must be at least 10 s more',
  }),
  WRITE_CONCURRENCY: wholeNumber({ min: 1, max: 1_024, default: 64, meaning: 'conditional writes in flight' }),
  HISTORY_EVENTS: wholeNumber({ min: 0, max: 100, default: 32, meaning: 'scans kept with each parcel; 0: none' }),
  PARCEL_RETENTION_DAYS: wholeNumber({
    min: 0,
    max: 3_650,
    default: 0,
    meaning:
      'days after its delivery for which a parcel is kept; 0: for ever. A catch-up over old feeds stores parcels that expire soon. A scan that comes after the item has gone begins a new one',
  }),
  VISIBILITY_TIMEOUT_SECONDS: wholeNumber({
    min: 5,
    max: 3_600,
    default: scanQueue.visibilityTimeoutSeconds,
    meaning: 'visibility timeout of a received message; renewed while the message is in hand',
  }),
  ANNOUNCEMENT_QUEUE_URLS: httpUrls({
    most: 5,
    meaning:
      'queues, in the same region, to which milestones are announced; a message is settled once each has confirmed those that it brings',
  }),
  ANNOUNCE_MAX_AGE_HOURS: wholeNumber({
    min: 0,
    max: 87_600,
    default: 72,
    meaning:
      'a milestone is not announced when all that are known of its parcel are longer ago; 0: all are. A late pickup of long ago may be what a fresh delivery waits for',
  }),
  ...activityVariable,
  ...commonVariables,
};

/** Announcements there would be read as packs of scan events, and fail as such. */
const ownQueue = 'must not have SCAN_QUEUE_URL in it';

const schema = z
  .object(processorVariables)
  .refine(({ ANNOUNCEMENT_QUEUE_URLS, SCAN_QUEUE_URL }) => !ANNOUNCEMENT_QUEUE_URLS.includes(SCAN_QUEUE_URL), {
    path: ['ANNOUNCEMENT_QUEUE_URLS'],
    message: ownQueue,
    when: ({ value }) =>
      z.object({ ANNOUNCEMENT_QUEUE_URLS: z.array(z.string()), SCAN_QUEUE_URL: z.string() }).safeParse(value).success,
  })
  .refine((config) => config.STOP_TIMEOUT_SECONDS >= config.RECEIVE_WAIT_SECONDS + 10, {
    path: ['STOP_TIMEOUT_SECONDS'],
    message: 'must be at least RECEIVE_WAIT_SECONDS + 10: a stop lets the long poll in flight end',
    // Also when other variables are wrong, so that all errors are shown together.
    when: ({ value }) =>
      z.object({ STOP_TIMEOUT_SECONDS: z.number(), RECEIVE_WAIT_SECONDS: z.number() }).safeParse(value).success,
  });

/** Reads the processor's environment, in the units that the code uses. Throws `CONFIG_INVALID` with every wrong variable in it. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = readEnv(schema, env);
  const settings: ProcessorSettings = {
    receivers: read.RECEIVERS,
    receiveWaitMs: read.RECEIVE_WAIT_SECONDS * 1_000,
    writeConcurrency: read.WRITE_CONCURRENCY,
    visibilityTimeoutMs: read.VISIBILITY_TIMEOUT_SECONDS * 1_000,
    stopTimeoutMs: read.STOP_TIMEOUT_SECONDS * 1_000,
  };
  return {
    settings,
    kept: { historyEvents: read.HISTORY_EVENTS, retentionDays: read.PARCEL_RETENTION_DAYS },
    scanQueueUrl: read.SCAN_QUEUE_URL,
    parcelsTable: read.PARCELS_TABLE,
    failuresTable: read.FAILURES_TABLE,
    announcementQueueUrls: read.ANNOUNCEMENT_QUEUE_URLS,
    announceMaxAgeMs: read.ANNOUNCE_MAX_AGE_HOURS === 0 ? undefined : read.ANNOUNCE_MAX_AGE_HOURS * 3_600_000,
    batchesTable: read.BATCHES_TABLE === '' ? undefined : read.BATCHES_TABLE,
    process: processConfigOf(read),
  };
}
