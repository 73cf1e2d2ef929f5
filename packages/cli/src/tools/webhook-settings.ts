import type { NotifySettings } from '@waybill/notifier/delivery/delivery.ts';
import { notifyVariables, settingsOf } from '@waybill/notifier/notify-variables.ts';
import type { ReportSettings, WebhookSettings } from '@waybill/notifier/webhook/webhook-settings.ts';
import {
  reportSettingsOf,
  webhookSettingsOf,
  webhookVariables,
  withWebhookChecks,
} from '@waybill/notifier/webhook/webhook-variables.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { readEnv } from '@waybill/shared/process/env.ts';
import { stagesVariable } from '@waybill/shared/process/stages-variable.ts';
import { z } from 'zod';
import type { Environment } from '../io.ts';
import { usageError } from './usage-error.ts';

/** The notifier's variables that a command needs who notifies in its place. */
const variables = withWebhookChecks(z.object({ ...webhookVariables, ...notifyVariables, STAGES: stagesVariable }));

export type SendingSettings = {
  readonly webhook: WebhookSettings;
  readonly report: ReportSettings | undefined;
  readonly notify: Omit<NotifySettings, 'feed'>;
};

/** Where notifications go and which: as the notifier reads it. Throws a usage error with every variable that is wrong. */
export function sendingSettings(env: Environment): SendingSettings {
  try {
    const read = readEnv(variables, env);
    const webhook = webhookSettingsOf(read);
    if (!webhook) throw new WaybillError('CONFIG_INVALID', 'WEBHOOK_URL is required');
    return { webhook, report: reportSettingsOf(read), notify: { ...settingsOf(read), stages: read.STAGES } };
  } catch (error) {
    if (!(error instanceof WaybillError)) throw error;
    throw usageError(error.message, 'the same with the variables of the notifier');
  }
}
