import { physicalName, scanQueue } from '@waybill/shared/resources.ts';
import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type GraphWidget, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { AlarmSetting } from '../monitoring/alarm.ts';
import { graph } from '../monitoring/graph.ts';
import { alarmOnScanQueue } from './scan-queue-alarms.ts';

export type ScanQueueProps = AlarmSetting & { readonly removalPolicy: RemovalPolicy };

/** The scan queue with its dead-letter queue, as `resources.ts` describes them, and their alarms. */
export class ScanQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly #deadLetterQueueName: string;

  constructor(scope: Construct, id: string, { context, topic, removalPolicy }: ScanQueueProps) {
    super(scope, id);
    const queueName = physicalName(context.environment, scanQueue.name);
    this.#deadLetterQueueName = physicalName(context.environment, scanQueue.deadLetterQueue.name);
    const both = {
      // SQS's own key costs nothing and needs no grant. With a key in KMS one more service could refuse a batch.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      maxMessageSizeBytes: scanQueue.maximumMessageBytes,
      removalPolicy,
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...both,
      queueName: this.#deadLetterQueueName,
      retentionPeriod: Duration.seconds(scanQueue.deadLetterQueue.retentionSeconds),
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        // By its name: each queue's policy has the ARN of the other, and two references would be a circle.
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
    const queues = { scanQueue: this.queue, deadLetterQueue: this.deadLetterQueue };
    alarmOnScanQueue(this, queues, { context, topic });
  }
  /** Seconds that the oldest message has waited. */
  metricAge(options?: MetricOptions): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', ...options });
  }

  metricWaiting(options?: MetricOptions): Metric {
    return this.queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', ...options });
  }

  /** By the queue's name: a reference would be the only one from the other stack, and tie the stacks together. */
  metricDeadLetters(): Metric {
    return new Metric({
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensionsMap: { QueueName: this.#deadLetterQueueName },
      statistic: 'Maximum',
      label: 'dead letters',
    });
  }

  ageWidget(): GraphWidget {
    return graph('Age of the oldest message, seconds', [this.metricAge({ label: 'scan queue' })]);
  }

  messagesWidget(): GraphWidget {
    const inHand = this.queue.metricApproximateNumberOfMessagesNotVisible({ statistic: 'Maximum', label: 'in hand' });
    return graph('Messages', [this.metricWaiting({ label: 'waiting' }), inHand], [this.metricDeadLetters()]);
  }
}
