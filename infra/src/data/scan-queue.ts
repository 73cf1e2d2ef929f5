import { physicalName, scanQueue } from '@waybill/shared/resources.ts';
import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export type ScanQueueProps = { readonly environment: string; readonly removalPolicy: RemovalPolicy };

/** The scan queue with its dead-letter queue, as `resources.ts` describes them. */
export class ScanQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { environment, removalPolicy }: ScanQueueProps) {
    super(scope, id);
    const queueName = physicalName(environment, scanQueue.name);
    const both = {
      // SQS's own key costs nothing and needs no grant; a KMS key would add a call's price and a way to fail to every batch.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      maxMessageSizeBytes: scanQueue.maximumMessageBytes,
      removalPolicy,
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...both,
      queueName: physicalName(environment, scanQueue.deadLetterQueue.name),
      retentionPeriod: Duration.seconds(scanQueue.deadLetterQueue.retentionSeconds),
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        // By its name: each queue's policy holds the other's ARN, and a reference would be a cycle.
        sourceQueues: [
          Queue.fromQueueArn(this, 'Source', Stack.of(this).formatArn({ service: 'sqs', resource: queueName })),
        ],
      },
    });
    this.queue = new Queue(this, 'Queue', {
      ...both,
      queueName,
      visibilityTimeout: Duration.seconds(scanQueue.visibilityTimeoutSeconds),
      receiveMessageWaitTime: Duration.seconds(scanQueue.receiveWaitSeconds),
      retentionPeriod: Duration.seconds(scanQueue.retentionSeconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: scanQueue.maxReceiveCount },
    });
  }
}
