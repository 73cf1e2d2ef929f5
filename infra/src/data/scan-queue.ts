import { physicalName, scanQueue } from '@waybill/shared/resources.ts';
import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type GraphWidget, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { AlarmSetting } from '../monitoring/alarm.ts';
import { graph } from '../monitoring/graph.ts';
import { addQueuePair } from './queue-pair.ts';
import { alarmOnScanQueue } from './scan-queue-alarms.ts';

export type ScanQueueProps = AlarmSetting & { readonly removalPolicy: RemovalPolicy };

/** The scan queue with its dead-letter queue, as `resources.ts` describes them, and their alarms. */
export class ScanQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly #deadLetterQueueName: string;

  constructor(scope: Construct, id: string, { context, topics, removalPolicy }: ScanQueueProps) {
    super(scope, id);
    const { environment } = context;
    this.#deadLetterQueueName = physicalName(environment, scanQueue.deadLetterQueue.name);
    const { queue, deadLetterQueue } = addQueuePair(this, { environment, definition: scanQueue, removalPolicy });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    alarmOnScanQueue(this, { scanQueue: queue, deadLetterQueue }, { context, topics });
  }

  /** Seconds that the oldest message has waited. */
  metricAge(options?: MetricOptions): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', ...options });
  }

  metricWaiting(options?: MetricOptions): Metric {
    return this.queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', ...options });
  }

  /** By the queue's name, within the stack of `scope`, as {@link metricDeadLetters}. */
  deadLetterQueueArn(scope: Construct): string {
    return Stack.of(scope).formatArn({ service: 'sqs', resource: this.#deadLetterQueueName });
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
