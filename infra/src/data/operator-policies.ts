import { tables } from '@waybill/shared/resources.ts';
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
};

/** Attributes of a failure record without the failed element: why, how often, since when. */
const attributesWithoutPeople = ['failureId', 'reason', 'detail', 'attempts', 'lastFailedAtUtc', 'resolvedAtUtc'];

/** Policies to attach to the roles of people, or of programs that read parcels. Nobody has them by default. */
export class OperatorPolicies extends Construct {
  /** Allows to start, watch and cancel a redrive of the dead-letter queue, also in the console, and to see why messages failed. */
  readonly redrive: ManagedPolicy;
  /** Allows to read what failed, with ids of people, and to erase it from the failures table and the dead-letter queue. */
  readonly failures: ManagedPolicy;
  /** Allows to set the poller's checkpoint to any EventId. */
  readonly checkpoint: ManagedPolicy;
  /** Allows to read parcels, one by one or all, and the index of open parcels. */
  readonly parcelsReader: ManagedPolicy;

  constructor(scope: Construct, id: string, props: OperatorPoliciesProps) {
    super(scope, id);
    const { scanQueue, deadLetterQueue, failures, checkpoints, parcels } = props;
    const queues = [scanQueue.queueArn, deadLetterQueue.queueArn];
    this.redrive = new ManagedPolicy(this, 'Redrive', {
      description: 'Waybill: redrive the dead-letter queue',
      statements: [
        new PolicyStatement({
          sid: 'MoveFromDeadLetterQueue',
          actions: [
            'sqs:StartMessageMoveTask',
            'sqs:ListMessageMoveTasks',
            'sqs:CancelMessageMoveTask',
            // The task receives and deletes with the rights of the person who started it.
            'sqs:ReceiveMessage',
            'sqs:DeleteMessage',
            'sqs:ListDeadLetterSourceQueues',
          ],
          resources: [deadLetterQueue.queueArn],
        }),
        new PolicyStatement({ sid: 'SendToScanQueue', actions: ['sqs:SendMessage'], resources: [scanQueue.queueArn] }),
        new PolicyStatement({
          sid: 'SeeBoth',
          actions: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
          resources: queues,
        }),
        new PolicyStatement({
          sid: 'ReasonsOfFailures',
          actions: ['dynamodb:Scan'],
          resources: [failures.tableArn],
          // As AWS documents "access to specific attributes" (IAM User Guide). Attributes in a filter count too, so nobody
          // can search the bodies.
          conditions: {
            'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributesWithoutPeople },
            StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
          },
        }),
        new PolicyStatement({ sid: 'FindInConsole', actions: ['sqs:ListQueues'], resources: ['*'] }),
      ],
    });
    acknowledge(this.redrive, {
      'AwsSolutions-IAM5[Resource::*]':
        "The console opens a queue from its list, which shows the names of the account's queues and nothing else.",
    });
    this.failures = new ManagedPolicy(this, 'Failures', {
      description: 'Waybill: read and erase failures, which hold ids of people',
      statements: [
        new PolicyStatement({
          sid: 'Records',
          actions: ['dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:DeleteItem', 'dynamodb:DescribeTable'],
          resources: [failures.tableArn],
        }),
        new PolicyStatement({
          sid: 'Messages',
          actions: [
            'sqs:ReceiveMessage',
            'sqs:ChangeMessageVisibility',
            'sqs:DeleteMessage',
            'sqs:GetQueueUrl',
            'sqs:GetQueueAttributes',
          ],
          resources: [deadLetterQueue.queueArn],
        }),
      ],
    });
    this.checkpoint = new ManagedPolicy(this, 'Checkpoint', {
      description: "Waybill: see and reset the poller's checkpoint",
      statements: [
        new PolicyStatement({
          sid: 'Position',
          actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
          resources: [checkpoints.tableArn],
        }),
      ],
    });
    this.parcelsReader = new ManagedPolicy(this, 'ParcelsReader', {
      description: 'Waybill: read parcels',
      statements: [
        new PolicyStatement({
          sid: 'Parcels',
          // With Scan: delivered parcels are in no index, and where the index is off, open ones are found by nothing else.
          actions: [
            'dynamodb:GetItem',
            'dynamodb:BatchGetItem',
            'dynamodb:Query',
            'dynamodb:Scan',
            'dynamodb:DescribeTable',
          ],
          resources: [parcels.tableArn],
        }),
        new PolicyStatement({
          sid: 'OpenParcels',
          actions: ['dynamodb:Query', 'dynamodb:Scan'],
          // By name, also while the index is off: a reader's policy need not change when it comes.
          resources: tables.parcels.indexes.map(({ name }) => `${parcels.tableArn}/index/${name}`),
        }),
      ],
    });
  }
}
