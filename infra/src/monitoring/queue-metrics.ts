import { Duration } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

const everyMinute = { statistic: 'Maximum', period: Duration.minutes(1) } satisfies MetricOptions;

/** Seconds that the oldest message has waited, each minute's highest. */
export function ageOfOldest(queue: IQueue, options?: MetricOptions): Metric {
  return queue.metricApproximateAgeOfOldestMessage({ ...everyMinute, ...options });
}

/** Messages that wait, each minute's most. */
export function visibleMessages(queue: IQueue, options?: MetricOptions): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({ ...everyMinute, ...options });
}
