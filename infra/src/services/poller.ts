import { pollerVariables } from '@waybill/poller/config.ts';
import type { CloudWatchMetricName } from '@waybill/shared/metrics.ts';
import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  type GraphWidget,
  MathExpression,
  type Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import type { DataStack } from '../data/data-stack.ts';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';
import { graph } from '../monitoring/graph.ts';
import { waybillMetric } from '../monitoring/metric.ts';
import type { Network } from './network.ts';
import { scanApiSecrets } from './secret-variables.ts';
import { Service } from './service.ts';

export type PollerProps = {
  readonly context: Context;
  readonly apiUrl: string;
  readonly data: DataStack;
  readonly cluster: ICluster;
  readonly network: Network;
};

/**
 * Reads the feed: one task on demand, and a second one on standby if the context asks for it. During a deployment the old
 * and the new task run side by side. The lease lets one of them read, and passes to the new one when the old one stops.
 */
export class Poller extends Construct {
  readonly service: Service;
  readonly #environment: string;

  constructor(scope: Construct, id: string, props: PollerProps) {
    super(scope, id);
    const { context, data, apiUrl } = props;
    this.#environment = context.environment;
    const variables = {
      ...context.pollerVariables,
      SCAN_API_URL: apiUrl,
      SCAN_QUEUE_URL: data.scanQueue.queue.queueUrl,
      CHECKPOINTS_TABLE: data.checkpoints.tableName,
    };
    this.service = new Service(this, 'Service', {
      ...props,
      environment: context.environment,
      image: 'poller',
      builtImages: context.images,
      size: context.pollerSize,
      capacityProviderStrategies: [{ capacityProvider: 'FARGATE', weight: 1 }],
      desiredCount: context.standby ? 2 : 1,
      variables,
      secrets: scanApiSecrets(this, context),
    });
    this.service.allow(data.scanQueue.queue.queueArn, ['sqs:SendMessage', 'sqs:GetQueueAttributes']);
    this.service.allow(data.checkpoints.tableArn, [
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:UpdateItem',
    ]);
    const setting = { context, topic: data.alarmTopic };
    this.#addAlarms(setting, variables);
    this.#addAlarmsOfIdleFeed(setting, context.quietHours);
  }

  metricLag(options?: MetricOptions): Metric {
    return this.#metric('waybill.feed.lag', { statistic: 'Maximum', ...options });
  }

  metricLease(options?: MetricOptions): Metric {
    return this.#metric('waybill.poller.lease', { statistic: 'Maximum', ...options });
  }

  metricEvents(options?: MetricOptions): Metric {
    return this.#metric('waybill.feed.events', options);
  }

  metricRejections(options?: MetricOptions): Metric {
    return this.#metric('waybill.feed.rejections', options);
  }

  metricHoles(options?: MetricOptions): Metric {
    return this.#metric('waybill.feed.holes', options);
  }

  metricFailedRequests({ label }: { readonly label: string }): MathExpression {
    return new MathExpression({
      label,
      expression: 'requests - FILL(ok, 0)',
      period: Duration.minutes(1),
      usingMetrics: {
        requests: this.#metric('waybill.feed.requests'),
        ok: this.#metric('waybill.feed.requests', { dimensionsMap: { outcome: 'ok' } }),
      },
    });
  }

  droppedGapsWidget(): GraphWidget {
    return graph('Gaps given up per minute', [
      this.#metric('waybill.feed.dropped_gaps', { label: 'more than the requests suffice for, or never answered' }),
    ]);
  }

  #metric(name: CloudWatchMetricName, options?: MetricOptions): Metric {
    return waybillMetric(this.#environment, name, { statistic: 'Sum', ...options });
  }

  #addAlarms(setting: AlarmSetting, variables: Readonly<Record<string, string | undefined>>): void {
    const intervalMs = pollerVariables.POLL_INTERVAL_MS.parse(variables['POLL_INTERVAL_MS']);
    const noProgress = new WaybillAlarm(this, 'NoProgress', {
      ...setting,
      section: 'poller-makes-no-progress',
      severity: 'critical',
      impact: 'The poller has made no progress for some minutes. Parcel state is not updated, and no lag is reported.',
      metric: this.#metric('waybill.feed.pages', {
        period: Duration.minutes(Math.max(5, Math.ceil((3 * intervalMs) / 60_000))),
      }),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 2,
      // A poller that is gone publishes nothing.
      treatMissingData: TreatMissingData.BREACHING,
    });
    // Created before the first poller runs, it would be raised at once.
    noProgress.node.addDependency(this.service.fargate);
    new WaybillAlarm(this, 'FeedLag', {
      ...setting,
      section: 'feed-lag',
      severity: 'warning',
      impact: 'The newest scan that was read is more than 15 minutes old: parcel state is at least as late.',
      metric: this.metricLag({ period: Duration.minutes(5) }),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 15 * 60,
      evaluationPeriods: 3,
      // Another alarm watches whether anything is read at all.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    new WaybillAlarm(this, 'RetentionHole', {
      ...setting,
      section: 'retention-hole',
      severity: 'critical',
      impact:
        'The feed skipped far more ids than usual: it may have deleted events before they were read, and then they are missing in parcel state.',
      metric: this.#metric('waybill.feed.retention_holes', { period: Duration.minutes(5) }),
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      // Nothing is counted while there is no hole.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    new WaybillAlarm(this, 'UnreadableRow', {
      ...setting,
      section: 'unreadable-row',
      severity: 'warning',
      impact:
        'The feed has a row that cannot be read, and the poller passed over it: this event is missing in parcel state.',
      metric: this.#metric('waybill.feed.unreadable_rows', { period: Duration.minutes(5) }),
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      // Nothing is counted while every row can be read.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  #addAlarmsOfIdleFeed(setting: AlarmSetting, quietHours: number): void {
    new WaybillAlarm(this, 'FeedWentBack', {
      ...setting,
      section: 'feed-went-back',
      severity: 'critical',
      impact:
        'The feed has older ids, but not the last one that was read: it was restored, or its ids start again. New events may get ids that are never read.',
      metric: this.#metric('waybill.feed.went_back', { statistic: 'Maximum', period: Duration.minutes(5) }),
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      // Nobody reads: another alarm watches that.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (quietHours === 0) return;
    new WaybillAlarm(this, 'FeedSilent', {
      ...setting,
      section: 'feed-silent',
      severity: 'warning',
      impact: `The feed has shown nothing new for more than ${quietHours} hours: parcel state is not updated, if parcels move.`,
      // A gauge that grows: no alarm could look back over days of counts.
      metric: this.#metric('waybill.feed.silence', { statistic: 'Maximum', period: Duration.hours(1) }),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: quietHours * 3_600,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
