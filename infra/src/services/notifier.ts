import { notifierVariables } from '@waybill/notifier/config.ts';
import { notifierAlarms } from '@waybill/shared/alarms/process-alarms.ts';
import type { CloudWatchMetricName } from '@waybill/shared/metrics.ts';
import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  type GraphWidget,
  type Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import type { WebhookContext } from '../context/webhooks.ts';
import type { DataStack } from '../data/data-stack.ts';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';
import { graph } from '../monitoring/graph.ts';
import { waybillMetric } from '../monitoring/metric.ts';
import { addMetricAlarm } from '../monitoring/metric-alarm.ts';
import { notificationOutcomes } from '../monitoring/metric-values.ts';
import { publishingOf } from '../monitoring/publishing.ts';
import { ageOfOldest, visibleMessages } from '../monitoring/queue-metrics.ts';
import { BacklogScaling } from './backlog-scaling.ts';
import { announcedMessagesPerSecond } from './capacity.ts';
import { alarmOnRefusedMetrics } from './metrics-refused.ts';
import type { Network } from './network.ts';
import { webhookSecrets } from './secret-variables.ts';
import { Service } from './service.ts';
import { mostlySpot } from './spot-share.ts';
import { type WebhookData, webhookData } from './webhook-data.ts';

export type NotifierProps = {
  readonly context: Context;
  readonly webhook: WebhookContext;
  readonly data: DataStack;
  readonly cluster: ICluster;
  readonly network: Network;
};

/**
 * Tells one webhook what is announced to its queue: one task on demand, the others on Spot, as many as the backlog needs. A
 * task that Spot ends repeats a request at worst, under the same id.
 */
export class Notifier extends Construct {
  readonly service: Service;
  readonly webhook: string;
  readonly #environment: string;
  readonly #queues: WebhookData;

  constructor(scope: Construct, id: string, props: NotifierProps) {
    super(scope, id);
    const { context, data, webhook } = props;
    const { environment } = context;
    this.webhook = webhook.name;
    this.#environment = environment;
    const queues = webhookData(this, environment, webhook);
    this.#queues = queues;
    this.service = new Service(this, 'Service', {
      ...props,
      environment,
      image: 'notifier',
      builtImages: context.images,
      webhook: webhook.name,
      size: context.notifierSize,
      capacityProviderStrategies: mostlySpot(context.spotShare),
      variables: {
        ...asTheOthers(context),
        ...webhook.variables,
        NOTIFICATION_QUEUE_URL: queues.queue.queueUrl,
        PARCELS_TABLE: data.parcels.tableName,
        NOTIFICATIONS_TABLE: queues.notifications.tableName,
        FAILURES_TABLE: data.failures.tableName,
        ACTIVITY_TABLE: data.activity.tableName,
      },
      secrets: webhookSecrets(this, webhook),
    });
    this.#allow(data);
    this.#scale(context, webhook);
    this.#addAlarms({ context, topics: data.alarmTopics }, webhook);
  }

  /** Of the webhook's endpoint: 0 closed, 1 half open, 2 open; the worst of all notifiers unless another statistic is asked for. */
  metricBreaker(options?: MetricOptions): Metric {
    return this.#metric('waybill.notifier.endpoint_breaker', { statistic: 'Maximum', ...options });
  }

  toldWidget(): GraphWidget {
    return graph(
      `Webhook ${this.webhook}: milestones per minute`,
      notificationOutcomes.map((outcome) =>
        this.#metric('waybill.notifier.notifications', { label: outcome, dimensionsMap: { outcome } }),
      ),
      [this.metricBreaker({ label: 'breaker (2 = open)' })],
    );
  }

  queueWidget(): GraphWidget {
    const { queue, deadLetterQueue } = this.#queues;
    return graph(
      `Webhook ${this.webhook}: announcements`,
      [
        visibleMessages(queue, { label: 'messages waiting' }),
        visibleMessages(deadLetterQueue, { label: 'dead letters' }),
      ],
      [ageOfOldest(queue, { label: 'oldest, s' })],
    );
  }

