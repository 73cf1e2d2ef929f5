import type { CapacityProviderStrategy } from 'aws-cdk-lib/aws-ecs';

/**
 * Percent of the processors beyond the first that ECS places on Spot: what the context asks for, but 99 at most, for a
 * capacity provider whose weight is 0 "can't be used to place tasks" (CloudFormation, CapacityProviderStrategyItem).
 */
export function placedOnSpot(spotShare: number): number {
  return Math.min(99, spotShare);
}

/**
 * The first task runs on demand, so that a shortage of Spot does not stop the work. Of the others `spotShare` percent run
 * on Spot (docs/decisions/0057-spot-share.md).
 */
export function mostlySpot(spotShare: number): CapacityProviderStrategy[] {
  const onSpot = placedOnSpot(spotShare);
  const onDemand = { capacityProvider: 'FARGATE', base: 1, weight: 100 - onSpot };
  return onSpot === 0 ? [onDemand] : [onDemand, { capacityProvider: 'FARGATE_SPOT', weight: onSpot }];
}
