import { tables } from '@waybill/shared/resources.ts';
import { type App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Context } from '../context.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { DataTable } from './data-table.ts';
import { ScanQueue } from './scan-queue.ts';

/** What must not be lost: the scan queue with its dead-letter queue, the tables, and the alarms about them. */
export class DataStack extends Stack {
  readonly scanQueue: Queue;
  readonly deadLetterQueue: Queue;
  readonly parcels: Table;
  readonly checkpoints: Table;
  readonly failures: Table;
  readonly alarmTopic: Topic;

  constructor(app: App, context: Context) {
    super(app, `waybill-${context.environment}-data`, {
      description: 'Waybill: the scan queue, its dead-letter queue and the tables',
      terminationProtection: !context.disposable,
    });
    const kept = {
      environment: context.environment,
      removalPolicy: context.disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    };
    this.alarmTopic = new AlarmTopic(this, 'Alarms', { email: context.alarmEmail });
    const { queue, deadLetterQueue } = new ScanQueue(this, 'ScanQueue', kept);
    this.scanQueue = queue;
    this.deadLetterQueue = deadLetterQueue;
    this.parcels = new DataTable(this, 'Parcels', { ...kept, definition: tables.parcels, recoveryDays: 35 });
    this.checkpoints = new DataTable(this, 'Checkpoints', {
      ...kept,
      definition: tables.checkpoints,
      recoveryDays: 35,
    });
    // Holds ids of people: what is erased from it can be restored for a week more, and no longer.
    this.failures = new DataTable(this, 'Failures', { ...kept, definition: tables.failures, recoveryDays: 7 });

    const outputs = {
      ScanQueueUrl: queue.queueUrl,
      DeadLetterQueueUrl: deadLetterQueue.queueUrl,
      ParcelsTable: this.parcels.tableName,
      CheckpointsTable: this.checkpoints.tableName,
      FailuresTable: this.failures.tableName,
      AlarmTopicArn: this.alarmTopic.topicArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
