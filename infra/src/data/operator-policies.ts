import { indexKeys } from '@waybill/shared/index-keys.ts';
import {
  recentBatchesIndex,
  recentOperationsIndex,
  tables,
  unfinishedIndex,
  unresolvedIndex,
} from '@waybill/shared/resources.ts';
import { Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../findings/acknowledge.ts';

export type OperatorPoliciesProps = {
  readonly scanQueue: Queue;
  readonly deadLetterQueue: Queue;
  readonly failures: Table;
  readonly checkpoints: Table;
  readonly parcels: Table;
  readonly operations: Table;
  readonly batches: Table;
  readonly activity: Table;
  /** One, or more where webhooks have tables of their own. */
  readonly notifications: readonly Table[];
  /** Of webhooks: none without them. */
  readonly announcementQueues: readonly { readonly queue: Queue; readonly deadLetterQueue: Queue }[];
};

/** Attributes of a failure record without the failed element, which may name people. */
const attributesWithoutPeople = Object.keys(indexKeys[tables.failures.name] ?? {}).filter((name) => name !== 'body');

/**
 * As AWS documents "access to specific attributes" (IAM User Guide). Attributes in a filter count too, so nobody can search
 * the bodies.
 */
const withoutPeople = {
  'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributesWithoutPeople },
  StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
};

/**
 * Policies to attach to the roles of people, or of programs that read parcels. Nobody has them by default. The acts of
 * `waybill` each need {@link observer} beside their own.
 */
export class OperatorPolicies extends Construct {
  /** Allows to look: at queues, position, parcels, operations, batches, notifications, and at failures without what failed. */
  readonly observer: ManagedPolicy;
  /** Allows to start, watch and cancel a redrive of a dead-letter queue, also in the console, and to see why messages failed. */
  readonly redrive: ManagedPolicy;
  /** Allows to read what failed, with ids of people, and to erase it from the failures table and the dead-letter queue. */
  readonly failures: ManagedPolicy;
  /** Allows to set the poller's checkpoint to any EventId. */
  readonly checkpoint: ManagedPolicy;
  /** Allows to send what was read of the feed again to the scan queue. */
  readonly replay: ManagedPolicy;
  /** Allows to write parcels: without a wrong event, or with what the index of open parcels needs. */
  readonly repair: ManagedPolicy;
  /** Allows to tell webhooks what is due, by hand or by announcements; undefined without webhooks. */
  readonly notify: ManagedPolicy | undefined;
  /** Allows to read parcels, one by one or all, and the index of open parcels. */
  readonly parcelsReader: ManagedPolicy;

  constructor(scope: Construct, id: string, props: OperatorPoliciesProps) {
    super(scope, id);
    const { scanQueue, deadLetterQueue, failures, checkpoints, parcels, operations, batches, activity, notifications } =
      props;
    const announced = props.announcementQueues.map(({ queue }) => queue.queueArn);
    const sources = [scanQueue.queueArn, ...announced];
    const allDeadLetters = [deadLetterQueue, ...props.announcementQueues.map((each) => each.deadLetterQueue)].map(
      ({ queueArn }) => queueArn,
    );
    const deadLetters = deadLetterQueue.queueArn;
    const told = notifications.map(({ tableArn }) => tableArn);
    const queues = [scanQueue.queueArn, deadLetters];
    const policy = (name: string, description: string, statements: readonly PolicyStatement[]) =>
      new ManagedPolicy(this, name, { description: `Waybill: ${description}`, statements: [...statements] });
    // Before each act and after it; where it is refused, the act is.
    const onRecord = () => allow('PutOnRecord', ['dynamodb:PutItem', 'dynamodb:UpdateItem'], [operations.tableArn]);
    const stack = Stack.of(this);

    this.observer = policy('Observer', 'look at everything but what failed', [
      allow('Queues', ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], queues),
      ...readingParcels(parcels),
      allow('Position', ['dynamodb:GetItem'], [checkpoints.tableArn]),
      allow('FailuresTable', ['dynamodb:DescribeTable'], [failures.tableArn]),
      // The index does not hold the body.
      allow('UnresolvedFailures', ['dynamodb:Query'], [`${failures.tableArn}/index/${unresolvedIndex.name}`]),
      allow('Failures', ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Scan'], [failures.tableArn], {
        ...withoutPeople,
      }),
      allow('Operation', ['dynamodb:GetItem'], [operations.tableArn]),
      allow('Operations', ['dynamodb:Query'], [`${operations.tableArn}/index/${recentOperationsIndex.name}`]),
      allow('Batch', ['dynamodb:GetItem'], [batches.tableArn]),
      allow('Batches', ['dynamodb:Query'], [`${batches.tableArn}/index/${recentBatchesIndex.name}`]),
      allow('Activity', ['dynamodb:Scan'], [activity.tableArn]),
      allow('Notification', ['dynamodb:GetItem', 'dynamodb:Scan'], told),
      allow(
        'Unfinished',
        ['dynamodb:Query'],
        told.map((arn) => `${arn}/index/${unfinishedIndex.name}`),
      ),
      allow(
        'OutputsOfThisStack',
        ['cloudformation:DescribeStacks'],
        // Asked for by name, the stack is this resource; its id has a part that no name tells.
        [stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stack.stackName}/*` })],
      ),
    ]);
    acknowledge(this.observer, {
      [`AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/${stack.stackName}/*]`]:
        'The last part of the ARN is given by CloudFormation; the name of the stack is whole.',
    });
    this.redrive = policy('Redrive', 'redrive the dead-letter queue', [
      allow(
        'MoveFromDeadLetterQueue',
        [
          'sqs:StartMessageMoveTask',
          'sqs:ListMessageMoveTasks',
          'sqs:CancelMessageMoveTask',
          // The task receives and deletes with the rights of the person who started it. So does a redrive of some messages,
          // which hands back those that it does not mean.
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:ChangeMessageVisibility',
          'sqs:ListDeadLetterSourceQueues',
        ],
        allDeadLetters,
      ),
      allow('SendToSource', ['sqs:SendMessage'], sources),
      allow('SeeBoth', ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], [...sources, ...allDeadLetters]),
      allow('ReasonsOfFailures', ['dynamodb:Scan'], [failures.tableArn], withoutPeople),
      onRecord(),
      allow('FindInConsole', ['sqs:ListQueues'], ['*']),
    ]);
    acknowledge(this.redrive, {
      'AwsSolutions-IAM5[Resource::*]':
        "The console opens a queue from its list, which shows the names of the account's queues and nothing else.",
    });
    this.failures = policy('Failures', 'read and erase failures, which hold ids of people', [
      allow(
        'Records',
        ['dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:DeleteItem', 'dynamodb:DescribeTable'],
        [failures.tableArn],
      ),
      allow(
        'Messages',
        [
          'sqs:ReceiveMessage',
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueUrl',
          'sqs:GetQueueAttributes',
        ],
        [deadLetters],
      ),
      onRecord(),
    ]);
    this.checkpoint = policy('Checkpoint', "see and reset the poller's checkpoint", [
      allow('Position', ['dynamodb:GetItem', 'dynamodb:UpdateItem'], [checkpoints.tableArn]),
      onRecord(),
    ]);
    this.replay = policy('Replay', 'send a part of the feed again', [
      allow('SendToScanQueue', ['sqs:SendMessage'], [scanQueue.queueArn]),
      onRecord(),
    ]);
    this.repair = policy('Repair', 'repair and reindex parcels', [
      allow('Parcels', ['dynamodb:GetItem', 'dynamodb:UpdateItem'], [parcels.tableArn]),
      onRecord(),
    ]);
    this.notify =
      announced.length === 0
        ? undefined
        : policy('Notify', 'tell webhooks what is due, and announce milestones', [
            ...tellingWebhooks({ notifications: told, queues: announced }),
            onRecord(),
          ]);
    this.parcelsReader = policy('ParcelsReader', 'read parcels', readingParcels(parcels));
  }
}

function allow(
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Readonly<Record<string, unknown>>,
): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: [...actions],
    resources: [...resources],
    ...(conditions && { conditions: { ...conditions } }),
  });
}

/** What telling on demand and announcing by hand need, besides reading parcels. */
export function tellingWebhooks({
  notifications,
  queues,
}: {
  /** ARNs of their tables. */
  readonly notifications: readonly string[];
  /** ARNs of the queues of announcements. */
  readonly queues: readonly string[];
}): readonly PolicyStatement[] {
  return [
    ...(notifications.length > 0
      ? [allow('Notifications', ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'], notifications)]
      : []),
    ...(queues.length > 0 ? [allow('Announce', ['sqs:SendMessage'], queues)] : []),
  ];
}

function readingParcels(parcels: Table): readonly PolicyStatement[] {
  return [
    allow(
      'Parcels',
      // With Scan: delivered parcels are in no index, and where the index is off, open ones are found by nothing else.
      ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan', 'dynamodb:DescribeTable'],
      [parcels.tableArn],
    ),
    allow(
      'OpenParcels',
      ['dynamodb:Query', 'dynamodb:Scan'],
      // By name, also while the index is off: a reader's policy need not change when it comes.
      tables.parcels.indexes.map(({ name }) => `${parcels.tableArn}/index/${name}`),
    ),
  ];
}
