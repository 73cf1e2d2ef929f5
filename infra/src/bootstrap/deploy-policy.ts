import { deployActions } from './deploy-actions.ts';

type Statement = {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
};

type Policy = { readonly Version: '2012-10-17'; readonly Statement: readonly Statement[] };

/** On what a kind of action is allowed. */
type Reach = {
  readonly actions: RegExp;
  readonly on: readonly string[];
  readonly condition?: Statement['Condition'];
};

const everything = ['*'];

/** Services whose roles are in the templates; who may pass a role to any service has what the role has. */
const passedTo = ['ecs-tasks.amazonaws.com', 'scheduler.amazonaws.com', 'backup.amazonaws.com'];

/** Services that make a role of their own when they are first used. */
const linked = [
  'autoscaling.amazonaws.com',
  'backup.amazonaws.com',
  'dynamodb.application-autoscaling.amazonaws.com',
  'ecs.amazonaws.com',
  'ecs.application-autoscaling.amazonaws.com',
  'ops.apigateway.amazonaws.com',
];

/**
 * The first that fits decides. The account and the region are `*`: the policy is in one account, and its actions reach no
 * other. `*` alone stands where AWS names the thing itself, or where the action knows no resources (Service Authorization Reference).
 */
const reaches: readonly Reach[] = [
  // Roles and policies have the names of their stacks in front.
  {
    actions: /^iam:PassRole$/,
    on: ['arn:aws:iam::*:role/waybill-*'],
    condition: { StringEquals: { 'iam:PassedToService': passedTo } },
  },
  {
    actions: /^iam:(Attach|Detach)RolePolicy$/,
    on: ['arn:aws:iam::*:role/waybill-*'],
    condition: {
      ArnLike: {
        'iam:PolicyARN': [
          'arn:aws:iam::*:policy/waybill-*',
          'arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup',
        ],
      },
    },
  },
  {
    actions: /^iam:CreateServiceLinkedRole$/,
    on: ['arn:aws:iam::*:role/aws-service-role/*'],
    condition: { StringEquals: { 'iam:AWSServiceName': linked } },
  },
  {
    actions: /^iam:.*(PolicyVersions?|CreatePolicy|DeletePolicy|GetPolicy|ListEntitiesForPolicy)$/,
    on: ['arn:aws:iam::*:policy/waybill-*'],
  },
  { actions: /^iam:/, on: ['arn:aws:iam::*:role/waybill-*'] },
  { actions: /^dynamodb:/, on: ['arn:aws:dynamodb:*:*:table/*-waybill-*'] },
  { actions: /^sqs:/, on: ['arn:aws:sqs:*:*:*-waybill-*'] },
  { actions: /^sns:(GetSubscriptionAttributes|SetSubscriptionAttributes|Unsubscribe)$/, on: everything },
  { actions: /^sns:/, on: ['arn:aws:sns:*:*:waybill-*'] },
  { actions: /^cloudwatch:(Describe|GetMetricData)/, on: everything },
  {
    // Target tracking makes alarms of its own, which it names, by the rights of who makes the policy ("Application Auto
    // Scaling identity-based policy examples", "Permissions required for target services and CloudWatch").
    actions: /^cloudwatch:(DeleteAlarms|PutMetricAlarm)$/,
    on: [
      'arn:aws:cloudwatch:*:*:alarm:waybill-*',
      'arn:aws:cloudwatch:*:*:alarm:TargetTracking-service/waybill-*',
      'arn:aws:cloudwatch:*:*:alarm:TargetTracking-table/*-waybill-*',
    ],
  },
  {
    actions: /^cloudwatch:/,
    on: ['arn:aws:cloudwatch:*:*:alarm:waybill-*', 'arn:aws:cloudwatch::*:dashboard/waybill-*'],
  },
  { actions: /^logs:(Describe|.*ResourcePolicy$|.*LogDeliver)/, on: everything },
  {
    actions: /^logs:/,
    on: ['arn:aws:logs:*:*:log-group:/waybill/*', 'arn:aws:logs:*:*:log-group:/aws/events/waybill-*'],
  },
  { actions: /^events:/, on: ['arn:aws:events:*:*:rule/waybill-*'] },
  { actions: /^scheduler:/, on: ['arn:aws:scheduler:*:*:schedule/default/waybill-*'] },
  { actions: /^ecs:(CreateCluster|Describe|List|.*TaskDefinition$)/, on: everything },
  {
    actions: /^ecs:/,
    on: [
      'arn:aws:ecs:*:*:cluster/waybill-*',
      'arn:aws:ecs:*:*:service/waybill-*',
      'arn:aws:ecs:*:*:service-deployment/waybill-*',
      'arn:aws:ecs:*:*:task-definition/waybill-*',
    ],
  },
  { actions: /^ecr:/, on: ['arn:aws:ecr:*:*:repository/waybill/*'] },
  { actions: /^apigateway:/, on: ['/apis*', '/vpclinks*', '/tags/*'].map((path) => `arn:aws:apigateway:*::${path}`) },
  // AWS gives these their ids, and a name is a tag that can be changed.
  { actions: /^(ec2|route53|servicediscovery|application-autoscaling):/, on: everything },
  // The keys of vaults and tables; a key's own policy has to allow it, too. CloudFormation itself describes a key that it makes.
  {
    actions: /^kms:(CreateGrant|Decrypt|Encrypt|GenerateDataKey|RetireGrant|RevokeGrant)$/,
    on: everything,
    condition: {
      StringLike: { 'kms:ViaService': ['backup.*.amazonaws.com', 'dynamodb.*.amazonaws.com', 'ecr.*.amazonaws.com'] },
    },
  },
  { actions: /^(backup|backup-storage|kms):/, on: everything },
  { actions: /^ssm:GetParameters$/, on: ['arn:aws:ssm:*:*:parameter/cdk-bootstrap/*'] },
];

/** Services whose statements are in the first policy; the others are in the second, because a managed policy has 6,144 characters. */
const ofData = /^(backup|backup-storage|cloudwatch|dynamodb|ecr|events|kms|logs|scheduler|sns|sqs|ssm):/;

/**
 * The policies by their name, which is that of the file without `.json`. It does not begin with `waybill-`: a deployment may
 * change policies of that name, and so would give itself every right.
 */
export function deployPolicies(): Readonly<Record<string, Policy>> {
  const actions = deployActions();
  return {
    'deploy-waybill-data': policyOf(actions.filter((action) => ofData.test(action))),
    'deploy-waybill-services': policyOf(actions.filter((action) => !ofData.test(action))),
  };
}

function policyOf(actions: readonly string[]): Policy {
  const reachOf = (action: string) => {
    const reach = reaches.find((each) => each.actions.test(action));
    if (!reach) throw new Error(`${action}: on what may a deployment do it? (infra/src/bootstrap/deploy-policy.ts)`);
    return reach;
  };
  const statements = [...Map.groupBy(actions, reachOf)].map(
    ([{ on, condition }, allowed]): Statement => ({
      Effect: 'Allow',
      Action: allowed,
      Resource: on,
      ...(condition && { Condition: condition }),
    }),
  );
  return { Version: '2012-10-17', Statement: statements };
}
