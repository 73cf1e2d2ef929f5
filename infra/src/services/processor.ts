import { pollerVariables } from '@waybill/poller/config.ts';
import { processorAlarms } from '@waybill/shared/alarms/process-alarms.ts';
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
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import type { DataStack } from '../data/data-stack.ts';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';
import { graph } from '../monitoring/graph.ts';
import { waybillMetric } from '../monitoring/metric.ts';
import { addMetricAlarm } from '../monitoring/metric-alarm.ts';
import { outcomes } from '../monitoring/metric-values.ts';
import { publishingOf } from '../monitoring/publishing.ts';
import { BacklogScaling } from './backlog-scaling.ts';
import { eventsPerMessage, messagesPerSecond } from './capacity.ts';
import type { Network } from './network.ts';
import { Service } from './service.ts';
import { mostlySpot } from './spot-share.ts';
import { announcementQueues } from './webhook-data.ts';

export type ProcessorProps = {
  readonly context: Context;
  readonly data: DataStack;
  readonly cluster: ICluster;
  readonly network: Network;
};

/** Receives events from the queue and stores parcel state: one task on demand, the others on Spot, as many as the backlog needs. */
export class Processor extends Construct {
  readonly service: Service;
  readonly #environment: string;

  constructor(scope: Construct, id: string, props: ProcessorProps) {
    super(scope, id);
    const { context, data } = props;
    const { queue } = data.scanQueue;
    this.#environment = context.environment;
    const announced = announcementQueues(this, context);
    this.service = new Service(this, 'Service', {
      ...props,
      environment: context.environment,
      image: 'processor',
      builtImages: context.images,
      size: context.processorSize,
      capacityProviderStrategies: mostlySpot(context.spotShare),
      variables: {
        ...context.processorVariables,
        SCAN_QUEUE_URL: queue.queueUrl,
        PARCELS_TABLE: data.parcels.tableName,
        FAILURES_TABLE: data.failures.tableName,
        ACTIVITY_TABLE: data.activity.tableName,
        ...(context.api && { BATCHES_TABLE: data.batches.tableName }),
        ...(announced.length > 0 && { ANNOUNCEMENT_QUEUE_URLS: announced.map(({ queueUrl }) => queueUrl).join(' ') }),
      },
    });
    this.service.allow(queue.queueArn, [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      // A failed event is sent to the queue again in a message of its own.
      'sqs:SendMessage',
    ]);
    // Its depth is a metric of Waybill's own, for deployments without CloudWatch.
    this.service.allow(data.scanQueue.deadLetterQueueArn(this), ['sqs:GetQueueAttributes']);
    this.service.allow(data.parcels.tableArn, [
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      // For batches of statements. Without these actions the processor writes each parcel with its own UpdateItem.
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:UpdateItem',
    ]);
    this.service.allow(data.failures.tableArn, [
      'dynamodb:DeleteItem',
      'dynamodb:DescribeTable',
      'dynamodb:UpdateItem',
    ]);
    this.service.allow(data.activity.tableArn, ['dynamodb:PutItem']);
    for (const { queueArn } of announced) this.service.allow(queueArn, ['sqs:SendMessage']);
    // Messages of a pushed batch are counted off there.
    if (context.api) this.service.allow(data.batches.tableArn, ['dynamodb:DescribeTable', 'dynamodb:UpdateItem']);
    this.#scale(context, queue);
    this.#addAlarms({ context, topics: data.alarmTopics }, context);
  }

  /** Of one percentile, from the scan to the stored state. */
  metricDelay(percentile: 'p50' | 'p99', options?: MetricOptions): Metric {
    return this.#metric('waybill.processor.scan_to_state', { ...options, statistic: percentile });
  }

  metricEvents(options?: MetricOptions): Metric {
    return this.#metric('waybill.processor.events', options);
  }

  metricFailures(options?: MetricOptions): Metric {
    return this.#metric('waybill.processor.failures', options);
  }

  metricSplits(options?: MetricOptions): Metric {
    return this.#metric('waybill.processor.splits', options);
  }

  /** 0 closed, 1 half open, 2 open; the worst of all processors unless another statistic is asked for. */
  metricBreaker(options?: MetricOptions): Metric {
    return this.#metric('waybill.processor.breaker', { statistic: 'Maximum', ...options });
  }

  outcomesWidget(): GraphWidget {
    return graph(
      'Write outcomes per minute',
      outcomes.map((outcome) =>
        this.#metric('waybill.processor.outcomes', { label: outcome, dimensionsMap: { outcome } }),
      ),
    );
  }

  #metric(name: CloudWatchMetricName, options?: MetricOptions): Metric {
    return waybillMetric(this.#environment, name, { statistic: 'Sum', ...options });
  }

  #scale({ maxProcessors, processorSize, pollerVariables: given }: Context, queue: Queue): void {
    const everyMinute = { period: Duration.minutes(1) };
    const events = eventsPerMessage({
      limit: pollerVariables.SCAN_API_LIMIT.parse(given['SCAN_API_LIMIT']),
      messageMaxBytes: pollerVariables.MESSAGE_MAX_BYTES.parse(given['MESSAGE_MAX_BYTES']),
    });
    new BacklogScaling(this, 'Scaling', {
      service: this.service.fargate,
      maxTasks: maxProcessors,
      messagesPerSecond: messagesPerSecond(processorSize.cpu, events),
      metrics: {
        visible: queue.metricApproximateNumberOfMessagesVisible({ ...everyMinute, statistic: 'Average' }),
        sent: queue.metricNumberOfMessagesSent({ ...everyMinute, statistic: 'Sum' }),
        tasks: this.service.metricRunningTasks(),
        breaker: this.metricBreaker({ statistic: 'Average' }),
      },
    });
  }

  #addAlarms(setting: AlarmSetting, { processorVariables, webhooks }: Context): void {
    new WaybillAlarm(this, 'NotRunning', {
      ...setting,
      section: 'processor-not-running',
      severity: 'critical',
      impact: 'No processor has run for five minutes: events wait on the queue, and SQS deletes them after seven days.',
      metric: this.service.metricRunningTasks(),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 5,
      // While no task runs, ECS publishes nothing.
      treatMissingData: TreatMissingData.BREACHING,
    });
    const alarms = processorAlarms({ ...publishingOf(processorVariables), announces: webhooks.length > 0 });
    const add = (id: string, section: keyof typeof alarms) => {
      const alarm = alarms[section];
      if (alarm) addMetricAlarm(this, id, section, alarm, setting);
    };
    add('BreakerOpen', 'breaker-open');
    add('ReceivesLost', 'receives-lost');
    add('FailureRate', 'failure-rate');
    add('AnnouncementsNotTaken', 'announcements-not-taken');
  }
}
