import { announcementQueue, announcementQueueOf } from '@waybill/shared/resources.ts';
import type { RemovalPolicy } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';
import { ageOfOldest, visibleMessages } from '../monitoring/queue-metrics.ts';
import { addQueuePair } from './queue-pair.ts';

export type AnnouncementQueueProps = AlarmSetting & {
  /** The name of the webhook. */
  readonly webhook: string;
  readonly removalPolicy: RemovalPolicy;
};

const hourSeconds = 3_600;
const daySeconds = 24 * hourSeconds;
const retentionDays = announcementQueue.retentionSeconds / daySeconds;

/** The queue of announcements for one webhook with its dead-letter queue, and their alarms. */
export class AnnouncementQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { context, topics, webhook, removalPolicy }: AnnouncementQueueProps) {
    super(scope, id);
    const { environment } = context;
    const definition = announcementQueueOf(webhook);
    const { queue, deadLetterQueue } = addQueuePair(this, { environment, definition, removalPolicy });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    this.#addAlarms({ context, topics, webhook });
  }

  #addAlarms(setting: AlarmSetting & { readonly webhook: string }): void {
    const { webhook } = setting;
    new WaybillAlarm(this, 'Late', {
      ...setting,
      section: 'announcements-late',
      severity: 'warning',
      impact: `The webhook ${webhook} is told of milestones more than an hour late.`,
      metric: ageOfOldest(this.queue),
      threshold: hourSeconds,
      evaluationPeriods: 3,
      // An idle queue publishes nothing, and holds no messages.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    new WaybillAlarm(this, 'Old', {
      ...setting,
      section: 'announcements-old',
      severity: 'critical',
      impact: `The oldest announcement for the webhook ${webhook} has waited a day. SQS deletes it ${retentionDays} days after it was sent, so the first milestone is lost ${retentionDays - 1} days after this alarm was raised, unless it is told before.`,
      metric: ageOfOldest(this.queue),
      threshold: daySeconds,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    new WaybillAlarm(this, 'DeadLetter', {
      ...setting,
      section: 'announcements-dlq-not-empty',
      severity: 'warning',
      impact: `The webhook ${webhook} refused some notifications for themselves. They were not told; the others are. SQS deletes their announcements ${retentionDays} days after they were first sent.`,
      metric: visibleMessages(this.deadLetterQueue),
      threshold: 1,
      // A person who reads a message hides it for some seconds: the alarm ends only after five minutes without messages.
      evaluationPeriods: 5,
      datapointsToAlarm: 1,
      // A queue that nobody uses for hours stops publishing; that does not empty it.
      treatMissingData: TreatMissingData.IGNORE,
    });
  }
}
