import { readFileSync } from 'node:fs';
import { type App, CfnResource, Stack, TagManager } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addStacks } from '../app.ts';
import { resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const shop = { name: 'shop', url: 'https://shop.example/hook', secretsName: 'shop/signing' };
const everything = {
  apiUrl: 'https://carrier.example/v1/scans/scanevents',
  alarmEmail: 'ops@example.com',
  runbookUrl: 'https://wiki.example/waybill',
  api: true,
  apiCallersSecret: 'waybill/callers',
  webhooks: [shop, { ...shop, name: 'depot', ownTable: true }],
  notifySweep: 'rate(1 hour)',
  tags: { CostCenter: 4711, 'owner:team': 'parcels + more' },
};
const expected = { CostCenter: '4711', 'owner:team': 'parcels + more', 'waybill:environment': 'dev' };

const apps: App[] = [];
const synthesized = synthesize(everything, (app) => {
  apps.push(app);
  addStacks(app);
});
const nodes = apps.flatMap((app) => app.node.findAll());
const resources = nodes.filter((node) => CfnResource.isCfnResource(node));

const listed = z.array(z.object({ Key: z.string(), Value: z.string() }));
const tagsIn = (value: unknown): Readonly<Record<string, unknown>> => {
  const list = listed.safeParse(value);
  if (list.success) return Object.fromEntries(list.data.map(({ Key, Value }) => [Key, Value]));
  return z.record(z.string(), z.unknown()).catch({}).parse(value);
};

/** Its tags as the template has them, or undefined for a type that cannot have any. */
function tagsOfResource(resource: CfnResource): Readonly<Record<string, unknown>> | undefined {
  const manager = TagManager.of(resource);
  if (!manager) return undefined;
  const stack = synthesized.stacks.find(({ name }) => name === resource.stack.stackName);
  const properties = stack?.resources[String(resource.stack.resolve(resource.logicalId))]?.Properties;
  const property = manager.tagPropertyName;
  return tagsIn(properties?.[property.charAt(0).toUpperCase() + property.slice(1)]);
}

describe('the tags of a deployment', () => {
  it('bring no finding', () => {
    expect(synthesized.findings).toEqual([]);
  });

  it('are on every resource that can have tags', () => {
    const taggable = resources.filter((resource) => tagsOfResource(resource));
    expect(taggable.length).toBeGreaterThan(80);
    for (const resource of taggable)
      expect({ path: resource.node.path, ...tagsOfResource(resource) }).toMatchObject(expected);
  });

  it('are missing only on types of which CloudFormation has no tags', () => {
    const without = resources.filter((resource) => !tagsOfResource(resource));
    expect([...new Set(without.map(({ cfnResourceType }) => cfnResourceType))].toSorted()).toEqual([
      'AWS::ApiGatewayV2::Integration',
      'AWS::ApiGatewayV2::Route',
      'AWS::ApplicationAutoScaling::ScalingPolicy',
      'AWS::EC2::Route',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
      'AWS::EC2::SubnetRouteTableAssociation',
      'AWS::EC2::VPCGatewayAttachment',
      'AWS::ECS::ClusterCapacityProviderAssociations',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::Policy',
      'AWS::Logs::MetricFilter',
      'AWS::Logs::ResourcePolicy',
      'AWS::SNS::Subscription',
      'AWS::SNS::TopicPolicy',
      'AWS::SQS::QueuePolicy',
      'AWS::Scheduler::Schedule',
    ]);
  });

  it('are tags of the stacks, too: CloudFormation hands them on', () => {
    const stacks = nodes.filter((node) => Stack.isStack(node));
    expect(stacks.map(({ stackName }) => stackName)).toEqual(['waybill-dev-data', 'waybill-dev-services']);
    for (const stack of stacks) expect(stack.tags.tagValues()).toMatchObject(expected);
  });
});

describe('a task has the tags', () => {
  const services = stackOf(synthesized, 'services');

  it('of its service', () => {
    const all = [...resourcesOf(services, 'AWS::ECS::Service').values()];
    expect(all).toHaveLength(5);
    for (const service of all) expect(service).toMatchObject({ PropagateTags: 'SERVICE', EnableECSManagedTags: true });
  });

  it('of its definition, when a sweep starts it, which may tag what it starts and nothing else', () => {
    const sweeps = [...resourcesOf(services, 'AWS::Scheduler::Schedule').values()];
    expect(sweeps).toHaveLength(2);
    for (const sweep of sweeps)
      expect(sweep['Target']).toMatchObject({
        EcsParameters: { PropagateTags: 'TASK_DEFINITION', EnableECSManagedTags: true },
      });
    const [policy] = [...resourcesOf(services, 'AWS::IAM::Policy')].find(([id]) => id.startsWith('Sweepshop')) ?? [];
    expect(resourcesOf(services, 'AWS::IAM::Policy').get(policy ?? '')).toMatchObject({
      PolicyDocument: {
        Statement: expect.arrayContaining([
          expect.objectContaining({
            Action: 'ecs:TagResource',
            Resource: expect.stringMatching(/:task\/waybill-dev\/\*$/),
            Condition: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
          }),
        ]),
      },
    });
  });

  it('of its definition, when a person starts it as the runbook says', () => {
    const runbook = readFileSync(new URL('../../RUNBOOK.md', import.meta.url), 'utf8');
    const runs = runbook.match(/aws ecs run-task(?:[^\n]*\\\n)*[^\n]*/g) ?? [];
    expect(runs.length).toBeGreaterThanOrEqual(1);
    for (const run of runs) expect(run).toMatch(/--propagate-tags TASK_DEFINITION --enable-ecs-managed-tags/);
  });
});
