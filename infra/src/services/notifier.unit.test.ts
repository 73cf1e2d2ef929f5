import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';
import { announcedMessagesPerSecond } from './capacity.ts';

const names = ['shop', 'depot-2'] as const;
const [shop, depot] = names.map((name) => ({
  name,
  url: `https://${name}.example/hook`,
  secretsName: `${name}/signing`,
}));
const services = stackOf(
  synthesize({
    apiUrl: 'https://carrier.example/v1/scans/scanevents',
    webhooks: [shop, { ...depot, ownTable: true, variables: { WEBHOOK_CONCURRENCY: 64 } }],
    notifySweep: 'rate(1 hour)',
  }),
  'services',
);

/** The properties of the resources of one type whose logical ids have this in them. */
function ofWebhook(type: string, name: string) {
  const id = name.replace('-', '');
  return [...resourcesOf(services, type)].filter(([each]) => each.includes(id)).map(([, properties]) => properties);
}

const query = z.object({
  Id: z.string(),
  Expression: z.string().optional(),
  MetricStat: z.object({ Metric: z.looseObject({ Namespace: z.string() }) }).optional(),
});
const tracking = z.object({
  TargetValue: z.number(),
  CustomizedMetricSpecification: z.object({ Metrics: z.array(query) }),
});
const target = z.object({
  EcsParameters: z.object({ TaskDefinitionArn: z.string(), LaunchType: z.literal('FARGATE') }),
  Input: z.string().transform((text): unknown => JSON.parse(text)),
});
const container = z.object({
  Name: z.string(),
  Environment: z.array(z.object({ Name: z.string(), Value: z.string() })),
  Secrets: z.array(z.object({ Name: z.string() })),
});

describe.each(names)('the notifiers of the webhook %s', (name) => {
  const [policy, ...otherPolicies] = ofWebhook('AWS::ApplicationAutoScaling::ScalingPolicy', name);
  const { TargetValue, CustomizedMetricSpecification } = tracking.parse(
    policy?.['TargetTrackingScalingPolicyConfiguration'],
  );
  const metrics = CustomizedMetricSpecification.Metrics;

  it('are as many as the backlog of its own queue needs, planned by the attempts that it allows at once', () => {
    expect(otherPolicies).toEqual([]);
    expect(TargetValue).toBe(Math.floor(120 * announcedMessagesPerSecond(name === 'shop' ? 16 : 64)));
    const queues = JSON.stringify(metrics).match(/dev-waybill-announcements-[\w-]+/g);
    expect(new Set(queues)).toEqual(new Set([`dev-waybill-announcements-${name}`]));
    const limits = ofWebhook('AWS::ApplicationAutoScaling::ScalableTarget', name);
    expect(limits).toMatchObject([{ MinCapacity: 1, MaxCapacity: 4 }]);
  });

  it('stay as many while its endpoint is away, by the breaker of this webhook', () => {
    expect(metrics.find(({ Id }) => Id === 'breaker')?.MetricStat?.Metric).toMatchObject({
      Namespace: `Waybill/dev/${name}`,
      MetricName: 'waybill.notifier.endpoint_breaker',
    });
    expect(metrics.at(-1)?.Expression).toBe(`IF(FILL(breaker, 0) >= 1, ${TargetValue}, backlog)`);
  });
});

describe.each(names)('a sweep of the webhook %s', (name) => {
  const [schedule, ...others] = ofWebhook('AWS::Scheduler::Schedule', name);
  const { EcsParameters, Input } = target.parse(schedule?.['Target']);
  const command = ['notifications', 'send', '--unfinished', '--yes', '--because', 'sweep'];

  it('runs on the schedule what `waybill` documents', () => {
    expect(others).toEqual([]);
    expect(schedule).toMatchObject({ ScheduleExpression: 'rate(1 hour)', Name: `waybill-dev-notify-sweep-${name}` });
    expect(Input).toEqual({ containerOverrides: [{ name: 'waybill', command }] });
    // The command line's own test runs the examples of this page through its parser.
    const page = readFileSync(new URL('../../../docs/waybill.md', import.meta.url), 'utf8');
    expect(page).toContain(`\nwaybill ${command.join(' ')}\n`);
  });

  it('runs it in a task that knows this webhook, its table and its secret', () => {
    const tasks = resourcesOf(services, 'AWS::ECS::TaskDefinition');
    const task = tasks.get(EcsParameters.TaskDefinitionArn.replace(/^<|>$/g, ''));
    const [only] = z.array(container).parse(task?.['ContainerDefinitions']);
    const variables = Object.fromEntries((only?.Environment ?? []).map((each) => [each.Name, each.Value]));
    expect(only?.Name).toBe('waybill');
    expect(variables).toMatchObject({
      WEBHOOK_URL: `https://${name}.example/hook`,
      NOTIFICATIONS_TABLE: `dev-waybill-notifications${name === 'shop' ? '' : `-${name}`}`,
    });
    expect(only?.Secrets.map(({ Name }) => Name)).toEqual(['WEBHOOK_SECRETS']);
  });
});
