import { indexKeys } from '@waybill/shared/index-keys.ts';
import { physicalName, scanQueue, tables } from '@waybill/shared/resources.ts';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resourcesOf } from '../synthesis/resources.ts';
import { type SynthesizedStack, stackOf, synthesize } from '../synthesis/synthesize.ts';

const context = { environment: 'test', stacks: 'data' };
const kept = stackOf(synthesize(context), 'data');
const { template, resources } = kept;
const indexed = stackOf(synthesize({ ...context, openIndex: true }), 'data');
const streamed = stackOf(synthesize({ ...context, parcelStream: true }), 'data');
const told = { alarmEmail: 'ops@example.com', warningEmail: 'team@example.com', runbookUrl: 'https://wiki.example/w' };
const disposable = stackOf(synthesize({ ...context, disposable: true, ...told }), 'data');

/**
 * Properties that CloudFormation cannot change without replacing the resource (its template reference, "Update requires:
 * Replacement"). Attribute definitions may be added, for a new index; one that is there may not be edited.
 */
const madeAnewBy: Readonly<Record<string, readonly string[]>> = {
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::DynamoDB::Table': [
    'TableName',
    'KeySchema',
    'AttributeDefinitions',
    'LocalSecondaryIndexes',
    'ImportSourceSpecification',
  ],
};

function holdingData({ resources }: SynthesizedStack) {
  return Object.entries(resources).filter(([, { Type }]) => Type in madeAnewBy);
}

describe('what holds data', () => {
  it('stays when its stack is deleted, when it leaves the template, or when it is replaced', () => {
    expect(kept.terminationProtection).toBe(true);
    expect(holdingData(kept)).toHaveLength(2 + Object.keys(tables).length);
    for (const [, { DeletionPolicy, UpdateReplacePolicy }] of holdingData(kept))
      expect({ DeletionPolicy, UpdateReplacePolicy }).toEqual({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
      });
  });

  it('is deleted with its stack if the context says disposable', () => {
    expect(disposable.terminationProtection).toBe(false);
    for (const [, { DeletionPolicy, Properties }] of holdingData(disposable)) {
      expect(DeletionPolicy).toBe('Delete');
      expect(Properties['DeletionProtectionEnabled'] ?? false).toBe(false);
    }
  });

  // CloudFormation refuses to replace a resource whose name is fixed ("cannot update a stack when a custom-named resource
  // requires replacing"), and a changed logical id is a new resource whose name is taken. So nothing here can change after
  // it is deployed: create the changed resource under a new name instead, and move the data (docs/decisions/0051).
  it('never needs to be replaced: logical ids, names and keys stay these', () => {
    const identities = holdingData(kept).map(([id, { Type, Properties }]) => [
      id,
      Object.fromEntries(Object.entries(Properties).filter(([property]) => madeAnewBy[Type]?.includes(property))),
    ]);
    const attribute = (AttributeName: string, AttributeType: 'N' | 'S') => ({ AttributeName, AttributeType });
    const table = (TableName: string, key: ReturnType<typeof attribute>, ...ofIndexes: (typeof key)[]) => ({
      TableName,
      KeySchema: [{ AttributeName: key.AttributeName, KeyType: 'HASH' }],
      AttributeDefinitions: [key, ...ofIndexes],
    });
    // Written out, not read from resources.ts, so that a change there fails.
    expect(Object.fromEntries(identities)).toEqual({
      ScanQueue52E952E3: { QueueName: 'test-waybill-scans' },
      ScanQueueDeadLettersEC03CF9A: { QueueName: 'test-waybill-scans-dlq' },
      Parcels318F3676: table('test-waybill-parcels', attribute('parcelId', 'N')),
      Checkpoints620E2F20: table('test-waybill-checkpoints', attribute('feed', 'S')),
      Failures8A3E1A2F: table(
        'test-waybill-failures',
        attribute('failureId', 'S'),
        attribute('unresolved', 'S'),
        attribute('lastFailedAtUtc', 'S'),
      ),
      Operations993AC38D: table(
        'test-waybill-operations',
        attribute('operationId', 'S'),
        attribute('startedMonth', 'S'),
      ),
      BatchesE11AE858: table('test-waybill-batches', attribute('batchId', 'S'), attribute('createdDay', 'S')),
      Notifications87298708: table(
        'test-waybill-notifications',
        attribute('notificationId', 'S'),
        attribute('unfinished', 'S'),
        attribute('changedAtUtc', 'S'),
      ),
      Activity04690B0A: table('test-waybill-activity', attribute('process', 'S')),
    });
  });
});

