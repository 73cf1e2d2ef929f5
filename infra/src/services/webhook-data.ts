import { announcementQueueOf, notificationsTableOf, physicalName, tables } from '@waybill/shared/resources.ts';
import { Stack } from 'aws-cdk-lib';
import { type ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import type { WebhookContext } from '../context/webhooks.ts';

/** What a webhook has in the data stack. */
export type WebhookData = {
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly notifications: ITable;
};

/**
 * What a webhook has in the data stack, by names that never change. References would be exports, and the data stack, which is
 * deployed first, cannot drop an export that the services still import: no webhook could leave the context.
 */
export function webhookData(
  scope: Construct,
  environment: string,
  { name, ownTable }: Pick<WebhookContext, 'name' | 'ownTable'>,
): WebhookData {
  const definition = announcementQueueOf(name);
  const queue = (id: string, resource: string) =>
    Queue.fromQueueArn(
      scope,
      id,
      Stack.of(scope).formatArn({ service: 'sqs', resource: physicalName(environment, resource) }),
    );
  return {
    queue: queue('Announcements', definition.name),
    deadLetterQueue: queue('DeadLetters', definition.deadLetterQueue.name),
    notifications: notificationsOf(scope, environment, { name, ownTable }),
  };
}

/** The table with the notifications of a webhook; the deployment's own without one. */
export function notificationsOf(
  scope: Construct,
  environment: string,
  webhook?: Pick<WebhookContext, 'name' | 'ownTable'>,
): ITable {
  const table = webhook?.ownTable ? notificationsTableOf(webhook.name) : tables.notifications;
  return Table.fromTableName(scope, 'Notifications', physicalName(environment, table.name));
}

/** The queues to which the processors announce: one for each webhook. */
export function announcementQueues(
  scope: Construct,
  { environment, webhooks }: Pick<Context, 'environment' | 'webhooks'>,
): readonly IQueue[] {
  return webhooks.map(
    (webhook) => webhookData(new Construct(scope, `Webhook-${webhook.name}`), environment, webhook).queue,
  );
}
