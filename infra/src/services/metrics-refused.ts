import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';
import type { Service } from './service.ts';

/** What CloudWatch Logs counts of lines with metrics that it cannot use: not JSON, or not as the format demands. */
const counts = ['EMFParsingErrors', 'EMFValidationErrors'] as const;

/**
 * Adds the alarm about lines with metrics in the logs of these processes that CloudWatch does not make metrics of: nothing
 * else would say so. An alarm about an expression takes ten metrics ("Limits that apply to alarms based on metric math
 * expressions"), so five logs. It costs as much as one alarm for each of the metrics.
 */
export function alarmOnRefusedMetrics(
  scope: Construct,
  services: readonly Service[],
  { processes, ...setting }: AlarmSetting & { readonly processes: string; readonly webhook?: string },
): void {
  const period = Duration.minutes(5);
  const refused = services.flatMap(({ logGroup }, at) =>
    counts.map((metricName): [string, Metric] => [
      `log${at + 1}${metricName}`,
      new Metric({
        namespace: 'AWS/Logs',
        metricName,
        dimensionsMap: { LogGroupName: logGroup.logGroupName },
        statistic: 'Sum',
        period,
      }),
    ]),
  );
  new WaybillAlarm(scope, 'MetricsRefused', {
    ...setting,
    section: 'metrics-refused',
    severity: 'warning',
    impact: `CloudWatch cannot read metrics in the logs of ${processes}: what they count is missing on the dashboard, and alarms about it may not be raised.`,
    metric: new MathExpression({
      label: 'lines with metrics that were refused',
      period,
      // Each of them has data only while there are errors, and a sum with a gap is a gap.
      expression: 'SUM(FILL(METRICS(), 0))',
      usingMetrics: Object.fromEntries(refused),
    }),
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    // A line that is cut when a task is killed is in one period. What is wrong in the process comes with each export.
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}