describe('the index of open parcels', () => {
  const keySchema = [
    { AttributeName: 'openShard', KeyType: 'HASH' },
    { AttributeName: 'openedAtMs', KeyType: 'RANGE' },
  ];

  it('is there only if the context asks for it, with the keys that resources.ts says', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: physicalName('test', tables.parcels.name),
      GlobalSecondaryIndexes: Match.absent(),
    });
    indexed.template.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: physicalName('test', tables.parcels.name),
      GlobalSecondaryIndexes: [
        { IndexName: 'open-parcels', KeySchema: keySchema, Projection: { ProjectionType: 'KEYS_ONLY' } },
      ],
    });
  });

  // One index at a time can be added to a table (DynamoDB, UpdateTable), and nothing that would replace the table.
  it('is all that changes in what holds data, so that it can be added to a table in use', () => {
    const changed = holdingData(indexed).flatMap(([id, { Properties }]) =>
      Object.entries(Properties)
        .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(resources[id]?.Properties[name]))
        .map(([name, value]) => [`${String(Properties['TableName'])} ${name}`, value]),
    );
    const numbers = ['parcelId', 'openShard', 'openedAtMs'];
    expect(Object.fromEntries(changed)).toEqual({
      'test-waybill-parcels AttributeDefinitions': numbers.map((AttributeName) => ({
        AttributeName,
        AttributeType: 'N',
      })),
      'test-waybill-parcels GlobalSecondaryIndexes': [expect.objectContaining({ IndexName: 'open-parcels' })],
    });
    expect(Object.keys(indexed.resources)).toEqual(Object.keys(resources));
  });
});

describe('the API', () => {
  const withApi = stackOf(synthesize({ ...context, api: true }), 'data');

  it('brings the index of open parcels, one index of one table, and alarms about the tables that only it uses', () => {
    const changed = holdingData(withApi).filter(
      ([id, { Properties }]) => JSON.stringify(Properties) !== JSON.stringify(resources[id]?.Properties),
    );
    expect(changed.map(([, { Properties }]) => Properties['TableName'])).toEqual(['test-waybill-parcels']);
    const alarmsOf = ({ resources: all }: SynthesizedStack) =>
      Object.values(all).flatMap(({ Type, Properties }) =>
        Type === 'AWS::CloudWatch::Alarm' ? [String(Properties['AlarmName'])] : [],
      );
    const usual = alarmsOf(kept);
    expect(alarmsOf(withApi).filter((name) => !usual.includes(name))).toEqual([
      'waybill-test-operations-throttled',
      'waybill-test-batches-throttled',
    ]);
  });

  it('leaves the index out where the context says so, so that switching it on changes no table', () => {
    const noIndex = stackOf(synthesize({ ...context, api: true, openIndex: false }), 'data');
    expect(holdingData(noIndex)).toEqual(holdingData(kept));
  });
});

