import type { MetricAlarm } from '@waybill/shared/alarms/metric-alarm.ts';
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type AlarmSetting, WaybillAlarm } from './alarm.ts';
import { waybillMetric } from './metric.ts';

export type MetricAlarmSetting = AlarmSetting & {
  /** The name of the webhook that it is about: its metric is then that of the webhook's notifiers. */
  readonly webhook?: string;
};

const comparisons = {
  '>': ComparisonOperator.GREATER_THAN_THRESHOLD,
  '>=': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  '<': ComparisonOperator.LESS_THAN_THRESHOLD,
} as const;

const missing = {
  breaching: TreatMissingData.BREACHING,
  notBreaching: TreatMissingData.NOT_BREACHING,
} as const;

/** Adds an alarm of `shared/src/alarms`, about one of Waybill's own metrics. */
export function addMetricAlarm(
  scope: Construct,
  id: string,
  section: string,
  alarm: MetricAlarm,
  setting: MetricAlarmSetting,
): WaybillAlarm {
  const { severity, impact, comparison, threshold, periods, datapoints } = alarm;
  return new WaybillAlarm(scope, id, {
    ...setting,
    section,
    severity,
    impact,
    metric: metricOf(alarm, setting),
    comparisonOperator: comparisons[comparison],
    threshold,
    evaluationPeriods: periods,
    ...(datapoints !== undefined && { datapointsToAlarm: datapoints }),
    treatMissingData: missing[alarm.missing],
  });
}

function metricOf(alarm: MetricAlarm, { context: { environment }, webhook }: MetricAlarmSetting): IMetric {
  const { metric, attributes, statistic, percentWith } = alarm;
  const period = Duration.seconds(alarm.periodSeconds);
  const shared = { statistic, period, ...(webhook !== undefined && { webhook }) };
  const watched = waybillMetric(environment, metric, {
    ...shared,
    ...(attributes && { dimensionsMap: { ...attributes } }),
  });
  if (!percentWith) return watched;
  const { atLeast } = percentWith;
  return new MathExpression({
    label: `${metric}, percent`,
    period,
    expression: `IF(counted >= ${atLeast}, 100 * counted / (counted + FILL(others, 0)), 0)`,
    usingMetrics: { counted: watched, others: waybillMetric(environment, percentWith.metric, shared) },
  });
}
