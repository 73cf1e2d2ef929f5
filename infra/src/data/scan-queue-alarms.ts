import { scanQueue } from '@waybill/shared/resources.ts';
import { Duration } from 'aws-cdk-lib';
import { MathExpression, type MetricOptions, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';

const everyMinute = { statistic: 'Maximum', period: Duration.minutes(1) } satisfies MetricOptions;
const everyHour = { statistic: 'Maximum', period: Duration.hours(1) } satisfies MetricOptions;

/** Seconds after which scaling has worked off a burst. */
const lateSeconds = 15 * 60;
const hourSeconds = 3600;
const daySeconds = 24 * hourSeconds;

/**
 * Seconds that the dead-letter queue may hold something until an operator has three days left. Retention counts from when a
 * message was first sent, so one that came there at the end of its time in the scan queue has only the difference left.
 */
const oldLetterSeconds = scanQueue.deadLetterQueue.retentionSeconds - scanQueue.retentionSeconds - 3 * daySeconds;

/** Adds the alarms about the queues: how old the messages are, and whether the dead-letter queue holds any. */
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
    // An idle queue publishes nothing, and holds no messages.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  new WaybillAlarm(scope, 'VeryOld', {
    ...setting,
    section: 'scan-queue-very-old',
    severity: 'critical',
    impact: `Parcel state is more than a day behind the feed. SQS deletes a message ${scanQueue.retentionSeconds / daySeconds} days after it was sent; then only a replay of the feed brings its events.`,
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
      'Some scan events failed and are in the dead-letter queue, not in parcel state. The other events are stored.',
    // By visible messages: those that a redrive or the redrive policy moved are not in the metric of sent messages.
    metric: queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible(everyMinute),
    threshold: 1,
    // A person who reads a message hides it for some seconds: the alarm ends only after five minutes without messages.
    evaluationPeriods: 5,
    datapointsToAlarm: 1,
    // A queue that nobody uses for hours stops publishing; that does not empty it.
    treatMissingData: TreatMissingData.IGNORE,
  });
  new WaybillAlarm(scope, 'OldDeadLetter', {
    ...setting,
    section: 'scan-dlq-old',
    severity: 'critical',
    impact:
      'SQS may begin to delete dead letters within three days. Their scan events are then missing in parcel state until the feed is replayed.',
    // Not by their age: it leaves out messages that were received three times, and every dead letter was
    // (docs/decisions/0054-alarms-about-data.md).
    metric: new MathExpression({
      label: 'dead letters',
      period: Duration.hours(1),
      expression: 'FILL(visible, REPEAT)',
      usingMetrics: { visible: queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible(everyHour) },
    }),
    threshold: 1,
    // CloudWatch evaluates seven days at most.
    evaluationPeriods: oldLetterSeconds / hourSeconds,
    treatMissingData: TreatMissingData.IGNORE,
  });
}

type Queues = { readonly scanQueue: Queue; readonly deadLetterQueue: Queue };
