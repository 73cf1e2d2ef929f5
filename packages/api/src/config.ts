import type { NotifySettings } from '@waybill/notifier/delivery/delivery.ts';
import { notifyVariables, settingsOf } from '@waybill/notifier/notify-variables.ts';
import {
  optionalWebhookVariables,
  reportSettingsOf,
  webhookSettingsOf,
  withWebhookChecks,
} from '@waybill/notifier/webhook/webhook-variables.ts';
import type { Deployment } from '@waybill/operations/deployment.ts';
import { leaseVariables } from '@waybill/shared/checkpoint/lease-variables.ts';
import { activityVariable } from '@waybill/shared/process/activity-variable.ts';
import { httpUrl, optionalTableName, pattern, readEnv, tableName, wholeNumber } from '@waybill/shared/process/env.ts';
import { commonVariables, processConfigOf } from '@waybill/shared/process/process-config.ts';
import { stagesVariable } from '@waybill/shared/process/stages-variable.ts';
import { sendingVariables } from '@waybill/shared/scan-api/sending-variables.ts';
import { z } from 'zod';
import { ingestSecretsVariable } from './access/ingest-secrets-variable.ts';
import { tokensVariable } from './access/tokens-variable.ts';
import type { ApiSettings } from './server/api-dependencies.ts';

/** Every variable that the API reads. `docs/configuration.md` is made from it. */
export const apiVariables = {
  API_PORT: wholeNumber({
    min: 0,
    max: 65_535,
    default: 8081,
    meaning: 'port of the API; `/livez`, `/readyz` and `/metrics` stay on `HTTP_PORT`; 0 for any free port',
  }),
  API_HOST: pattern(/^[A-Za-z0-9.:-]+$/, {
    allowed: 'a host name or address',
    default: '0.0.0.0',
    meaning: 'address on which the API listens',
  }),
  API_TOKENS: tokensVariable,
  INGEST_SECRETS: ingestSecretsVariable,
  SCAN_QUEUE_URL: httpUrl({ meaning: 'URL of the scan queue' }),
  PARCELS_TABLE: tableName({ meaning: 'table of parcel states' }),
  CHECKPOINTS_TABLE: tableName({ meaning: 'table of the position and the lease' }),
  FAILURES_TABLE: tableName({ meaning: 'table of failure records' }),
  BATCHES_TABLE: tableName({ meaning: 'table of pushed batches' }),
  OPERATIONS_TABLE: tableName({ meaning: 'table of what operators did' }),
  NOTIFICATIONS_TABLE: optionalTableName({
    meaning: 'table of notifications; without it their routes answer 404 `NOTIFICATIONS_OFF`',
  }),
  ...optionalWebhookVariables,
  ...notifyVariables,
  FEED: pattern(/^[A-Za-z0-9._-]{1,128}$/, {
    allowed: '1–128 of `A-Za-z0-9._-`',
    default: 'scan-events',
    meaning: 'the feed whose checkpoint is read, and that notifications are of',
  }),
  ...leaseVariables,
  STAGES: stagesVariable,
  API_REQUESTS_PER_SECOND: wholeNumber({
    min: 0,
    max: 10_000,
    default: 50,
    meaning: 'requests of each token, in this process; 429 beyond; 0: no limit',
  }),
  ...sendingVariables,
  API_BODY_MAX_BYTES: wholeNumber({
    min: 1_024,
    max: 10_485_760,
    default: 4_194_304,
    meaning: 'longest body of a request, also after decompression; 413 beyond',
  }),
  ...activityVariable,
  ...commonVariables,
};

const numbers = (...names: readonly string[]) => z.object(Object.fromEntries(names.map((name) => [name, z.number()])));
// Also when other variables are wrong, so that all errors are shown together.
const when = (...names: readonly string[]) => {
  const needed = numbers(...names);
  return ({ value }: { value: unknown }) => needed.safeParse(value).success;
};

const texts = z.object({ WEBHOOK_URL: z.string(), NOTIFICATIONS_TABLE: z.string() });

/** A stop waits for the longest request, and then for connections that are cut and for the last export. */
const shortestStopSeconds = 15;

const schema = withWebhookChecks(z.object(apiVariables))
  .refine((config) => config.WEBHOOK_URL === '' || config.NOTIFICATIONS_TABLE !== '', {
    path: ['NOTIFICATIONS_TABLE'],
    message: 'is required with WEBHOOK_URL',
    when: ({ value }) => texts.safeParse(value).success,
  })
  .refine((config) => config.API_PORT === 0 || config.API_PORT !== config.HTTP_PORT, {
    path: ['API_PORT'],
    message: 'must differ from HTTP_PORT: health and metrics are not for those who use the API',
    when: when('API_PORT', 'HTTP_PORT'),
  })
  .refine((config) => config.STOP_TIMEOUT_SECONDS >= shortestStopSeconds, {
    path: ['STOP_TIMEOUT_SECONDS'],
    message: `must be at least ${shortestStopSeconds}: a stop lets the requests in flight end`,
    when: when('STOP_TIMEOUT_SECONDS'),
  });

/** Reads the API's environment, in the units that the code uses. Throws `CONFIG_INVALID` with every wrong variable in it. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = readEnv(schema, env);
  const settings: ApiSettings = {
    tokens: read.API_TOKENS,
    ingestSecrets: read.INGEST_SECRETS,
    requestsPerSecond: read.API_REQUESTS_PER_SECOND,
    bodyMaxBytes: read.API_BODY_MAX_BYTES,
    maxQueueMessages: read.MAX_QUEUE_MESSAGES,
    messageMaxBytes: read.MESSAGE_MAX_BYTES,
    leaseMs: read.LEASE_SECONDS * 1_000,
  };
  const deployment: Deployment = {
    scanQueueUrl: read.SCAN_QUEUE_URL,
    parcelsTable: read.PARCELS_TABLE,
    checkpointsTable: read.CHECKPOINTS_TABLE,
    failuresTable: read.FAILURES_TABLE,
    operationsTable: read.OPERATIONS_TABLE,
    batchesTable: read.BATCHES_TABLE,
    notificationsTable: read.NOTIFICATIONS_TABLE || undefined,
    activityTable: read.ACTIVITY_TABLE || undefined,
    feed: read.FEED,
  };
  const notify: NotifySettings = { ...settingsOf(read), feed: read.FEED, stages: read.STAGES };
  return {
    settings,
    deployment,
    webhook: webhookSettingsOf(read),
    report: reportSettingsOf(read),
    notify,
    mapping: read.STAGES,
    address: { host: read.API_HOST, port: read.API_PORT },
    process: processConfigOf(read),
  };
}
