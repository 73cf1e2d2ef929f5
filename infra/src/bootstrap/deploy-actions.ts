import handlerActions from './handler-actions.json' with { type: 'json' };

const byType: Readonly<Record<string, readonly string[]>> = handlerActions;

/**
 * Actions that CloudFormation's handlers have for features that no template of Waybill uses: with one of these rights more
 * could be read, or done to others, than a deployment needs. Not those that describe a table or a VPC: a handler may look at
 * a feature to see that it is not used.
 */
const notUsed: readonly RegExp[] = [
  // Tables are not filled by an import, and not copied to other regions.
  /^dynamodb:(BatchWriteItem|DeleteItem|GetItem|PutItem|Query|Scan|UpdateItem|ImportTable|DescribeImport)$/,
  /^dynamodb:(AssociateTableReplica|CreateTableReplica)$/,
  // What an import reads, and where its log goes.
  /^s3:/,
  /^logs:(CreateLogStream|DescribeLogStreams|PutLogEvents)$/,
  // Changes of tables are not sent to Kinesis, and log groups not to Firehose.
  /^kinesis:/,
  /^firehose:/,
  /^dynamodb:(Dis|En)ableKinesisStreamingDestination$/,
  /^dynamodb:UpdateKinesisStreamingDestination$/,
  // Provisioned concurrency, VPNs, service networks, a VPC that is encrypted, endpoints of other regions.
  /^lambda:/,
  /^vpc-lattice:/,
  /^vpce:/,
  /^ec2:(?!Describe).*(VpnGateway|VpcEncryptionControl|VpcTenancy|SubnetCidrBlock)/,
  // Policies are attached to roles alone, and a service-linked role stays when a deployment goes.
  /^iam:.*(User|Group)Policy$/,
  // No boundary is set: whoever sets one on the roles of an account does not want a deployment to take it away.
  /^iam:(Put|Delete)RolePermissionsBoundary$/,
  /^iam:(DeleteServiceLinkedRole|GetServiceLinkedRoleDeletionStatus)$/,
  // The account's own settings.
  /^ecs:PutAccountSetting/,
  /^application-autoscaling:.*ScheduledAction/,
  // No key of the owner's.
  /^logs:(Dis)?[aA]ssociateKmsKey$/,
  /^logs:(PutBearerTokenAuthentication|(Put|Delete)DataProtectionPolicy|(Put|Delete)IndexPolicy)$/,
  /^sns:PutDataProtectionPolicy$/,
];

/** Actions that no schema names, by the type that needs them. */
const besides: Readonly<Record<string, readonly string[]>> = {
  // Its schema has no tags yet, and the templates have. RegisterScalableTarget with tags needs TagResource.
  'AWS::ApplicationAutoScaling::ScalableTarget': [
    'application-autoscaling:ListTagsForResource',
    'application-autoscaling:TagResource',
    'application-autoscaling:UntagResource',
  ],
  // "Fn::GetAZs", by which a network that names no zones has its first two: its "IAM permissions".
  'AWS::EC2::Subnet': ['ec2:DescribeAccountAttributes', 'ec2:DescribeAvailabilityZones'],
  // Its schema has no handlers. "AWS Cloud Map API permissions": CreatePrivateDnsNamespace needs those of Route 53 and EC2.
  'AWS::ServiceDiscovery::PrivateDnsNamespace': [
    'servicediscovery:CreatePrivateDnsNamespace',
    'servicediscovery:DeleteNamespace',
    'servicediscovery:GetNamespace',
    'servicediscovery:GetOperation',
    'servicediscovery:ListTagsForResource',
    'servicediscovery:TagResource',
    'servicediscovery:UntagResource',
    'servicediscovery:UpdatePrivateDnsNamespace',
    'route53:CreateHostedZone',
    'route53:DeleteHostedZone',
    'route53:GetHostedZone',
    'route53:ListHostedZonesByName',
    'ec2:DescribeRegions',
    'ec2:DescribeVpcs',
  ],
  // "Configure logging for HTTP APIs": access logs need these of who makes the stage.
  'AWS::ApiGatewayV2::Stage': [
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
  ],
};

/** Types of which the actions are known: of every other the policy would let a deployment fail. */
export function isKnownType(type: string): boolean {
  return Object.hasOwn(byType, type) || isOfTheTemplate(type);
}

/** What CloudFormation handles by itself. */
function isOfTheTemplate(type: string): boolean {
  return type === 'AWS::CDK::Metadata' || type.startsWith('AWS::CloudFormation::');
}

/** What CloudFormation calls to create, read, change and delete a resource of this type, sorted. */
export function actionsOf(type: string): string[] {
  const all = new Set([...(byType[type] ?? []), ...(besides[type] ?? [])]);
  return [...all].filter((action) => !notUsed.some((pattern) => pattern.test(action))).toSorted();
}

/** What a deployment calls, sorted. */
export function deployActions(): string[] {
  // CloudFormation reads the version of the bootstrap, which is a parameter of each template.
  const all = new Set(['ssm:GetParameters', ...Object.keys(byType).flatMap(actionsOf)]);
  return [...all].toSorted();
}
