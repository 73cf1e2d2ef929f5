import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';
import type { ApiGateway } from './api-gateway.ts';

/** Requests in five minutes from which shares and percentiles say something. */
const enoughRequests = 20;

/** Milliseconds. A query is one or two reads of DynamoDB, and the process gives a request up after ten seconds. */
const slowMs = 2_000;

/** Adds the alarms about what callers of the API see, and about its tasks. `leastTasks` is what must run. */
export function addApiAlarms(
  scope: Construct,
  gateway: ApiGateway,
  {
    leastTasks,
    runningTasks,
    ...setting
  }: AlarmSetting & { readonly leastTasks: number; readonly runningTasks: Metric },
): void {
  const period = Duration.minutes(5);
  const requests = gateway.metricRequests({ period });
  new WaybillAlarm(scope, 'ServerErrors', {
    ...setting,
    section: 'api-server-errors',
    severity: 'critical',
    impact:
      'More than 5 % of the requests to the API fail by no fault of the caller: others do not see parcel state, and pushed events are refused.',
    metric: new MathExpression({
      label: 'answers 5xx, percent',
      period,
      expression: `IF(requests >= ${enoughRequests}, 100 * FILL(errors, 0) / requests, 0)`,
      usingMetrics: { requests, errors: gateway.metricServerErrors({ period }) },
    }),
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 5,
    evaluationPeriods: 2,
    // Nobody asks.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  new WaybillAlarm(scope, 'Slow', {
    ...setting,
    section: 'api-slow',
    severity: 'warning',
    impact: 'One of a hundred requests to the API takes longer than two seconds: callers wait, and some give up.',
    metric: new MathExpression({
      label: 'p99 of the latency, ms',
      period,
      expression: `IF(requests >= ${enoughRequests}, latency, 0)`,
      usingMetrics: { requests, latency: gateway.metricLatency({ period, statistic: 'p99' }) },
    }),
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: slowMs,
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  new WaybillAlarm(scope, 'Unavailable', {
    ...setting,
    section: 'api-unavailable',
    severity: 'warning',
    impact:
      'The API asks callers to come back later: the queue is full, SQS or DynamoDB is away, or no task is reached. Nothing that was accepted is lost.',
    metric: gateway.metricUnavailable({ period }),
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 5,
    // Some at the end of a task are normal (docs/decisions/0140-http-api-with-a-vpc-link.md).
    evaluationPeriods: 2,
    // The filter counts what it finds, and publishes no zeros.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  new WaybillAlarm(scope, 'TasksMissing', {
    ...setting,
    section: 'api-tasks-missing',
    severity: 'critical',
    impact: `Fewer than ${leastTasks} tasks of the API run: the loss of one more, or of a zone, ends it.`,
    metric: runningTasks,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: leastTasks,
    evaluationPeriods: 10,
    // While no task runs, ECS publishes nothing.
    treatMissingData: TreatMissingData.BREACHING,
  });
}
