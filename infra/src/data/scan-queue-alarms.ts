import { scanQueue } from '@waybill/shared/resources.ts';
import { Duration } from 'aws-cdk-lib';
import { MathExpression, type MetricOptions, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';

const everyMinute = { statistic: 'Maximum', period: Duration.minutes(1) } satisfies MetricOptions;
const everyHour = { statistic: 'Maximum', period: Duration.hours(1) } satisfies MetricOptions;

/** Seconds: a burst that scaling catches up with is over by then. */
const lateSeconds = 15 * 60;
const hourSeconds = 3600;
const daySeconds = 24 * hourSeconds;

/**
 * Seconds that the dead-letter queue may hold something until an operator has three days left. Retention counts from the
 * first enqueue, so a message that came there at the end of its days in the scan queue has only the difference.
 */
const oldLetterSeconds = scanQueue.deadLetterQueue.retentionSeconds - scanQueue.retentionSeconds - 3 * daySeconds;

/** Alarms about what lies in the queues: how old it is, and whether the dead-letter queue holds anything. */
export function alarmOnScanQueue(scope: Construct, queues: Queues, setting: AlarmSetting): void {
  const queueAge = queues.scanQueue.metricApproximateAgeOfOldestMessage(everyMinute);
  new WaybillAlarm(scope, 'Old', {
    ...setting,
    section: 'scan-queue-old',
    severity: 'warning',
    impact: `Parcel state is more than ${lateSeconds / 60} minutes behind the feed.`,
    metric: queueAge,
    threshold: lateSeconds,
    evaluationPeriods: 3,
    // An idle queue publishes nothing, and holds nothing either.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  new WaybillAlarm(scope, 'VeryOld', {
    ...setting,
    section: 'scan-queue-very-old',
    severity: 'critical',
    impact: `Parcel state is more than a day behind; ${scanQueue.retentionSeconds / daySeconds} days after its enqueue SQS deletes a message, and then only a replay of the feed brings its events.`,
    metric: queueAge,
    threshold: daySeconds,
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  new WaybillAlarm(scope, 'DeadLetter', {
    ...setting,
    section: 'scan-dlq-not-empty',
    severity: 'warning',
    impact:
      'Some scan events are not in parcel state; they wait in the dead-letter queue, their neighbours are stored.',
    // By what is visible: messages that a redrive or the redrive policy moved are in no sent metric.
    metric: queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible(everyMinute),
    threshold: 1,
    // Whoever looks at a message hides it for moments: over only after five minutes without any.
    evaluationPeriods: 5,
    datapointsToAlarm: 1,
    // A queue that nobody touches for hours stops publishing; that empties it not.
    treatMissingData: TreatMissingData.IGNORE,
  });
  new WaybillAlarm(scope, 'OldDeadLetter', {
    ...setting,
    section: 'scan-dlq-old',
    severity: 'critical',
    impact:
      'Within three days SQS may begin to delete dead letters; their scan events are then lost to parcel state until the feed is replayed.',
    // Not by their age: SQS leaves messages out of it that were received three times, as every dead letter was
    // (docs/decisions/0054-alarms-about-data.md).
    metric: new MathExpression({
      label: 'dead letters',
      period: Duration.hours(1),
      expression: 'FILL(visible, REPEAT)',
      usingMetrics: { visible: queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible(everyHour) },
    }),
    threshold: 1,
    // CloudWatch looks back over seven days at most.
    evaluationPeriods: oldLetterSeconds / hourSeconds,
    treatMissingData: TreatMissingData.IGNORE,
  });
}

type Queues = { readonly scanQueue: Queue; readonly deadLetterQueue: Queue };
