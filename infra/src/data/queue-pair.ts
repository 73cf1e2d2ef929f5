import { physicalName, type QueueDefinition } from '@waybill/shared/resources.ts';
import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export type QueuePair = { readonly queue: Queue; readonly deadLetterQueue: Queue };

export type QueuePairProps = {
  readonly environment: string;
  readonly definition: QueueDefinition;
  readonly removalPolicy: RemovalPolicy;
};

/** Adds a queue and its dead-letter queue, as `resources.ts` describes them. */
export function addQueuePair(scope: Construct, { environment, definition, removalPolicy }: QueuePairProps): QueuePair {
  const queueName = physicalName(environment, definition.name);
  const both = {
    // SQS's own key costs nothing and needs no grant. With a key in KMS one more service could refuse a batch.
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    maxMessageSizeBytes: definition.maximumMessageBytes,
    removalPolicy,
  };
  const deadLetterQueue = new Queue(scope, 'DeadLetters', {
    ...both,
    queueName: physicalName(environment, definition.deadLetterQueue.name),
    retentionPeriod: Duration.seconds(definition.deadLetterQueue.retentionSeconds),
    redriveAllowPolicy: {
      redrivePermission: RedrivePermission.BY_QUEUE,
      // By its name: each queue's policy has the ARN of the other, and two references would be a circle.
      sourceQueues: [
        Queue.fromQueueArn(scope, 'Source', Stack.of(scope).formatArn({ service: 'sqs', resource: queueName })),
      ],
    },
  });
  const queue = new Queue(scope, 'Queue', {
    ...both,
    queueName,
    visibilityTimeout: Duration.seconds(definition.visibilityTimeoutSeconds),
    receiveMessageWaitTime: Duration.seconds(definition.receiveWaitSeconds),
    retentionPeriod: Duration.seconds(definition.retentionSeconds),
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: definition.maxReceiveCount },
  });
  return { queue, deadLetterQueue };
}
