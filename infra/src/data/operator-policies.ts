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
};

/** What a failure record says without the element that failed: why, how often, since when. */
const attributesWithoutPeople = ['failureId', 'reason', 'detail', 'attempts', 'lastFailedAtUtc', 'resolvedAtUtc'];

/** What people may be given, ready to attach to their role; nobody has it by default. */
export class OperatorPolicies extends Construct {
  /** Start, watch and cancel a redrive of the dead-letter queue, in the console too, and see why its messages failed. */
  readonly redrive: ManagedPolicy;
  /** Read what failed, ids of people included, and erase it from the failures table and the dead-letter queue. */
  readonly failures: ManagedPolicy;
  /** Set the poller back to an EventId, or beyond one. */
  readonly checkpoint: ManagedPolicy;

  constructor(scope: Construct, id: string, props: OperatorPoliciesProps) {
    super(scope, id);
    const { scanQueue, deadLetterQueue, failures, checkpoints } = props;
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
            // The task receives and deletes with the rights of whoever started it.
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
          // As AWS writes it for "access to specific attributes" (IAM User Guide): a filter counts, so that nobody may
          // search the bodies either.
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
  }
}
