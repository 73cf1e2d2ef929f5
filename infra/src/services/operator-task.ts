import { proxyVariables } from '@waybill/shared/process/proxy-variables.ts';
import { Duration, Stack } from 'aws-cdk-lib';
import { AwsLogDriverMode, type FargateTaskDefinition, LogDrivers } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import type { WebhookContext } from '../context/webhooks.ts';
import type { DataStack } from '../data/data-stack.ts';
import { tellingWebhooks } from '../data/operator-policies.ts';
import { confinedContainer, fargateTask, type TaskProps, taskLogs } from './fargate-task.ts';
import { scanApiSecrets, webhookSecrets } from './secret-variables.ts';
import { announcementQueues, notificationsOf } from './webhook-data.ts';

export type OperatorTaskProps = {
  readonly context: Context;
  readonly apiUrl: string;
  readonly data: DataStack;
  /**
   * The webhook that it tells on demand; none: it tells nobody. For the one whose notifications are in a table of its own there
   * is a task of its own, which can do the same otherwise.
   */
  readonly webhook: WebhookContext | undefined;
};

/** vCPU units and MiB. Twice a poller's, because a person waits for its start; it is paid only while it runs. */
export const operatorSize = { cpu: 512, memoryMiB: 1_024 } as const;

/** Name of the container, by which a run says its command. */
export const operatorContainer = 'waybill';

/** Seconds after a stop that an act has to hand back what it holds: all that Fargate allows. */
const stopSeconds = 120;

/**
 * A task that runs one command of `waybill` and ends, started by a person (`aws ecs run-task`): for those who may not or
 * cannot run it on their own machine. No service keeps it running. It may do all that `waybill` does except to read what
 * failed, with ids of people: what it prints is kept in a log.
 */
export class OperatorTask extends Construct {
  readonly definition: FargateTaskDefinition;

  constructor(scope: Construct, id: string, { context, apiUrl, data, webhook }: OperatorTaskProps) {
    super(scope, id);
    const { environment } = context;
    const props: TaskProps = {
      environment,
      image: 'operator',
      builtImages: context.images,
      size: operatorSize,
      ...(webhook?.ownTable && { webhook: webhook.name }),
    };
    const announced = announcementQueues(this, context);
    const notifications = notificationsOf(this, environment, webhook);
    const logGroup = taskLogs(this, props);
    const task = fargateTask(this, props);
    this.definition = task;
    task.addContainer(operatorContainer, {
      ...confinedContainer(this, props),
      environment: {
        ...ofTheFeed(context.pollerVariables),
        ...webhook?.variables,
        AWS_REGION: Stack.of(this).region,
        SCAN_API_URL: apiUrl,
        SCAN_QUEUE_URL: data.scanQueue.queue.queueUrl,
        PARCELS_TABLE: data.parcels.tableName,
        CHECKPOINTS_TABLE: data.checkpoints.tableName,
        FAILURES_TABLE: data.failures.tableName,
        OPERATIONS_TABLE: data.operations.tableName,
        BATCHES_TABLE: data.batches.tableName,
        NOTIFICATIONS_TABLE: notifications.tableName,
        ACTIVITY_TABLE: data.activity.tableName,
        ...(announced.length > 0 && { ANNOUNCEMENT_QUEUE_URLS: announced.map(({ queueUrl }) => queueUrl).join(' ') }),
      },
      secrets: {
        ...scanApiSecrets(this, context),
        ...(webhook && webhookSecrets(this, webhook)),
      },
      stopTimeout: Duration.seconds(stopSeconds),
      // Its output is what it runs for: rather wait for the log than lose a line.
      logging: LogDrivers.awsLogs({ logGroup, streamPrefix: 'operator', mode: AwsLogDriverMode.BLOCKING }),
    });
    const { observer, redrive, checkpoint, replay, repair } = data.operators;
    for (const policy of [observer, redrive, checkpoint, replay, repair]) task.taskRole.addManagedPolicy(policy);
    // Not the policy of operators: that one comes and goes with the webhooks, and what is imported cannot go.
    const telling = tellingWebhooks({
      notifications: webhook ? [notifications.tableArn] : [],
      queues: announced.map(({ queueArn }) => queueArn),
    });
    for (const statement of telling) task.addToTaskRolePolicy(statement);
  }
}

/** Of the poller's variables those that say which feed is read, how fast, and through which proxy. */
function ofTheFeed(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(
      ([name]) => name === 'FEED' || name in proxyVariables || name.startsWith('SCAN_API_'),
    ),
  );
}