describe('the indexes that every deployment has', () => {
  it('are these, with what they hold beside the keys: no body of a failure, which may name people', () => {
    const indexesOf = (name: string) =>
      holdingData(kept).find(([, { Properties }]) => Properties['TableName'] === physicalName('test', name))?.[1]
        .Properties['GlobalSecondaryIndexes'];
    // Written out: of an index that is deployed neither key nor projection can change.
    expect(indexesOf(tables.failures.name)).toEqual([
      {
        IndexName: 'unresolved',
        KeySchema: [
          { AttributeName: 'unresolved', KeyType: 'HASH' },
          { AttributeName: 'lastFailedAtUtc', KeyType: 'RANGE' },
        ],
        Projection: {
          ProjectionType: 'INCLUDE',
          NonKeyAttributes: ['attempts', 'detail', 'firstFailedAtUtc', 'parcelId', 'reason', 'resolvedAtUtc'],
        },
      },
    ]);
    expect(indexesOf(tables.operations.name)).toEqual([
      {
        IndexName: 'recent',
        KeySchema: [
          { AttributeName: 'startedMonth', KeyType: 'HASH' },
          { AttributeName: 'operationId', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ]);
    expect(indexesOf(tables.batches.name)).toEqual([
      {
        IndexName: 'recent',
        KeySchema: [
          { AttributeName: 'createdDay', KeyType: 'HASH' },
          { AttributeName: 'batchId', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]);
    expect(indexesOf(tables.notifications.name)).toEqual([
      {
        IndexName: 'unfinished',
        KeySchema: [
          { AttributeName: 'unfinished', KeyType: 'HASH' },
          { AttributeName: 'changedAtUtc', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ]);
  });

  // DynamoDB creates one index of a table at a time (UpdateTable), and so does CloudFormation: a release that adds two to
  // one table cannot be deployed to it.
  it('are at most one more per table than the last release has', () => {
    const inLastRelease: Readonly<Record<string, number>> = { [tables.parcels.name]: 0, [tables.failures.name]: 0 };
    for (const [name, count] of Object.entries(inLastRelease)) {
      const table = holdingData(kept).find(
        ([, { Properties }]) => Properties['TableName'] === physicalName('test', name),
      );
      const indexes = z.array(z.unknown()).parse(table?.[1].Properties['GlobalSecondaryIndexes'] ?? []);
      expect(indexes.length - count, name).toBeLessThanOrEqual(1);
    }
  });
});

describe('the stream of parcels', () => {
  it('is there only if the context asks for it, with the items before and after each change, and an output', () => {
    template.allResourcesProperties('AWS::DynamoDB::Table', { StreamSpecification: Match.absent() });
    const withStream = Object.values(streamed.resources).filter(({ Properties }) => Properties['StreamSpecification']);
    expect(withStream.map(({ Properties }) => [Properties['TableName'], Properties['StreamSpecification']])).toEqual([
      ['test-waybill-parcels', { StreamViewType: 'NEW_AND_OLD_IMAGES' }],
    ]);
    const { ParcelStreamArn } = streamed.template.findOutputs('ParcelStreamArn');
    expect(ParcelStreamArn).toEqual({ Value: { 'Fn::GetAtt': ['Parcels318F3676', 'StreamArn'] } });
  });
});

describe('the scan queue', () => {
  it('has the settings of resources.ts', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: physicalName('test', scanQueue.name),
      VisibilityTimeout: scanQueue.visibilityTimeoutSeconds,
      ReceiveMessageWaitTimeSeconds: scanQueue.receiveWaitSeconds,
      MessageRetentionPeriod: scanQueue.retentionSeconds,
      MaximumMessageSize: scanQueue.maximumMessageBytes,
      SqsManagedSseEnabled: true,
      RedrivePolicy: {
        maxReceiveCount: scanQueue.maxReceiveCount,
        deadLetterTargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] },
      },
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: physicalName('test', scanQueue.deadLetterQueue.name),
      MessageRetentionPeriod: scanQueue.deadLetterQueue.retentionSeconds,
      MaximumMessageSize: scanQueue.maximumMessageBytes,
      SqsManagedSseEnabled: true,
      RedrivePolicy: Match.absent(),
    });
  });

  it('is the only source of its dead-letter queue, by an ARN made of its fixed name', () => {
    const [, deadLetters] = Object.entries(resources).find(([id]) => id.includes('DeadLetters')) ?? [];
    const policy = deadLetters?.Properties['RedriveAllowPolicy'];
    expect(policy).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: [
        {
          'Fn::Join': [
            '',
            [
              'arn:',
              { Ref: 'AWS::Partition' },
              ':sqs:',
              { Ref: 'AWS::Region' },
              ':',
              { Ref: 'AWS::AccountId' },
              `:${physicalName('test', scanQueue.name)}`,
            ],
          ],
        },
      ],
    });
  });

  it('and its dead-letter queue refuse requests without TLS', () => {
    template.resourceCountIs('AWS::SQS::QueuePolicy', 2);
    template.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sqs:*',
            Principal: { AWS: '*' },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      },
    });
  });
});

