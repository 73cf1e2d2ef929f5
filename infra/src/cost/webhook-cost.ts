import { notificationAttributes, notificationKey } from '@waybill/notifier/notifications/notification-item.ts';
import type { StoredNotification } from '@waybill/notifier/notifications/notifications-table.ts';
import { webhookVariables } from '@waybill/notifier/webhook/webhook-variables.ts';
import { itemBytes, storageOverheadBytes } from '@waybill/shared/item-size.ts';
import { announcementQueue, notificationRetentionDays } from '@waybill/shared/resources.ts';
import { announcementsPerMessage, notificationsPerSecond } from '../services/capacity.ts';
import { customMetrics } from './custom-metrics.ts';
import type { Deployment } from './deployment.ts';
import type { MeasuredLoad } from './measured-loads.ts';
import {
  activityUnits,
  fargateHours,
  hoursPerMonth,
  type Line,
  lineOf,
  logLines,
  monthlyCost,
  secondsPerMonth,
  total,
} from './monthly-cost.ts';
import { rate, row, usd } from './page-format.ts';
import { eventsPerParcel } from './parcel-item.ts';
import { prices } from './prices.ts';
import { gigabyte, neverDelivered } from './stored-parcels.ts';

/** Bytes that a notification sends to the internet: body, headers, signature, acknowledgements, and its share of TLS. Assumed. */
const requestBytes = 2_500;
/** Bytes of log for a message of announcements. Assumed: one line. */
const logBytesPerMessage = 400;
/** Bytes of metrics per minute of a notifier, assumed: those of a processor. */
const exportBytes = 1_155;
/** Read units of an announcement that is looked at: its parcel and its notification, consistently, both at most 4 KB. */
const readUnits = 2;
/** Requests to SQS for a message of announcements that is sent, received and deleted alone; gathered ones share them. */
const requestsPerMessage = 3;
/** Receive loops of a notifier, which ask for a message all the time (`RECEIVERS`). */
const receivers = 4;
const daysPerMonth = hoursPerMonth / 24;

const told: StoredNotification = {
  notificationId: 'delivery-123456789',
  state: 'notified',
  parcelId: 123_456_789,
  milestone: 'delivery',
  told: { eventId: 987_654_324, timeUtc: '2026-11-28T21:11:34.1234567Z' },
  previous: undefined,
  attempts: 1,
  notifiedCount: 1,
  unmet: [],
  lastStatus: 200,
  lastError: undefined,
  firstAttemptAtUtc: '2026-11-28T21:11:36.123Z',
  notifiedAtUtc: '2026-11-28T21:11:36.234Z',
  reportedAtUtc: undefined,
  changedAtUtc: '2026-11-28T21:11:36.234Z',
};

/** Bytes of a delivery that was told, as DynamoDB bills its storage. */
export function notificationBytes(): number {
  const attributes = notificationAttributes.flatMap(({ name, value }) => {
    const stored = value(told);
    return stored ? [[name, stored] as const] : [];
  });
  return (
    storageOverheadBytes + itemBytes({ ...notificationKey(told.notificationId), ...Object.fromEntries(attributes) })
  );
}

/** What a webhook is told of a feed with this load: deliveries; pickups are announced too, and looked at. */
export function deliveriesPerSecond(eventsPerSecond: number): number {
  return (eventsPerSecond / eventsPerParcel) * (1 - neverDelivered);
}

/** Notifiers of one webhook at this load: as many as scaling plans with. */
function notifiersFor(eventsPerSecond: number): number {
  const attemptsAtOnce = webhookVariables.WEBHOOK_CONCURRENCY.parse(undefined);
  return Math.max(1, Math.ceil(deliveriesPerSecond(eventsPerSecond) / notificationsPerSecond(attemptsAtOnce)));
}

