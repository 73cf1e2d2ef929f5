import { pollerVariables } from '@waybill/poller/config.ts';
import { feedAlarms } from '@waybill/shared/alarms/process-alarms.ts';
import type { CloudWatchMetricName } from '@waybill/shared/metrics.ts';
import { Duration } from 'aws-cdk-lib';
import { type GraphWidget, MathExpression, type Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import type { DataStack } from '../data/data-stack.ts';
import type { AlarmSetting } from '../monitoring/alarm.ts';
import { graph } from '../monitoring/graph.ts';
import { waybillMetric } from '../monitoring/metric.ts';
import { addMetricAlarm } from '../monitoring/metric-alarm.ts';
import { publishingOf } from '../monitoring/publishing.ts';
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
      ACTIVITY_TABLE: data.activity.tableName,
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
    this.service.allow(data.activity.tableArn, ['dynamodb:PutItem']);
    this.#addAlarms({ context, topics: data.alarmTopics }, context);
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

  #addAlarms(setting: AlarmSetting, { pollerVariables: given, quietHours }: Context): void {
    const alarms = feedAlarms({
      ...publishingOf(given),
      pollIntervalMs: pollerVariables.POLL_INTERVAL_MS.parse(given['POLL_INTERVAL_MS']),
      quietHours,
    });
    const add = (id: string, section: keyof typeof alarms) => {
      const alarm = alarms[section];
      return alarm && addMetricAlarm(this, id, section, alarm, setting);
    };
    // Created before the first poller runs, it would be raised at once.
    add('NoProgress', 'poller-makes-no-progress')?.node.addDependency(this.service.fargate);
    add('FeedLag', 'feed-lag');
    add('RetentionHole', 'retention-hole');
    add('UnreadableRow', 'unreadable-row');
    add('FeedWentBack', 'feed-went-back');
    add('FeedSilent', 'feed-silent');
  }
}
