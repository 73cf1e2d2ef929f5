import { type CloudWatchMetricName, cloudWatchNamespace } from '@waybill/shared/metrics.ts';
import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';

/** One of Waybill's own metrics in CloudWatch, of a webhook's notifiers if one is named. Only metrics that the processes publish there can be named. */
export function waybillMetric(
  environment: string,
  metricName: CloudWatchMetricName,
  { webhook, ...options }: MetricOptions & { readonly statistic: string; readonly webhook?: string },
): Metric {
  return new Metric({
    namespace: cloudWatchNamespace(environment, webhook),
    metricName,
    period: Duration.minutes(1),
    ...options,
  });
}
