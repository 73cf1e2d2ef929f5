import { z } from 'zod';
import { type Context, readContext } from '../context/context.ts';
import { messagesPerSecond } from '../services/capacity.ts';

/** The services' address in a synth whose address does not matter. */
export const defaultContext = { apiUrl: 'https://carrier.example/v1/scans/scanevents' };

/** A resource of a synthesized template. */
type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> };

/** What a deployment has that is paid for, whatever comes through it. */
export type Deployment = {
  readonly context: Context;
  readonly pollers: number;
  /** CloudWatch bills an alarm by the metrics in it. */
  readonly alarms: number;
  readonly alarmMetrics: number;
  readonly dashboards: number;
  readonly logRetentionDays: number;
};

const measured = z.object({ MetricStat: z.unknown() });
const metrics = z.object({ Metrics: z.array(z.unknown()).optional() });
const scalingPolicy = z.object({
  TargetTrackingScalingPolicyConfiguration: z.object({
    CustomizedMetricSpecification: z.object({ Metrics: z.array(z.unknown()) }),
  }),
});
/** The processor's has no count: scaling has it. */
const service = z.object({ DesiredCount: z.number().default(0) });
const logGroup = z.object({ LogGroupName: z.string(), RetentionInDays: z.number() });

/** Target tracking makes two alarms of its own, one to scale out and one to scale in, over all metrics of its policy. */
const alarmsOfTargetTracking = 2;

/** Reads what is paid for off the templates of a deployment with the context's defaults. */
export function deploymentOf(resources: readonly Resource[]): Deployment {
  const context = readContext(defaultContext);
  const of = (type: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
  const alarms = of('AWS::CloudWatch::Alarm').map((alarm) => countMeasured(metrics.parse(alarm).Metrics) || 1);
  const tracked = of('AWS::ApplicationAutoScaling::ScalingPolicy').map((policy) =>
    countMeasured(
      scalingPolicy.parse(policy).TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics,
    ),
  );
  // The other group holds a line for each crash of a task.
  const processLogs = of('AWS::Logs::LogGroup')
    .map((group) => logGroup.parse(group))
    .filter(({ LogGroupName }) => LogGroupName.startsWith('/waybill/'));
  const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
  return {
    context,
    pollers: sum(of('AWS::ECS::Service').map((properties) => service.parse(properties).DesiredCount)),
    alarms: alarms.length + alarmsOfTargetTracking * tracked.length,
    alarmMetrics: sum(alarms) + alarmsOfTargetTracking * sum(tracked),
    dashboards: of('AWS::CloudWatch::Dashboard').length,
    logRetentionDays: Math.max(...processLogs.map(({ RetentionInDays }) => RetentionInDays)),
  };
}

/** Entries of a metric math that are metrics and not expressions. */
function countMeasured(entries: readonly unknown[] = []): number {
  return entries.filter((entry) => measured.safeParse(entry).success).length;
}

/** Processors for a steady load: as many as scaling plans with for that many events. */
export function processorsFor(eventsPerSecond: number, { processorSize }: Pick<Context, 'processorSize'>): number {
  const eventsOfOne = messagesPerSecond(processorSize.cpu, 1);
  return Math.max(1, Math.ceil(eventsPerSecond / eventsOfOne));
}
