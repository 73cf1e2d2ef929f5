import { Stack } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { addStacks } from '../app.ts';
import { synthesize } from '../synthesis/synthesize.ts';
import { actionsOf, deployActions, isKnownType } from './deploy-actions.ts';
import { deployPolicies } from './deploy-policy.ts';
import handlerActions from './handler-actions.json' with { type: 'json' };

const policies = Object.entries(deployPolicies());
const statements = policies.flatMap(([, { Statement }]) => Statement);

/** Characters of a managed policy without white space (IAM, "IAM and AWS STS quotas"). */
const mostCharacters = 6_144;

describe('the policies of deployments', () => {
  it.each(policies)('%s is the file that cdk bootstrap is given', async (name, policy) => {
    await expect(`${JSON.stringify(policy, null, 2)}\n`).toMatchFileSnapshot(`../../bootstrap/${name}.json`);
  });

  it.each(policies)('%s is not longer than IAM takes', (_, policy) => {
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(mostCharacters);
  });

  it('have names that they do not reach: a deployment may not change what limits it', () => {
    const reached = statements.flatMap(({ Resource }) => Resource).filter((resource) => resource.includes(':policy/'));
    expect(reached).toEqual(['arn:aws:iam::*:policy/waybill-*']);
    for (const [name] of policies) expect(name).not.toMatch(/^waybill-/);
  });

  it('allow each action of a handler that is needed, once, and nothing else', () => {
    expect(statements.flatMap(({ Action }) => Action).toSorted()).toEqual(deployActions());
  });

  it('allow no action by a pattern', () => {
    expect(deployActions().filter((action) => !/^[a-z0-9-]+:[A-Za-z]+$/.test(action))).toEqual([]);
  });

  it('leave no type without an action to create it', () => {
    for (const type of Object.keys(handlerActions))
      expect([
        type,
        actionsOf(type).some((action) =>
          /:(Create|Put|Register|Run|Attach|Associate|Authorize|Set|Subscribe|POST)/.test(action),
        ),
      ]).toEqual([type, true]);
  });

  it('read and write no item of a table and no message', () => {
    expect(
      deployActions().filter((action) =>
        /^(dynamodb:(\w*Item|Query|Scan)|sqs:\w*Message\w*|s3:|secretsmanager:)/.test(action),
      ),
    ).toEqual([]);
  });

  it('reach roles and policies of Waybill alone, and pass roles to named services alone', () => {
    for (const { Action, Resource, Condition } of statements.filter(({ Action }) =>
      Action.some((each) => each.startsWith('iam:')),
    )) {
      for (const resource of Resource)
        expect(resource).toMatch(/^arn:aws:iam::\*:(role|policy)\/(waybill-|aws-service-role\/)\*$/);
      const isNarrowed = Action.some((action) =>
        /:(PassRole|CreateServiceLinkedRole|(Attach|Detach)RolePolicy)$/.test(action),
      );
      expect([Action, Condition]).toEqual([Action, isNarrowed ? expect.any(Object) : undefined]);
    }
  });
});

