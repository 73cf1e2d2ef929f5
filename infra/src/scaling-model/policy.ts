import { z } from 'zod';
import { onlyOf } from '../synthesis/resources.ts';
import type { SynthesizedStack } from '../synthesis/synthesize.ts';
import type { Policy } from './target-tracking.ts';

const query = z.object({
  Id: z.string(),
  Expression: z.string().optional(),
  MetricStat: z
    .object({
      Metric: z.object({
        MetricName: z.string(),
        Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).optional(),
      }),
      Stat: z.string(),
    })
    .optional(),
  ReturnData: z.boolean(),
});

const configuration = z.object({
  TargetValue: z.number(),
  ScaleOutCooldown: z.number(),
  ScaleInCooldown: z.number(),
  CustomizedMetricSpecification: z.object({ Metrics: z.array(query) }),
});

/** Reads the scaling policy from the template of the services, with its metrics and limits. */
export function policyOf(services: SynthesizedStack) {
  const { TargetValue, ScaleOutCooldown, ScaleInCooldown, CustomizedMetricSpecification } = configuration.parse(
    onlyOf(services, 'AWS::ApplicationAutoScaling::ScalingPolicy')['TargetTrackingScalingPolicyConfiguration'],
  );
  const limits = onlyOf(services, 'AWS::ApplicationAutoScaling::ScalableTarget');
  const queries = CustomizedMetricSpecification.Metrics;
  const policy: Policy = {
    target: TargetValue,
    scaleOutCooldown: ScaleOutCooldown,
    scaleInCooldown: ScaleInCooldown,
    min: Number(limits['MinCapacity']),
    max: Number(limits['MaxCapacity']),
    expressions: queries.flatMap(({ Id, Expression }) => (Expression === undefined ? [] : [[Id, Expression] as const])),
  };
  return { policy, queries, limits };
}