describe.each(Object.entries(tables))('the %s table', (_, definition) => {
  const properties = {
    TableName: physicalName('test', definition.name),
    KeySchema: [{ AttributeName: definition.key.name, KeyType: 'HASH' }],
    AttributeDefinitions: Match.arrayWith([{ AttributeName: definition.key.name, AttributeType: definition.key.type }]),
    BillingMode: 'PAY_PER_REQUEST',
    DeletionProtectionEnabled: definition !== tables.activity,
  };

  it('has the key of resources.ts, is billed per request and cannot be deleted, unless what it holds is of the last hour', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', properties);
  });

  it('expires items by the attribute of resources.ts, or not at all', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: properties.TableName,
      TimeToLiveSpecification: 'ttl' in definition ? { AttributeName: definition.ttl, Enabled: true } : Match.absent(),
    });
  });

  it('can be restored to any second of 35 days, of 7 if it holds ids of people, of none if it holds what is of the last hour', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: properties.TableName,
      PointInTimeRecoverySpecification:
        definition === tables.activity
          ? Match.absent()
          : { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: definition === tables.failures ? 7 : 35 },
    });
  });
});

describe('alarms are sent', () => {
  it('to a topic for each severity, to which only alarms of this account may publish, and nobody without TLS', () => {
    template.resourceCountIs('AWS::SNS::Topic', 2);
    template.resourceCountIs('AWS::SNS::TopicPolicy', 2);
    template.allResourcesProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    });
  });

  it('by their severity', () => {
    const alarms = [...resourcesOf(kept, 'AWS::CloudWatch::Alarm').values()].map((alarm) => [
      String(alarm['AlarmName']).replace('waybill-test-', ''),
      alarm['AlarmActions'],
      alarm['OKActions'],
      String(alarm['AlarmDescription']).split(':')[0],
    ]);
    for (const [name, raised, ended, severity] of alarms) {
      const topics = severity === 'CRITICAL' ? ['<Alarms>'] : ['<Warnings>'];
      expect([name, raised, ended]).toEqual([name, topics, topics]);
    }
    expect(new Set(alarms.map(([, , , severity]) => severity))).toEqual(new Set(['CRITICAL', 'WARNING']));
  });

  it('by e-mail, if the context has addresses', () => {
    template.resourceCountIs('AWS::SNS::Subscription', 0);
    const subscriptions = [...resourcesOf(disposable, 'AWS::SNS::Subscription').values()];
    expect(subscriptions.toSorted((a, b) => String(a['TopicArn']).localeCompare(String(b['TopicArn'])))).toEqual([
      { Protocol: 'email', TopicArn: '<Alarms>', Endpoint: 'ops@example.com' },
      { Protocol: 'email', TopicArn: '<Warnings>', Endpoint: 'team@example.com' },
    ]);
  });

  // Who subscribed to the topic of 0.1.0 did so by this id's topic; a new id would be a new topic, without subscriptions.
  it('for critical ones to the topic that 0.1.0 had for all of them', () => {
    expect(Object.keys(resources)).toContain('Alarms04B5A0BF');
    expect(kept.template.findOutputs('AlarmTopicArn')).toEqual({
      AlarmTopicArn: { Value: { Ref: 'Alarms04B5A0BF' } },
    });
    const subscribed = Object.keys(disposable.resources).filter((id) => id.startsWith('Alarmsopsexamplecom'));
    expect(subscribed).toHaveLength(1);
  });
});