/** Whether a statement allows this action on it. */
function isAllowedOn(action: string, arn: string): boolean {
  const literally = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return statements
    .filter(({ Action }) => Action.includes(action))
    .some(({ Resource }) =>
      Resource.some((pattern) => new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`).test(arn)),
    );
}

const webhook = { name: 'shop', url: 'https://shop.example/hook', secretsName: 'shop/signing' };
const { stacks } = synthesize({
  apiUrl: 'https://carrier.example/v1/scans/scanevents',
  capacity: 'provisioned',
  eventsPerSecond: 100,
  backupVaultArn: 'arn:aws:backup:eu-west-1:444455556666:backup-vault:waybill',
  tags: { CostCenter: '4711' },
  alarmEmail: 'ops@example.com',
  runbookUrl: 'https://wiki.example/waybill',
  api: true,
  apiCallersSecret: 'waybill/callers',
  webhooks: [webhook, { ...webhook, name: 'depot', ownTable: true }],
  notifySweep: 'rate(1 hour)',
});

describe('the names of the stacks', () => {
  /** Of types whose names the stacks give: the property with it, the ARN, and what creates one. */
  const named: Readonly<Record<string, readonly [string, (name: string) => string, string]>> = {
    'AWS::SQS::Queue': ['QueueName', (name) => `arn:aws:sqs:r:1:${name}`, 'sqs:CreateQueue'],
    'AWS::DynamoDB::Table': ['TableName', (name) => `arn:aws:dynamodb:r:1:table/${name}`, 'dynamodb:CreateTable'],
    'AWS::CloudWatch::Alarm': [
      'AlarmName',
      (name) => `arn:aws:cloudwatch:r:1:alarm:${name}`,
      'cloudwatch:PutMetricAlarm',
    ],
    'AWS::CloudWatch::Dashboard': [
      'DashboardName',
      (name) => `arn:aws:cloudwatch::1:dashboard/${name}`,
      'cloudwatch:PutDashboard',
    ],
    'AWS::Logs::LogGroup': ['LogGroupName', (name) => `arn:aws:logs:r:1:log-group:${name}`, 'logs:CreateLogGroup'],
    'AWS::Events::Rule': ['Name', (name) => `arn:aws:events:r:1:rule/${name}`, 'events:PutRule'],
    'AWS::Scheduler::Schedule': [
      'Name',
      (name) => `arn:aws:scheduler:r:1:schedule/default/${name}`,
      'scheduler:CreateSchedule',
    ],
    'AWS::ECS::Cluster': ['ClusterName', (name) => `arn:aws:ecs:r:1:cluster/${name}`, 'ecs:UpdateCluster'],
    'AWS::ECS::Service': ['ServiceName', (name) => `arn:aws:ecs:r:1:service/${name}`, 'ecs:CreateService'],
  };
  it.each(Object.entries(named))('of %s are those that the policies reach', (type, [property, arnOf, action]) => {
    const names = stacks
      .flatMap(({ resources }) => Object.values(resources))
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => String(Properties[property]));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !isAllowedOn(action, arnOf(name)))).toEqual([]);
    expect(isAllowedOn(action, arnOf('others'))).toBe(false);
  });

  it('are in front of those that CloudFormation makes for roles, policies and topics', () => {
    for (const { name } of stacks) expect(name).toMatch(/^waybill-/);
  });
});

describe('what no schema names', () => {
  const isAllowed = (action: string, arn: string) => isAllowedOn(action, arn) && !isConditional(action);
  const isConditional = (action: string) =>
    statements.some(({ Action, Condition }) => Action.includes(action) && Condition !== undefined);

  it('is the look at the zones of a network that names none (Fn::GetAZs)', () => {
    expect(
      ['DescribeAvailabilityZones', 'DescribeAccountAttributes', 'DescribeSubnets'].filter(
        (name) => !isAllowed(`ec2:${name}`, '*'),
      ),
    ).toEqual([]);
  });

  it('are the alarms of target tracking, which scaling names by what it scales', () => {
    const names = [
      'TargetTracking-service/waybill-dev/waybill-dev-processor-AlarmHigh-1',
      'TargetTracking-table/dev-waybill-parcels/index/open-parcels-AlarmLow-1',
      'waybill-dev-feed-lag',
    ];
    for (const action of ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'])
      expect(names.filter((name) => !isAllowed(action, `arn:aws:cloudwatch:r:1:alarm:${name}`))).toEqual([]);
    expect(isAllowed('cloudwatch:PutMetricAlarm', 'arn:aws:cloudwatch:r:1:alarm:TargetTracking-table/others')).toBe(
      false,
    );
  });

  it('is to describe a key that CloudFormation makes: it does not ask through a service', () => {
    expect(isAllowed('kms:DescribeKey', '*')).toBe(true);
  });

  it('are the tags of a type that the templates tag', () => {
    const tagged = new Set(
      stacks
        .flatMap(({ resources }) => Object.values(resources))
        .filter(({ Properties }) => Object.keys(Properties).some((name) => /^(\w+Vault|\w+Plan)?Tags$/.test(name)))
        .map(({ Type }) => Type),
    );
    expect(tagged.size).toBeGreaterThan(20);
    // API Gateway tags by POST on /tags.
    const byName = (action: string) => /:(Tag\w*|CreateTags)$/.test(action) || action === 'apigateway:POST';
    expect([...tagged].filter((type) => !actionsOf(type).some(byName))).toEqual([]);
  });
});

describe('a synth', () => {
  it('fails for a type that the policies do not allow', () => {
    const { findings, stacks } = synthesize({ stacks: 'images' }, (app) => {
      addStacks(app);
      new CfnBucket(new Stack(app, 'other'), 'Bucket');
    });
    expect(findings).toContainEqual(
      expect.stringMatching(/handler-actions\.json does not have the type AWS::S3::Bucket/),
    );
    expect(stacks).toEqual([]);
  });

  it('knows what CloudFormation does itself', () => {
    expect(
      ['AWS::CDK::Metadata', 'AWS::CloudFormation::WaitConditionHandle', 'AWS::S3::Bucket'].map(isKnownType),
    ).toEqual([true, true, false]);
  });
});
