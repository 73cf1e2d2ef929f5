import type { CapacityProviderStrategy, ForceNewDeployment } from 'aws-cdk-lib/aws-ecs';

/**
 * ECS refuses to change the capacity provider strategy of a service that has one, unless a new deployment is forced
 * (UpdateService, `capacityProviderStrategy`). CloudFormation forces one when the nonce changes. So the nonce says the
 * strategy and nothing else: no other change of the template restarts tasks (docs/decisions/0185-changed-strategy-forces-a-deployment.md).
 */
export function forcedByStrategy(strategies: readonly CapacityProviderStrategy[]): ForceNewDeployment {
  const shares = strategies.map(
    ({ capacityProvider, base = 0, weight = 0 }) => `${capacityProvider} base ${base} weight ${weight}`,
  );
  return { enabled: true, nonce: shares.join(', ') };
}
