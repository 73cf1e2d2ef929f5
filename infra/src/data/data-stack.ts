import { type App, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Context } from '../context.ts';

/** What must not be lost: the scan queue with its dead-letter queue, the tables, and the alarms about them. */
export class DataStack extends Stack {
  readonly alarmTopic: Topic;

  constructor(app: App, context: Context) {
    super(app, `waybill-${context.environment}-data`);
    this.alarmTopic = new Topic(this, 'Alarms');
  }
}
