import type { Severity } from '@waybill/shared/alarms/metric-alarm.ts';
import { buildInfo } from '@waybill/shared/process/build-info.ts';
import { notificationsTableOf, tables } from '@waybill/shared/resources.ts';
import {
  type App,
  BootstraplessSynthesizer,
  CfnOutput,
  type IStackSynthesizer,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Context } from '../context/context.ts';
import { mainWebhook, type WebhookContext } from '../context/webhooks.ts';
import { acknowledge } from '../findings/acknowledge.ts';
import { publishingOf } from '../monitoring/publishing.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { AnnouncementQueue } from './announcement-queue.ts';
import { Backups } from './backups.ts';
import { DataTable, type DataTableProps } from './data-table.ts';
import { OperatorPolicies } from './operator-policies.ts';
import { parcelsCapacity } from './provisioned-capacity.ts';
import { ScanQueue } from './scan-queue.ts';

/** All that must not be lost: the queues with their dead-letter queues, the tables, and the alarms about them. */
export class DataStack extends Stack {
  readonly scanQueue: ScanQueue;
  readonly parcels: Table;
  readonly checkpoints: Table;
  readonly failures: Table;
  readonly operations: Table;
  readonly batches: Table;
  readonly notifications: Table;
  readonly activity: Table;
  readonly alarmTopics: Readonly<Record<Severity, Topic>>;
  readonly operators: OperatorPolicies;