describe('an alarm is raised', () => {
  it('by any visible dead letter, and not ended by a queue that stops publishing', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'waybill-test-scan-dlq-not-empty',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [
        { Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'QueueName'] } },
      ],
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      DatapointsToAlarm: 1,
      TreatMissingData: 'ignore',
    });
  });

  it.each([
    ['scan-queue-old', 900],
    ['scan-queue-very-old', 86_400],
  ])('by a message that waits: %s after %d s', (section, seconds) => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: `waybill-test-${section}`,
      MetricName: 'ApproximateAgeOfOldestMessage',
      Threshold: seconds,
      TreatMissingData: 'notBreaching',
    });
  });

  it('by a dead letter three days before SQS may delete it, however late it got there', () => {
    const retention = scanQueue.deadLetterQueue.retentionSeconds - scanQueue.retentionSeconds;
    const days = retention / 86_400 - 3;
    // PutMetricAlarm limits the period times the evaluation periods, with a period of an hour or more.
    expect(days).toBeLessThanOrEqual(7);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'waybill-test-scan-dlq-old',
      Metrics: Match.arrayWith([
        Match.objectLike({ Expression: 'FILL(visible, REPEAT)' }),
        {
          Id: 'visible',
          ReturnData: false,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SQS',
              MetricName: 'ApproximateNumberOfMessagesVisible',
              Dimensions: [
                { Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'QueueName'] } },
              ],
            },
            Period: 3600,
            Stat: 'Maximum',
          },
        },
      ]),
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      EvaluationPeriods: days * 24,
      DatapointsToAlarm: Match.absent(),
      TreatMissingData: 'ignore',
    });
  });

  // Of DynamoDB's own metrics CloudWatch always ignores missing data, whatever the alarm says (PutMetricAlarm,
  // `TreatMissingData`): they have data while requests are throttled only, so the alarm would stay raised.
  it.each(['parcels', 'checkpoints', 'failures'])(
    'by throttled requests to %s in three minutes of five, and ends without them',
    (table) => {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        AlarmName: `waybill-test-${table}-throttled`,
        Namespace: 'Waybill/test',
        MetricName: 'waybill.store.throttles',
        Dimensions: [{ Name: 'table', Value: table }],
        Statistic: 'Sum',
        Period: 60,
        Threshold: 1,
        EvaluationPeriods: 5,
        DatapointsToAlarm: 3,
        TreatMissingData: 'notBreaching',
      });
    },
  );

  it('by no metric of DynamoDB', () => {
    const alarms = Object.values(resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(5);
    expect(JSON.stringify(alarms)).not.toContain('AWS/DynamoDB');
  });
});