  #metric(name: CloudWatchMetricName, options?: MetricOptions): Metric {
    return waybillMetric(this.#environment, name, { statistic: 'Sum', webhook: this.webhook, ...options });
  }

  /** What its handler calls, and no more: `permissions.unit.test.ts` compares the actions. */
  #allow({ parcels, failures, activity }: DataStack): void {
    const { queue, deadLetterQueue, notifications } = this.#queues;
    // Its depth is a metric of Waybill's own, for deployments without CloudWatch.
    this.service.allow(deadLetterQueue.queueArn, ['sqs:GetQueueAttributes']);
    this.service.allow(queue.queueArn, [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      // An announcement that the webhook refuses is sent to the queue again in a message of its own.
      'sqs:SendMessage',
    ]);
    this.service.allow(activity.tableArn, ['dynamodb:PutItem']);
    this.service.allow(parcels.tableArn, [
      'dynamodb:BatchGetItem',
      'dynamodb:DescribeTable',
      // Only to see whether DynamoDB answers.
      'dynamodb:GetItem',
    ]);
    this.service.allow(notifications.tableArn, [
      'dynamodb:BatchGetItem',
      'dynamodb:DescribeTable',
      'dynamodb:UpdateItem',
    ]);
    this.service.allow(failures.tableArn, ['dynamodb:DeleteItem', 'dynamodb:DescribeTable', 'dynamodb:UpdateItem']);
  }

  #scale({ maxNotifiers }: Context, { variables }: WebhookContext): void {
    const { queue } = this.#queues;
    const everyMinute = { period: Duration.minutes(1) };
    const attempts = notifierVariables.WEBHOOK_CONCURRENCY.parse(variables['WEBHOOK_CONCURRENCY']);
    new BacklogScaling(this, 'Scaling', {
      service: this.service.fargate,
      maxTasks: maxNotifiers,
      messagesPerSecond: announcedMessagesPerSecond(attempts),
      metrics: {
        visible: queue.metricApproximateNumberOfMessagesVisible({ ...everyMinute, statistic: 'Average' }),
        sent: queue.metricNumberOfMessagesSent({ ...everyMinute, statistic: 'Sum' }),
        tasks: this.service.metricRunningTasks(),
        breaker: this.metricBreaker({ statistic: 'Average' }),
      },
    });
  }

  #addAlarms(shared: AlarmSetting, { variables }: WebhookContext): void {
    const { webhook } = this;
    const setting = { ...shared, webhook };
    new WaybillAlarm(this, 'NotRunning', {
      ...setting,
      section: 'notifier-not-running',
      severity: 'critical',
      impact: `No notifier of the webhook ${webhook} has run for five minutes: its announcements wait on their queue, and SQS deletes them after 14 days.`,
      metric: this.service.metricRunningTasks(),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 5,
      // While no task runs, ECS publishes nothing.
      treatMissingData: TreatMissingData.BREACHING,
    });
    alarmOnRefusedMetrics(this, [this.service], { ...setting, processes: `the notifiers of the webhook ${webhook}` });
    const alarms = notifierAlarms({ ...publishingOf(variables), webhook });
    addMetricAlarm(this, 'Away', 'webhook-away', alarms['webhook-away'], setting);
    addMetricAlarm(this, 'BreakerOpen', 'notifier-breaker-open', alarms['notifier-breaker-open'], setting);
  }
}

/** The ids of notifications are made of the feed's name, and a parcel is shown with its stage as the API shows it. */
function asTheOthers({ pollerVariables: { FEED }, apiVariables: { STAGES } }: Context): Record<string, string> {
  return { ...(FEED !== undefined && { FEED }), ...(STAGES !== undefined && { STAGES }) };
}
