import { attemptsOnDemand } from '@waybill/operations/notifications/attempts-on-demand.ts';
import type { PlannedSending, SendFilter } from '@waybill/operations/notifications/run-send.ts';
import { howMany } from '../act/plan-lines.ts';
import { command } from '../command/command.ts';
import { flag, list, withDefault } from '../command/options.ts';
import { id, wholeNumber } from '../command/parsers.ts';
import type { Tools } from '../tools/tools.ts';
import { usageError } from '../tools/usage-error.ts';

export const send = command({
  name: 'notifications send',
  summary: 'notify parcels now, without the queue',
  details:
    "Calls the webhook of WEBHOOK_URL, with the notifier's own variables (WEBHOOK_SECRETS, NOTIFY, NOTIFY_REQUIREMENTS, REPORT_URL and the others) from the environment. What was told before is not told again, so a run that was interrupted is run again. --unfinished is for a schedule: it looks at all notifications that failed or did not meet the requirements; those that still do not are no problem.",
  examples: [
    { line: 'notifications send --parcel 5002 --because "they lost it" --again', says: 'tells parcel 5002 once more' },
    {
      line: 'notifications send --unfinished --yes --because sweep',
      says: 'tells what can be told now, and asks nobody',
    },
  ],
  options: {
    parcel: list('PARCEL_ID', 'the parcel; may be given several times', id),
    unfinished: flag('instead of --parcel: all that were not told'),
    again: flag('with --parcel: tell what was told before once more, under the same id'),
    attempts: withDefault(
      'N',
      'requests for one notification at most',
      wholeNumber(attemptsOnDemand),
      attemptsOnDemand.usual,
    ),
  },
  isAct: true,
  prints: 'document',
  shape: async () => (await import('@waybill/operations/record/operation-shape.ts')).actShape,
  run: async ({ options }, tools) => {
    const filter = filterOf(options);
    const { reading, dependencies, close } = await open(tools);
    const { planSend, runSend } = await import('@waybill/operations/notifications/run-send.ts');
    const choices = { filter, attempts: options.attempts, again: options.again };
    try {
      return await tools.act<PlannedSending>({
        kind: 'notifications-send',
        filter: { ...shown(filter), attempts: options.attempts, again: options.again },
        plan: ({ signal }) => planSend(reading, choices, signal),
        sentence: ({ plan }) => `Notifies ${howMany(plan, 'parcel')}, where the requirements are met.`,
        run: (planned, context) => runSend(dependencies, reading, planned, context, context.moreThanPlanned),
      });
    } finally {
      await close();
    }
  },
});

type Chosen = { readonly parcel: readonly number[]; readonly unfinished: boolean; readonly again: boolean };

function filterOf({ parcel, unfinished, again }: Chosen): SendFilter {
  if (unfinished && again)
    throw usageError('Nothing was done: --again is for --parcel, what is unfinished was not told');
  if (unfinished && parcel.length === 0) return { unfinished };
  if (!unfinished && parcel.length > 0) return { parcelIds: parcel };
  throw usageError('Nothing was done: give either --parcel ID, or --unfinished');
}

function shown(filter: SendFilter): Readonly<Record<string, true | readonly number[]>> {
  return 'parcelIds' in filter ? { parcel: filter.parcelIds } : { unfinished: true };
}

/** The webhook, and the tables that the notifier works with. */
async function open(tools: Tools) {
  const { clock, random, signal, env } = tools;
  const { sendingSettings } = await import('../tools/webhook-settings.ts');
  const { webhook: settings, report, notify } = sendingSettings(env);
  const [{ parcelsTable, notificationsTable, feed }, dynamodb, documents, webhooks, reports, parcels, notifications] =
    await Promise.all([
      tools.names('parcelsTable', 'notificationsTable', 'feed'),
      tools.dynamodb(),
      tools.documents(),
      import('@waybill/notifier/webhook/http-webhook.ts'),
      import('@waybill/notifier/webhook/http-report-target.ts'),
      import('@waybill/notifier/parcels/dynamodb-parcel-reader.ts'),
      import('@waybill/notifier/notifications/dynamodb-notifications-table.ts'),
    ]);
  if (notificationsTable === undefined)
    throw usageError('Nothing was done: this deployment notifies nobody, NOTIFICATIONS_TABLE is not set');
  const webhook = webhooks.httpWebhook(settings, clock);
  const reportTarget = report && reports.httpReportTarget(report, clock);
  const reading = { dynamodb, clock, random, signal };
  return {
    reading: { documents, notificationsTable },
    dependencies: {
      delivery: {
        parcels: parcels.dynamoDbParcelReader({ ...reading, tableName: parcelsTable }),
        notifications: notifications.dynamoDbNotificationsTable({ ...reading, tableName: notificationsTable }),
        webhook,
        reportTarget,
        notify: { ...notify, feed },
        now: clock.now,
      },
      concurrency: settings.concurrency,
      ...{ clock, random },
    },
    close: async () => {
      await Promise.all([webhook.close(), reportTarget?.close()]);
    },
  };
}
