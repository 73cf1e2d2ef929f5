import { z } from 'zod';
import { type Context, readContext } from '../context/context.ts';
import { leastTasks } from '../services/api.ts';
import { messagesPerSecond } from '../services/capacity.ts';

/** The context of a synth in which the address of the API does not matter. */
export const defaultContext = { apiUrl: 'https://carrier.example/v1/scans/scanevents' };

/** The same with the API. */
export const apiContext = { ...defaultContext, api: true, apiCallersSecret: 'waybill/callers' };

/** The same with one webhook. */
export const webhookContext = {
  ...defaultContext,
  webhooks: [{ name: 'shop', url: 'https://shop.example/hook', secretsName: 'shop/signing' }],
};

/** A resource of a synthesized template. */
type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> };

/** What a deployment costs independently of the events that come. */
export type Deployment = {
  readonly context: Context;
  readonly pollers: number;
  /** Tasks of the API that always run: none without it. */
  readonly apiTasks: number;
  /** CloudWatch bills an alarm by the metrics in it. */
  readonly alarms: number;
  readonly alarmMetrics: number;
  readonly dashboards: number;
  readonly logRetentionDays: number;
};

const measured = z.object({ MetricStat: z.unknown() });
const metrics = z.object({ Metrics: z.array(z.unknown()).optional() });
/** Target tracking makes two alarms of its own, to scale out and to scale in, each with all metrics of its policy. */
const alarmsOfTargetTracking = 2;

/** For reads or writes of a table it makes four: two more notice when somebody else changes the units. */
export const alarmsOfCapacity = 4;

/** The alarms that a policy makes, and the metrics in each. */
const scalingPolicy = z.object({
  TargetTrackingScalingPolicyConfiguration: z.union([
    z
      .object({ CustomizedMetricSpecification: z.object({ Metrics: z.array(z.unknown()) }) })
      .transform(({ CustomizedMetricSpecification: { Metrics } }) => ({
        alarms: alarmsOfTargetTracking,
        metrics: countMeasured(Metrics),
      })),
    z
      .object({ PredefinedMetricSpecification: z.object({ PredefinedMetricType: z.string() }) })
      .transform(({ PredefinedMetricSpecification: { PredefinedMetricType } }) => ({
        alarms: PredefinedMetricType.startsWith('DynamoDB') ? alarmsOfCapacity : alarmsOfTargetTracking,
        metrics: 1,
      })),
  ]),
});
/** The processor's service has no count, because scaling sets it. */
const service = z.object({ DesiredCount: z.number().default(0) });
const logGroup = z.object({ LogGroupName: z.string(), RetentionInDays: z.number() });

/** Reads from the templates of a deployment with this context what is paid for. */
export function deploymentOf(
  resources: readonly Resource[],
  given: Readonly<Record<string, unknown>> = defaultContext,
): Deployment {
  const context = readContext({ alarmEmail: 'none', ...given });
  const of = (type: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
  const alarms = of('AWS::CloudWatch::Alarm').map((alarm) => countMeasured(metrics.parse(alarm).Metrics) || 1);
  const tracked = of('AWS::ApplicationAutoScaling::ScalingPolicy').map(
    (policy) => scalingPolicy.parse(policy).TargetTrackingScalingPolicyConfiguration,
  );
  // The other log group holds one line for each crash of a task.
  const processLogs = of('AWS::Logs::LogGroup')
    .map((group) => logGroup.parse(group))
    .filter(({ LogGroupName }) => LogGroupName.startsWith('/waybill/'));
  const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
  return {
    context,
    apiTasks: context.api ? leastTasks : 0,
    pollers: sum(of('AWS::ECS::Service').map((properties) => service.parse(properties).DesiredCount)),
    alarms: alarms.length + sum(tracked.map((policy) => policy.alarms)),
    alarmMetrics: sum(alarms) + sum(tracked.map((policy) => policy.alarms * policy.metrics)),
    dashboards: of('AWS::CloudWatch::Dashboard').length,
    logRetentionDays: Math.max(...processLogs.map(({ RetentionInDays }) => RetentionInDays)),
  };
}

/** Counts the entries of a metric math that are metrics, not expressions. */
function countMeasured(entries: readonly unknown[] = []): number {
  return entries.filter((entry) => measured.safeParse(entry).success).length;
}

/** Processors for a steady load: as many as scaling plans for this many events. */
export function processorsFor(eventsPerSecond: number, { processorSize }: Pick<Context, 'processorSize'>): number {
  const eventsOfOne = messagesPerSecond(processorSize.cpu, 1);
  return Math.max(1, Math.ceil(eventsPerSecond / eventsOfOne));
}