  constructor(app: App, context: Context) {
    super(app, `waybill-${context.environment}-data`, {
      description: 'Waybill: the scan queue, its dead-letter queue and the tables',
      terminationProtection: !context.disposable,
      // The class implements the interface. With exactOptionalPropertyTypes its getters, which may return undefined, differ.
      ...(!context.bootstrapped && { synthesizer: new BootstraplessSynthesizer() as IStackSynthesizer }),
    });
    this.alarmTopics = {
      // The id of 0.1.0, which had one topic for all: whoever subscribed to it stays subscribed.
      critical: new AlarmTopic(this, 'Alarms', { displayName: 'Waybill critical alarms', email: context.alarmEmail }),
      warning: new AlarmTopic(this, 'Warnings', { displayName: 'Waybill warnings', email: context.warningEmail }),
    };
    const kept = {
      context,
      topics: this.alarmTopics,
      removalPolicy: context.disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    };
    const ofEvents = publishingOf(context.processorVariables, ...(context.api ? [context.apiVariables] : []));
    this.scanQueue = new ScanQueue(this, 'ScanQueue', kept);
    const { queue, deadLetterQueue } = this.scanQueue;
    this.parcels = new DataTable(this, 'Parcels', {
      ...kept,
      definition: tables.parcels,
      stream: context.parcelStream,
      capacity: parcelsCapacity(context),
      recoveryDays: 35,
      throttled: { table: 'parcels', publishing: ofEvents },
    });
    this.checkpoints = new DataTable(this, 'Checkpoints', {
      ...kept,
      definition: tables.checkpoints,
      recoveryDays: 35,
      throttled: { table: 'checkpoints', publishing: publishingOf(context.pollerVariables) },
    });
    this.failures = new DataTable(this, 'Failures', {
      ...kept,
      definition: tables.failures,
      // It holds ids of people: what is erased can be restored for one more week, then no longer.
      recoveryDays: 7,
      throttled: { table: 'failures', publishing: ofEvents },
    });
    this.operations = new DataTable(this, 'Operations', {
      ...kept,
      definition: tables.operations,
      recoveryDays: 35,
      // The command line says so itself, to the person who waits for it; only the API publishes what it counts.
      ...(context.api && { throttled: { table: 'operations', publishing: publishingOf(context.apiVariables) } }),
    });
    // Also where no API is deployed: without it nobody writes here, and an empty table costs nothing, but for an alarm
    // (docs/decisions/0139-batches-table-in-every-deployment.md).
    this.batches = new DataTable(this, 'Batches', {
      ...kept,
      definition: tables.batches,
      recoveryDays: 35,
      ...(context.api && { throttled: { table: 'batches', publishing: ofEvents } }),
    });
    // As of batches: also without webhooks, and then nobody writes here.
    const main = mainWebhook(context.webhooks);
    this.notifications = new DataTable(this, 'Notifications', {
      ...kept,
      definition: tables.notifications,
      recoveryDays: 35,
      ...(main && { throttled: notificationsThrottled(main) }),
    });
    const ownTables = context.webhooks
      .filter(({ ownTable }) => ownTable)
      .map(
        (webhook) =>
          new DataTable(this, `Notifications-${webhook.name}`, {
            ...kept,
            definition: notificationsTableOf(webhook.name),
            recoveryDays: 35,
            throttled: notificationsThrottled(webhook),
          }),
      );
    // What processes did in the last hour: all of it is written anew within ten seconds, and nobody restores it
    // (docs/decisions/0202-activity-is-neither-backed-up-nor-protected.md).
    this.activity = new DataTable(this, 'Activity', {
      ...kept,
      definition: tables.activity,
      recoveryDays: 0,
    });
    acknowledge(this.activity, {
      'AwsSolutions-DDB3': 'It holds what processes did in the last hour; they write it anew within ten seconds.',
    });
    const announcementQueues = context.webhooks.map(
      ({ name }) => new AnnouncementQueue(this, `Announcements-${name}`, { ...kept, webhook: name }),
    );
    // Not failures: what is erased there must be gone for good a week later.
    if (context.backupVaultArn)
      new Backups(this, 'Backups', {
        ...kept,
        vault: context.backupVaultArn,
        tables: [this.parcels, this.checkpoints, this.operations, this.batches, this.notifications, ...ownTables],
      });
    this.operators = new OperatorPolicies(this, 'Operators', {
      scanQueue: queue,
      deadLetterQueue,
      failures: this.failures,
      checkpoints: this.checkpoints,
      parcels: this.parcels,
      operations: this.operations,
      batches: this.batches,
      activity: this.activity,
      notifications: [this.notifications, ...ownTables],
      announcementQueues,
    });

    const outputs = {
      Version: buildInfo({}).version,
      ScanQueueUrl: queue.queueUrl,
      DeadLetterQueueUrl: deadLetterQueue.queueUrl,
      DeadLetterQueueArn: deadLetterQueue.queueArn,
      ParcelsTable: this.parcels.tableName,
      CheckpointsTable: this.checkpoints.tableName,
      FailuresTable: this.failures.tableName,
      OperationsTable: this.operations.tableName,
      BatchesTable: this.batches.tableName,
      NotificationsTable: this.notifications.tableName,
      ActivityTable: this.activity.tableName,
      AlarmTopicArn: this.alarmTopics.critical.topicArn,
      WarningTopicArn: this.alarmTopics.warning.topicArn,
      ObserverPolicyArn: this.operators.observer.managedPolicyArn,
      RedrivePolicyArn: this.operators.redrive.managedPolicyArn,
      FailuresPolicyArn: this.operators.failures.managedPolicyArn,
      CheckpointPolicyArn: this.operators.checkpoint.managedPolicyArn,
      ReplayPolicyArn: this.operators.replay.managedPolicyArn,
      RepairPolicyArn: this.operators.repair.managedPolicyArn,
      ParcelsReaderPolicyArn: this.operators.parcelsReader.managedPolicyArn,
      ...(announcementQueues.length > 0 && {
        AnnouncementQueueUrls: announcementQueues.map(({ queue }) => queue.queueUrl).join(' '),
      }),
      ...(this.operators.notify && { NotifyPolicyArn: this.operators.notify.managedPolicyArn }),
      ...(this.parcels.tableStreamArn && { ParcelStreamArn: this.parcels.tableStreamArn }),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}

function notificationsThrottled({ name, variables }: WebhookContext): NonNullable<DataTableProps['throttled']> {
  return { table: 'notifications', webhook: name, publishing: publishingOf(variables) };
}