/** The monthly lines that one webhook adds to the bill of a deployment without it. */
export function webhookLines(withOne: Deployment, without: Deployment, load: MeasuredLoad): Line[] {
  const { context, logRetentionDays } = withOne;
  const notifiers = notifiersFor(load.eventsPerSecond);
  const { vcpu, gb } = fargateHours(notifiers, context.notifierSize);
  const deliveries = deliveriesPerSecond(load.eventsPerSecond) * secondsPerMonth;
  const announcements = 2 * deliveries;
  // A page brings its announcements in one message, and pages come once a second.
  const messages = Math.max(
    announcements / announcementsPerMessage,
    Math.min(announcements, load.pages * secondsPerMonth),
  );
  const emptyReceives = (notifiers * receivers * secondsPerMonth) / announcementQueue.receiveWaitSeconds;
  const kept = (deliveries * notificationBytes() * (notificationRetentionDays / daysPerMonth)) / gigabyte;
  const metricGigabytes = (notifiers * exportBytes * hoursPerMonth * 60) / gigabyte;
  return [
    lineOf('Fargate', 'vCPU of notifiers, all on demand', 'vcpuHour', vcpu),
    lineOf('Fargate', 'their memory', 'memoryHour', gb),
    lineOf('network', 'public IPv4, one per task', 'publicIpv4Hour', notifiers * hoursPerMonth),
    lineOf('network', 'notifications', 'transferOut', (deliveries * requestBytes) / gigabyte),
    lineOf('SQS', 'requests', 'sqsRequest', messages * requestsPerMessage + emptyReceives),
    lineOf('DynamoDB', 'reads', 'readUnit', announcements * readUnits),
    lineOf('DynamoDB', 'writes', 'writeUnit', deliveries),
    lineOf('DynamoDB', 'what notifiers do', 'writeUnit', activityUnits(notifiers)),
    lineOf('DynamoDB', `notifications kept ${notificationRetentionDays} days`, 'tableStorage', kept),
    lineOf('DynamoDB', 'their point-in-time recovery', 'pointInTimeRecovery', kept),
    ...logLines((messages * logBytesPerMessage) / gigabyte + metricGigabytes, logRetentionDays),
    lineOf('CloudWatch', 'metrics', 'customMetric', customMetrics({ webhooks: 1 }).length - customMetrics().length),
    lineOf('CloudWatch', 'metrics in alarms', 'alarmMetric', withOne.alarmMetrics - without.alarmMetrics),
    lineOf('Secrets Manager', 'its signing secrets', 'secret', 1),
  ];
}

/** Dollars of a million notifications without what is paid by the hour or the month, and what each part of it is. */
function pricePerMillion(): readonly (readonly [string, number])[] {
  const million = 1e6;
  const stored = (million * notificationBytes() * (notificationRetentionDays / daysPerMonth)) / gigabyte;
  return [
    [
      'requests to SQS, each announcement in a message of its own',
      2 * million * requestsPerMessage * prices.sqsRequest.usd,
    ],
    [
      'the same, forty announcements in a message',
      (2 * million * requestsPerMessage * prices.sqsRequest.usd) / announcementsPerMessage,
    ],
    ['reads of parcels and notifications', 2 * million * readUnits * prices.readUnit.usd],
    ['one write for each', million * prices.writeUnit.usd],
    [
      `kept for ${notificationRetentionDays} days, with point-in-time recovery`,
      stored * (prices.tableStorage.usd + prices.pointInTimeRecovery.usd),
    ],
    ['sent to the internet', ((million * requestBytes) / gigabyte) * prices.transferOut.usd],
  ];
}

/** What a webhook costs, line by line, and the whole bill without it and with it. */
export function webhookSection(without: Deployment, withOne: Deployment, loads: readonly MeasuredLoad[]): string[] {
  const bills = loads.map((load) => webhookLines(withOne, without, load));
  const [first = []] = bills;
  const usual = loads.map((load) => total(monthlyCost(without, load)));
  return [
    '## With a webhook',
    '',
    'What one webhook (`webhooks`) adds per month, at the loads of above. It is told of every delivery, once:',
    '',
    row('', '', ...loads.map(rate)),
    row('---', '---', ...loads.map(() => '---:')),
    row(
      'deliveries per second',
      '',
      ...loads.map(({ eventsPerSecond }) => deliveriesPerSecond(eventsPerSecond).toFixed(1)),
    ),
    ...first.map(({ part, what }, at) => row(part, what, ...bills.map((bill) => usd(bill[at]?.usd ?? 0)))),
    row('**total**', '', ...bills.map((bill) => `**${usd(total(bill))}**`)),
    row('the whole bill without it', '', ...usual.map(usd)),
    row('the whole bill with it', '', ...usual.map((bill, at) => usd(bill + total(bills[at] ?? [])))),
    '',
    'US dollars for a million notifications, without what is paid by the hour or the month:',
    '',
    row('', 'US dollars'),
    row('---', '---:'),
    ...pricePerMillion().map(([what, dollars]) => row(what, dollars.toFixed(2))),
    '',
    `- **Assumed, not measured**: ${requestBytes.toLocaleString('en-US')} bytes out of AWS for a notification, ${logBytesPerMessage} bytes of log for a message, a webhook that responds in 150 ms (${loads.map((load) => `${notifiersFor(load.eventsPerSecond)} at ${rate(load)}`).join(', ')} notifiers), and parcels of at most 4 KB. Both milestones are announced and looked at; one of them is told.`,
    `- A notification that is told has ${notificationBytes()} bytes in its table and takes one write unit. Storage is that of a table that has stopped growing, after ${notificationRetentionDays} days.`,
    '- What is not told at the first attempt adds requests, and one that the receiver refuses for itself adds a message, a failure record, and an entry in the index `unfinished`. While an endpoint is away, announcements wait without any request but for heartbeats of what is in hand.',
    `- With \`notifySweep\` each run is billed as a task of operators is: a minute at least. A further webhook costs the same again; each of its metrics is one more, beyond the free tier of ten.`,
    '',
  ];
}
