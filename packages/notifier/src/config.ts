import { activityVariable } from '@waybill/shared/process/activity-variable.ts';
import { httpUrl, pattern, readEnv, tableName, wholeNumber } from '@waybill/shared/process/env.ts';
import { commonVariables, processConfigOf } from '@waybill/shared/process/process-config.ts';
import { stagesVariable } from '@waybill/shared/process/stages-variable.ts';
import { announcementQueue } from '@waybill/shared/resources.ts';
import { z } from 'zod';
import type { NotifySettings } from './delivery/delivery.ts';
import type { NotifierSettings } from './notifier.ts';
import { notifyVariables, settingsOf } from './notify-variables.ts';
import {
  reportSettingsOf,
  webhookSettingsOf,
  webhookVariables,
  withWebhookChecks,
} from './webhook/webhook-variables.ts';

/** Every variable of the notifier: `docs/configuration.md` is made from it. */
export const notifierVariables = {
  NOTIFICATION_QUEUE_URL: httpUrl({ meaning: 'URL of the queue of announcements that this notifier reads' }),
  PARCELS_TABLE: tableName({ meaning: 'table of parcel states' }),
  NOTIFICATIONS_TABLE: tableName({ meaning: 'table of notifications; each webhook has its own' }),
  FAILURES_TABLE: tableName({ meaning: 'table of failure records' }),
  ...webhookVariables,
  ...notifyVariables,
  FEED: pattern(/^[A-Za-z0-9._-]{1,128}$/, {
    allowed: '1–128 of `A-Za-z0-9._-`',
    default: 'scan-events',
    meaning: 'the feed that the parcels are of: a part of the ids by which the receiver knows notifications',
  }),
  STAGES: stagesVariable,
  RECEIVERS: wholeNumber({ min: 1, max: 64, default: 4, meaning: 'concurrent receive loops' }),
  RECEIVE_WAIT_SECONDS: wholeNumber({
    min: 0,
    max: 20,
    default: announcementQueue.receiveWaitSeconds,
    meaning: 'wait of a long poll; `STOP_TIMEOUT_SECONDS` must be at least 10 s more',
  }),
  VISIBILITY_TIMEOUT_SECONDS: wholeNumber({
    min: 5,
    max: 3_600,
    default: announcementQueue.visibilityTimeoutSeconds,
    meaning: 'visibility timeout of a received message; renewed while the message is in hand',
  }),
  ...activityVariable,
  ...commonVariables,
};

const stopTimeout = z.object({ STOP_TIMEOUT_SECONDS: z.number() });
const polls = stopTimeout.extend({ RECEIVE_WAIT_SECONDS: z.number() });
const attempts = stopTimeout.extend({ WEBHOOK_TIMEOUT_MS: z.number() });

/** Seconds of a stop that an attempt which has just begun may need: what is in hand is finished in the first half of it. */
const stopSecondsFor = (webhookTimeoutMs: number) => Math.ceil((2 * webhookTimeoutMs) / 1_000);

const schema = withWebhookChecks(
  z
    .object(notifierVariables)
    .refine((config) => config.STOP_TIMEOUT_SECONDS >= config.RECEIVE_WAIT_SECONDS + 10, {
      path: ['STOP_TIMEOUT_SECONDS'],
      message: 'must be at least RECEIVE_WAIT_SECONDS + 10: a stop lets the long poll in flight end',
      // Also when other variables are wrong, so that all errors are shown together.
      when: ({ value }) => polls.safeParse(value).success,
    })
    .refine((config) => config.STOP_TIMEOUT_SECONDS >= stopSecondsFor(config.WEBHOOK_TIMEOUT_MS), {
      path: ['STOP_TIMEOUT_SECONDS'],
      message:
        'must be at least twice WEBHOOK_TIMEOUT_MS: a stop lets an attempt in flight end, and what is cut off is told once more',
      when: ({ value }) => attempts.safeParse(value).success,
    }),
);

/** Reads the notifier's environment, in the units that the code uses. Throws `CONFIG_INVALID` with every wrong variable in it. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = readEnv(schema, env);
  const settings: NotifierSettings = {
    receivers: read.RECEIVERS,
    receiveWaitMs: read.RECEIVE_WAIT_SECONDS * 1_000,
    visibilityTimeoutMs: read.VISIBILITY_TIMEOUT_SECONDS * 1_000,
    stopTimeoutMs: read.STOP_TIMEOUT_SECONDS * 1_000,
    webhookConcurrency: read.WEBHOOK_CONCURRENCY,
  };
  const webhook = webhookSettingsOf(read);
  if (!webhook) throw new Error('WEBHOOK_URL is required');
  const notify: NotifySettings = { ...settingsOf(read), feed: read.FEED, stages: read.STAGES };
  return {
    settings,
    notify,
    queueUrl: read.NOTIFICATION_QUEUE_URL,
    parcelsTable: read.PARCELS_TABLE,
    notificationsTable: read.NOTIFICATIONS_TABLE,
    failuresTable: read.FAILURES_TABLE,
    webhook,
    report: reportSettingsOf(read),
    process: processConfigOf(read),
  };
}
