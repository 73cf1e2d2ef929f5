import { notificationStates } from '@waybill/notifier/notifications/notification-state.ts';
import type { NotificationView } from '@waybill/operations/notifications/notification-view.ts';
import { counted } from '@waybill/shared/counted.ts';
import { command } from '../command/command.ts';
import { argument, optional, withDefault } from '../command/options.ts';
import { anyText, oneOf, wholeNumber } from '../command/parsers.ts';
import type { Column, View } from '../output/view.ts';
import type { Tools } from '../tools/tools.ts';
import { announce } from './notifications-announce.ts';
import { send } from './notifications-send.ts';

const shape = async () => (await import('@waybill/operations/notifications/notification-view.ts')).notificationShape;

const open = async (tools: Tools) => {
  const [deployment, dynamodb, functions] = await Promise.all([
    tools.names('notificationsTable'),
    tools.dynamodb(),
    import('@waybill/operations/notifications/read-notifications.ts'),
  ]);
  return { ...functions, reading: { dynamodb, deployment } };
};

const list = command({
  name: 'notifications list',
  summary: 'list notifications that were not told, the last changed first',
  details:
    'Those that were told (--state notified) are in no index: up to 10,000 items of the table are looked through.',
  examples: [
    { line: 'notifications list --environment production', says: 'what failed or did not meet the requirements' },
    { line: 'notifications list --state failed --json', says: 'a line of JSON for each that failed' },
  ],
  options: {
    state: optional('STATE', 'only those in this state', oneOf(notificationStates), { choices: notificationStates }),
    limit: withDefault('N', 'how many at most', wholeNumber({ min: 1, max: 10_000 }), 20),
  },
  prints: 'lines',
  shape,
  run: async ({ options: { state, limit } }, tools) => {
    const { listNotifications, reading } = await open(tools);
    const answer = await listNotifications(reading, { state, limit }, tools.signal);
    await tools.print.list(answer.notifications, columns(tools.print.view), 'No such notifications.');
    for (const note of answer.notLookedAt) tools.print.note(`Note: ${note}`);
    if (answer.unreadable > 0) tools.print.note(`Note: not notifications: ${counted(answer.unreadable, 'item')}.`);
    if (answer.next) tools.print.note('There are more: --limit N shows them.');
  },
});

const columns = (view: View): Column<NotificationView>[] => [
  { title: 'notification', of: ({ notificationId }) => notificationId },
  { title: 'state', of: ({ state }) => state },
  { title: 'attempts', of: ({ attempts }) => attempts },
  {
    title: 'first tried',
    of: ({ firstAttemptAtUtc }) => (firstAttemptAtUtc === null ? '' : view.age(firstAttemptAtUtc)),
  },
  { title: 'why not', of: ({ unmet, lastError }) => unmet.join(', ') || (lastError ?? ''), mayBeCut: true },
];

const show = command({
  name: 'notifications show',
  summary: 'show one notification',
  examples: [
    {
      line: 'notifications show delivery-5002',
      says: 'whether the delivery of parcel 5002 was told, when, or why not',
    },
    { line: 'notifications show delivery-5002 --json', says: 'the same as the API returns it' },
  ],
  arguments: { notificationId: argument('NOTIFICATION_ID', 'the milestone and the parcel: delivery-5002', anyText) },
  prints: 'document',
  shape,
  run: async (given, tools) => {
    const { showNotification, reading } = await open(tools);
    const found = await showNotification(reading, given.arguments.notificationId, tools.signal);
    tools.print.document(found, notificationLines);
  },
});

function notificationLines(notification: NotificationView, view: View): readonly string[] {
  const time = (utc: string | null) => (utc === null ? undefined : view.time(utc));
  return view.facts({
    notification: notification.notificationId,
    state: notification.state,
    parcel: notification.parcelId,
    milestone: notification.milestone,
    event: notification.eventId,
    time: time(notification.timeUtc),
    attempts: notification.attempts,
    'times told': notification.notifiedCount,
    unmet: notification.unmet.length > 0 ? notification.unmet : undefined,
    'last status': notification.lastStatus,
    'last error': notification.lastError,
    'first attempt': time(notification.firstAttemptAtUtc),
    told: time(notification.notifiedAtUtc),
    reported: time(notification.reportedAtUtc),
  });
}

export const notificationsCommands = [list, show, announce, send];
