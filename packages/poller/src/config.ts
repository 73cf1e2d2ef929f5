import { leaseVariables } from '@waybill/shared/checkpoint/lease-variables.ts';
import { activityVariable } from '@waybill/shared/process/activity-variable.ts';
import { httpUrl, pattern, readEnv, tableName, wholeNumber } from '@waybill/shared/process/env.ts';
import { commonVariables, processConfigOf } from '@waybill/shared/process/process-config.ts';
import { checkScanApi, scanApiOf, scanApiVariables } from '@waybill/shared/scan-api/scan-api-variables.ts';
import { sendingVariables } from '@waybill/shared/scan-api/sending-variables.ts';
import { z } from 'zod';
import type { PollerSettings } from './settings.ts';

/** Every variable that the poller reads. `docs/configuration.md` is made from it. */
export const pollerVariables = {
  ...scanApiVariables,
  POLL_INTERVAL_MS: wholeNumber({
    min: 50,
    max: 3_600_000,
    default: 1_000,
    meaning: 'wait after a page that had nothing new or was not full',
  }),
  FEED: pattern(/^[A-Za-z0-9._-]{1,128}$/, {
    allowed: '1–128 of `A-Za-z0-9._-`',
    default: 'scan-events',
    meaning: 'key of the checkpoint; two feeds may share the checkpoints table and nothing else',
  }),
  FIRST_EVENT_ID: wholeNumber({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    default: 1,
    meaning: 'EventId from which a new feed is read',
  }),
  ...leaseVariables,
  ...sendingVariables,
  CATCH_UP_READERS: wholeNumber({
    min: 1,
    max: 64,
    default: 8,
    meaning: 'parallel readers while the feed is far ahead, within the token bucket; 1: one request after the other',
  }),
  GAP_PATIENCE_SECONDS: wholeNumber({
    min: 0,
    max: 86_400,
    default: 600,
    meaning: 'time for which a skipped id is asked for again; 0: never',
  }),
  SCAN_QUEUE_URL: httpUrl({ meaning: 'URL of the scan queue' }),
  CHECKPOINTS_TABLE: tableName({ meaning: 'table of the position and the lease' }),
  ...activityVariable,
  ...commonVariables,
};

const schema = z.object(pollerVariables).superRefine(checkScanApi);

/** Reads the poller's environment, in the units that the code uses. Throws `CONFIG_INVALID` with every wrong variable in it. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = readEnv(schema, env);
  const settings: PollerSettings = {
    feed: read.FEED,
    firstEventId: read.FIRST_EVENT_ID,
    limit: read.SCAN_API_LIMIT,
    requestsPerSecond: read.SCAN_API_REQUESTS_PER_SECOND,
    requestTimeoutMs: read.SCAN_API_TIMEOUT_MS,
    pollIntervalMs: read.POLL_INTERVAL_MS,
    leaseMs: read.LEASE_SECONDS * 1_000,
    messageMaxBytes: read.MESSAGE_MAX_BYTES,
    maxQueueMessages: read.MAX_QUEUE_MESSAGES,
    catchUpReaders: read.CATCH_UP_READERS,
    gapPatienceMs: read.GAP_PATIENCE_SECONDS * 1_000,
  };
  return {
    settings,
    scanApi: scanApiOf(read),
    scanQueueUrl: read.SCAN_QUEUE_URL,
    checkpointsTable: read.CHECKPOINTS_TABLE,
    process: processConfigOf(read),
  };
}
