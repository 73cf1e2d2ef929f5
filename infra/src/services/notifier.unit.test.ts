import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const shop = { name: 'shop', url: 'https://shop.example/hook', secretsName: 'shop/signing', milestones: ['pickup'] };
const webhooks = [shop, { ...shop, name: 'depot', ownTable: true }];
const context = {
  apiUrl: 'https://carrier.example/v1/scans/scanevents',
  api: true,
  apiCallersSecret: 'waybill/callers',
  pollerVariables: { FEED: 'north' },
};
const synthesized = synthesize({ ...context, webhooks, notifySweep: 'rate(1 hour)' });
const stack = stackOf(synthesized, 'services');

const pair = z.object({ Name: z.string(), Value: z.unknown().optional() });
const task = z.object({
  Family: z.string(),
  ContainerDefinitions: z.tuple([
    z.object({ Environment: z.array(pair), Secrets: z.array(z.object({ Name: z.string() })).default([]) }),
  ]),
});
const tasks = new Map(
  [...resourcesOf(stack, 'AWS::ECS::TaskDefinition').values()].map((properties) => {
    const { Family, ContainerDefinitions } = task.parse(properties);
    const [{ Environment, Secrets }] = ContainerDefinitions;
    const environment = Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value]));
    return [Family, { environment, secrets: Secrets.map(({ Name }) => Name) }];
  }),
);
const queueOf = (name: string) =>
  `https://sqs.<AWS::Region>.<AWS::URLSuffix>/<AWS::AccountId>/dev-waybill-announcements-${name}`;

it('passes cdk-nag and the rules of CloudFormation, sweep included', () => {
  expect(synthesized.findings).toEqual([]);
});

describe('a notifier', () => {
  it('has the queue, the table and the variables of its webhook, and metrics of its own', () => {
    expect(tasks.get('waybill-dev-notifier-depot')).toEqual({
      environment: {
        AWS_REGION: '<AWS::Region>',
        CLOUDWATCH_NAMESPACE: 'Waybill/dev/depot',
        FEED: 'north',
        NOTIFICATION_QUEUE_URL: queueOf('depot'),
        PARCELS_TABLE: '<Parcels>',
        NOTIFICATIONS_TABLE: 'dev-waybill-notifications-depot',
        ACTIVITY_TABLE: '<Activity>',
        FAILURES_TABLE: '<Failures>',
        WEBHOOK_URL: shop.url,
        NOTIFY: 'pickup',
      },
      secrets: ['WEBHOOK_SECRETS'],
    });
    expect(tasks.get('waybill-dev-notifier-shop')?.environment).toMatchObject({
      NOTIFICATION_QUEUE_URL: queueOf('shop'),
      NOTIFICATIONS_TABLE: 'dev-waybill-notifications',
    });
  });

  it('is told of by the processors, which announce to every queue', () => {
    expect(tasks.get('waybill-dev-processor')?.environment['ANNOUNCEMENT_QUEUE_URLS']).toBe(
      `${queueOf('shop')} ${queueOf('depot')}`,
    );
  });

  it('scales by its own queue and breaker, between one and the most that the context allows', () => {
    const targets = resourcesOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget');
    expect(targets.get('NotifiershopScalingTasks')).toMatchObject({ MinCapacity: 1, MaxCapacity: 4 });
    const policy = JSON.stringify(
      resourcesOf(stack, 'AWS::ApplicationAutoScaling::ScalingPolicy').get('NotifiershopScalingPolicy'),
    );
    for (const part of ['dev-waybill-announcements-shop', 'Waybill/dev/shop', 'waybill.notifier.endpoint_breaker'])
      expect(policy).toContain(part);
  });

  it('runs first on demand, then on Spot', () => {
    expect(resourcesOf(stack, 'AWS::ECS::Service').get('NotifiershopService')).toMatchObject({
      ServiceName: 'waybill-dev-notifier-shop',
      CapacityProviderStrategy: [
        { CapacityProvider: 'FARGATE', Base: 1, Weight: 1 },
        { CapacityProvider: 'FARGATE_SPOT', Weight: 99 },
      ],
    });
  });

  it('raises alarms that name its webhook, by metrics of its own namespace', () => {
    const alarms = [...resourcesOf(stack, 'AWS::CloudWatch::Alarm').values()];
    const away = alarms.find(({ AlarmName }) => AlarmName === 'waybill-dev-webhook-away-shop');
    expect(away).toMatchObject({
      Namespace: 'Waybill/dev/shop',
      MetricName: 'waybill.notifier.endpoint_breaker',
      Threshold: 1,
      EvaluationPeriods: 10,
    });
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual(
      expect.arrayContaining([
        'waybill-dev-announcements-not-taken',
        'waybill-dev-notifier-breaker-open-shop',
        'waybill-dev-notifier-not-running-shop',
      ]),
    );
  });
});

describe('on demand', () => {
  it('the API tells the webhook that uses the table of the deployment', () => {
    expect(tasks.get('waybill-dev-api')).toMatchObject({
      environment: { WEBHOOK_URL: shop.url, NOTIFY: 'pickup', NOTIFICATIONS_TABLE: 'dev-waybill-notifications' },
      secrets: ['API_TOKENS', 'WEBHOOK_SECRETS'],
    });
  });

  it('a task of operators tells each: that of the deployment, and one for each other webhook', () => {
    expect(tasks.get('waybill-dev-operator')?.environment).toMatchObject({
      NOTIFICATIONS_TABLE: 'dev-waybill-notifications',
    });
    expect(tasks.get('waybill-dev-operator-depot')).toMatchObject({
      environment: { NOTIFICATIONS_TABLE: 'dev-waybill-notifications-depot', WEBHOOK_URL: shop.url },
      secrets: ['WEBHOOK_SECRETS'],
    });
  });
});

it('a sweep runs the command for what was not told, for each webhook in its own task', () => {
  const target = z.object({ Input: z.string(), EcsParameters: z.object({ TaskDefinitionArn: z.string() }) });
  const schedules = [...resourcesOf(stack, 'AWS::Scheduler::Schedule').values()].map((properties) => {
    const { Input, EcsParameters } = target.parse(JSON.parse(JSON.stringify(properties['Target'])));
    const given = JSON.parse(Input);
    return [properties['Name'], properties['ScheduleExpression'], EcsParameters.TaskDefinitionArn, given];
  });
  const command = ['notifications', 'send', '--unfinished', '--yes', '--because', 'sweep'];
  const input = { containerOverrides: [{ name: 'waybill', command }] };
  expect(schedules).toEqual([
    ['waybill-dev-notify-sweep-shop', 'rate(1 hour)', '<OperatorTask>', input],
    ['waybill-dev-notify-sweep-depot', 'rate(1 hour)', '<OperatorTaskdepotTask>', input],
  ]);
  // The command line's own test runs each example of this page through its parser.
  const page = readFileSync(new URL('../../../docs/waybill.md', import.meta.url), 'utf8');
  expect(page).toContain(`\nwaybill ${command.join(' ')}\n`);
  const without = stackOf(synthesize({ ...context, webhooks: [shop] }), 'services');
  expect(resourcesOf(without, 'AWS::Scheduler::Schedule').size).toBe(0);
});
