import { announcementQueueOf, notificationsTableOf, physicalName, tables } from '@waybill/shared/resources.ts';
import { describe, expect, it } from 'vitest';
import { resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const webhook = { url: 'https://shop.example/hook', secretsName: 'shop/secrets' };
const webhooks = [
  { ...webhook, name: 'shop' },
  { ...webhook, name: 'depot-2', ownTable: true },
];
const context = { environment: 'test', stacks: 'data' };
const without = stackOf(synthesize(context), 'data');
const stack = stackOf(synthesize({ ...context, webhooks }), 'data');

const namesOf = (type: string, property: string, of = stack) =>
  [...resourcesOf(of, type).values()].map((properties) => String(properties[property]));

describe('each webhook', () => {
  it.each(['shop', 'depot-2'])('has a queue of its own, as resources.ts describes it: %s', (name) => {
    const definition = announcementQueueOf(name);
    const queues = [...resourcesOf(stack, 'AWS::SQS::Queue').values()];
    const [queue, deadLetters] = [definition, definition.deadLetterQueue].map((wanted) =>
      queues.find(({ QueueName }) => QueueName === physicalName('test', wanted.name)),
    );
    expect(queue).toMatchObject({
      VisibilityTimeout: 60,
      ReceiveMessageWaitTimeSeconds: 20,
      MessageRetentionPeriod: 14 * 24 * 3_600,
      MaximumMessageSize: 262_144,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { maxReceiveCount: 3 },
    });
    expect(deadLetters).toMatchObject({ MessageRetentionPeriod: 14 * 24 * 3_600, SqsManagedSseEnabled: true });
    const sources = JSON.stringify(deadLetters?.['RedriveAllowPolicy']);
    expect(sources).toContain(`:test-waybill-announcements-${name}"`);
  });

  it('keeps its queues when it leaves the context, for what is in them', () => {
    const queues = Object.values(stack.resources).filter(({ Type }) => Type === 'AWS::SQS::Queue');
    expect(queues).toHaveLength(6);
    expect(queues.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(Array(6).fill('Retain'));
    const exports = JSON.stringify(stack.template.toJSON()['Outputs']);
    expect(exports).not.toMatch(/Export.*(Announcements|Notifications)/);
  });

  it('has these alarms, which name it', () => {
    const usual = namesOf('AWS::CloudWatch::Alarm', 'AlarmName', without);
    const added = namesOf('AWS::CloudWatch::Alarm', 'AlarmName').filter((name) => !usual.includes(name));
    const sections = [
      'announcements-dlq-not-empty',
      'announcements-late',
      'announcements-old',
      'notifications-throttled',
    ];
    expect(added.toSorted()).toEqual(
      sections.flatMap((section) => [`waybill-test-${section}-depot-2`, `waybill-test-${section}-shop`]),
    );
  });

  it('but one has a table of notifications of its own: the key says what was told, not to whom', () => {
    const added = namesOf('AWS::DynamoDB::Table', 'TableName').filter(
      (name) => !namesOf('AWS::DynamoDB::Table', 'TableName', without).includes(name),
    );
    expect(added).toEqual([physicalName('test', notificationsTableOf('depot-2').name)]);
  });
});

it('an alarm about announcements says when the first would be lost', () => {
  const [old] = [...resourcesOf(stack, 'AWS::CloudWatch::Alarm').values()].filter(
    ({ AlarmName }) => AlarmName === 'waybill-test-announcements-old-shop',
  );
  expect(old).toMatchObject({ MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 24 * 3_600 });
  expect(old?.['AlarmDescription']).toContain('lost 13 days after this alarm was raised');
});

it('an alarm about throttling reads what the notifiers of the webhook count', () => {
  const alarms = [...resourcesOf(stack, 'AWS::CloudWatch::Alarm').values()];
  for (const name of ['shop', 'depot-2'])
    expect(alarms.find(({ AlarmName }) => AlarmName === `waybill-test-notifications-throttled-${name}`)).toMatchObject({
      Namespace: `Waybill/test/${name}`,
      MetricName: 'waybill.store.throttles',
      Dimensions: [{ Name: 'table', Value: 'notifications' }],
      TreatMissingData: 'notBreaching',
    });
});

it('operators may tell and announce with one policy more, and look at every table of notifications', () => {
  const policies = [...resourcesOf(stack, 'AWS::IAM::ManagedPolicy')];
  const usual = [...resourcesOf(without, 'AWS::IAM::ManagedPolicy').keys()];
  expect(policies.map(([id]) => id).filter((id) => !usual.includes(id))).toEqual(['OperatorsNotify']);
  const observer = JSON.stringify(Object.fromEntries(policies)['OperatorsObserver']);
  expect(observer).toContain('<Notificationsdepot2.Arn>');
  const notify = JSON.stringify(Object.fromEntries(policies)['OperatorsNotify']);
  for (const part of ['<AnnouncementsshopQueue.Arn>', '<Announcementsdepot2Queue.Arn>', '<Notifications.Arn>'])
    expect(notify).toContain(part);
});

it('without webhooks there is the table of notifications, and nothing else of them', () => {
  expect(namesOf('AWS::SQS::Queue', 'QueueName', without)).toEqual(['test-waybill-scans-dlq', 'test-waybill-scans']);
  expect(namesOf('AWS::DynamoDB::Table', 'TableName', without)).toContain(
    physicalName('test', tables.notifications.name),
  );
  expect(namesOf('AWS::CloudWatch::Alarm', 'AlarmName', without).filter((name) => /not|ann/.test(name))).toEqual([
    'waybill-test-scan-dlq-not-empty',
  ]);
});
