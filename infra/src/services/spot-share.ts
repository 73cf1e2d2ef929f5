/**
 * Percent of the processors beyond the first that ECS places on Spot: what the context asks for, but 99 at most, for a
 * capacity provider whose weight is 0 "can't be used to place tasks" (CloudFormation, CapacityProviderStrategyItem).
 */
export function placedOnSpot(spotShare: number): number {
  return Math.min(99, spotShare);
}