describe('an operator', () => {
  const listed = z
    .union([z.string(), z.looseObject({})])
    .transform((one) => [one])
    .or(z.array(z.unknown()));
  const policy = z.object({
    Description: z.string(),
    PolicyDocument: z.object({
      Statement: z.array(
        z.object({ Effect: z.string(), Action: listed, Resource: listed, Condition: z.unknown().optional() }),
      ),
    }),
  });

  /** What the policy with this description allows, each as `action on resource`. */
  function allowed(description: string): string[] {
    const policies = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy');
    const found = policies
      .map(({ Properties }) => policy.parse(Properties))
      .find((one) => one.Description === description);
    return (found?.PolicyDocument.Statement ?? [])
      .flatMap(({ Effect, Action, Resource, Condition }) => {
        const condition = Condition === undefined ? '' : `, if ${JSON.stringify(Condition)}`;
        return Action.flatMap((action) => Resource.map((one) => `${Effect} ${action} on ${nameOf(one)}${condition}`));
      })
      .toSorted();
  }

  function nameOf(arn: unknown): string {
    const joined = z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) }).safeParse(arn).data;
    if (joined) return joined['Fn::Join'][1].map(nameOf).join('');
    const reference = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).safeParse(arn).data;
    const properties = reference ? resources[reference['Fn::GetAtt'][0]]?.Properties : undefined;
    return String(properties?.['QueueName'] ?? properties?.['TableName'] ?? arn);
  }

  const onRecord = ['PutItem', 'UpdateItem'].map((action) => `Allow dynamodb:${action} on test-waybill-operations`);
  const attributes = Object.keys(indexKeys[tables.failures.name] ?? {}).filter((name) => name !== 'body');
  const withoutBodies = `if ${JSON.stringify({
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes },
    StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
  })}`;

  it('may redrive and see the reasons of failures with the redrive policy, and nothing else', () => {
    expect(allowed('Waybill: redrive the dead-letter queue')).toEqual([
      ...onRecord.slice(0, 1),
      `Allow dynamodb:Scan on test-waybill-failures, ${withoutBodies}`,
      ...onRecord.slice(1),
      'Allow sqs:CancelMessageMoveTask on test-waybill-scans-dlq',
      'Allow sqs:ChangeMessageVisibility on test-waybill-scans-dlq',
      'Allow sqs:DeleteMessage on test-waybill-scans-dlq',
      'Allow sqs:GetQueueAttributes on test-waybill-scans',
      'Allow sqs:GetQueueAttributes on test-waybill-scans-dlq',
      'Allow sqs:GetQueueUrl on test-waybill-scans',
      'Allow sqs:GetQueueUrl on test-waybill-scans-dlq',
      'Allow sqs:ListDeadLetterSourceQueues on test-waybill-scans-dlq',
      'Allow sqs:ListMessageMoveTasks on test-waybill-scans-dlq',
      'Allow sqs:ListQueues on *',
      'Allow sqs:ReceiveMessage on test-waybill-scans-dlq',
      'Allow sqs:SendMessage on test-waybill-scans',
      'Allow sqs:StartMessageMoveTask on test-waybill-scans-dlq',
    ]);
  });

  it('may read and erase failures with the failures policy, and nothing else', () => {
    expect(allowed('Waybill: read and erase failures, which hold ids of people')).toEqual([
      'Allow dynamodb:DeleteItem on test-waybill-failures',
      'Allow dynamodb:DescribeTable on test-waybill-failures',
      'Allow dynamodb:GetItem on test-waybill-failures',
      ...onRecord.slice(0, 1),
      'Allow dynamodb:Scan on test-waybill-failures',
      ...onRecord.slice(1),
      'Allow sqs:ChangeMessageVisibility on test-waybill-scans-dlq',
      'Allow sqs:DeleteMessage on test-waybill-scans-dlq',
      'Allow sqs:GetQueueAttributes on test-waybill-scans-dlq',
      'Allow sqs:GetQueueUrl on test-waybill-scans-dlq',
      'Allow sqs:ReceiveMessage on test-waybill-scans-dlq',
    ]);
  });

  it('may see and reset the checkpoint with the checkpoint policy, and nothing else', () => {
    expect(allowed("Waybill: see and reset the poller's checkpoint")).toEqual([
      'Allow dynamodb:GetItem on test-waybill-checkpoints',
      ...onRecord.slice(0, 1),
      'Allow dynamodb:UpdateItem on test-waybill-checkpoints',
      ...onRecord.slice(1),
    ]);
  });

  it('may send the feed again with the replay policy, and repair parcels with the repair policy, and nothing else', () => {
    expect(allowed('Waybill: send a part of the feed again')).toEqual([
      ...onRecord,
      'Allow sqs:SendMessage on test-waybill-scans',
    ]);
    expect(allowed('Waybill: repair and reindex parcels')).toEqual([
      'Allow dynamodb:GetItem on test-waybill-parcels',
      ...onRecord,
      'Allow dynamodb:UpdateItem on test-waybill-parcels',
    ]);
  });

  it('may look at everything but what failed with the observer policy, and nothing else', () => {
    const stack = 'arn:[object Object]:cloudformation:[object Object]:[object Object]:stack/waybill-test-data/*';
    expect(allowed('Waybill: look at everything but what failed')).toEqual([
      `Allow cloudformation:DescribeStacks on ${stack}`,
      `Allow dynamodb:BatchGetItem on test-waybill-failures, ${withoutBodies}`,
      'Allow dynamodb:BatchGetItem on test-waybill-parcels',
      'Allow dynamodb:DescribeTable on test-waybill-failures',
      'Allow dynamodb:DescribeTable on test-waybill-parcels',
      'Allow dynamodb:GetItem on test-waybill-batches',
      'Allow dynamodb:GetItem on test-waybill-checkpoints',
      `Allow dynamodb:GetItem on test-waybill-failures, ${withoutBodies}`,
      'Allow dynamodb:GetItem on test-waybill-notifications',
      'Allow dynamodb:GetItem on test-waybill-operations',
      'Allow dynamodb:GetItem on test-waybill-parcels',
      'Allow dynamodb:Query on test-waybill-batches/index/recent',
      'Allow dynamodb:Query on test-waybill-failures/index/unresolved',
      'Allow dynamodb:Query on test-waybill-notifications/index/unfinished',
      'Allow dynamodb:Query on test-waybill-operations/index/recent',
      'Allow dynamodb:Query on test-waybill-parcels',
      'Allow dynamodb:Query on test-waybill-parcels/index/open-parcels',
      'Allow dynamodb:Scan on test-waybill-activity',
      `Allow dynamodb:Scan on test-waybill-failures, ${withoutBodies}`,
      'Allow dynamodb:Scan on test-waybill-notifications',
      'Allow dynamodb:Scan on test-waybill-parcels',
      'Allow dynamodb:Scan on test-waybill-parcels/index/open-parcels',
      'Allow sqs:GetQueueAttributes on test-waybill-scans',
      'Allow sqs:GetQueueAttributes on test-waybill-scans-dlq',
      'Allow sqs:GetQueueUrl on test-waybill-scans',
      'Allow sqs:GetQueueUrl on test-waybill-scans-dlq',
    ]);
    expect(withoutBodies).not.toContain('body');
  });

  it('or a program may read parcels and their index with the policy for readers, and nothing else', () => {
    expect(allowed('Waybill: read parcels')).toEqual([
      'Allow dynamodb:BatchGetItem on test-waybill-parcels',
      'Allow dynamodb:DescribeTable on test-waybill-parcels',
      'Allow dynamodb:GetItem on test-waybill-parcels',
      'Allow dynamodb:Query on test-waybill-parcels',
      'Allow dynamodb:Query on test-waybill-parcels/index/open-parcels',
      'Allow dynamodb:Scan on test-waybill-parcels',
      'Allow dynamodb:Scan on test-waybill-parcels/index/open-parcels',
    ]);
  });

  it('has none of them by default', () => {
    for (const { Type, Properties } of Object.values(resources))
      if (Type === 'AWS::IAM::ManagedPolicy')
        expect([Properties['Roles'], Properties['Users'], Properties['Groups']]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
  });
});

it('has outputs for everything that operators need', () => {
  expect(Object.keys(template.toJSON()['Outputs'] ?? {})).toEqual([
    'Version',
    'ScanQueueUrl',
    'DeadLetterQueueUrl',
    'DeadLetterQueueArn',
    'ParcelsTable',
    'CheckpointsTable',
    'FailuresTable',
    'OperationsTable',
    'BatchesTable',
    'NotificationsTable',
    'ActivityTable',
    'AlarmTopicArn',
    'WarningTopicArn',
    'ObserverPolicyArn',
    'RedrivePolicyArn',
    'FailuresPolicyArn',
    'CheckpointPolicyArn',
    'ReplayPolicyArn',
    'RepairPolicyArn',
    'ParcelsReaderPolicyArn',
  ]);
});
