import { type App, CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import type { Context } from '../context/context.ts';
import { PublicVpc } from './public-vpc.ts';
import { type Zone, zonesOf } from './zone.ts';

const stackName = 'waybill-network';

const exportOf = {
  vpcId: `${stackName}:VpcId`,
  subnet: ({ place }: Zone) => `${stackName}:PublicSubnet${place}`,
};

/**
 * The network that environments of an account and region share: one VPC and one internet gateway of the five that there may
 * be. What an environment imports CloudFormation lets nobody delete or replace
 * (docs/decisions/0187-one-network-for-several-environments.md).
 */
export class NetworkStack extends Stack {
  constructor(app: App, { zones }: Pick<Context, 'zones'>) {
    super(app, stackName, { description: 'Waybill: the public network that environments share' });
    const { vpc, subnets } = new PublicVpc(this, 'Vpc', { zones: zonesOf(zones) });
    new CfnOutput(this, 'VpcId', { value: vpc.vpcId, exportName: exportOf.vpcId });
    for (const [zone, { subnetId }] of subnets)
      new CfnOutput(this, `PublicSubnet${zone.place}`, { value: subnetId, exportName: exportOf.subnet(zone) });
    new CfnOutput(this, 'AvailabilityZones', {
      value: [...subnets.values()].map(({ subnetAvailabilityZone }) => subnetAvailabilityZone).join(' '),
    });
  }
}

/** What an environment imports of {@link NetworkStack}: its VPC and the subnets in these zones. */
export function sharedNetwork(zones: readonly Zone[]) {
  return {
    vpcId: Fn.importValue(exportOf.vpcId),
    availabilityZones: zones.map(({ name }) => name),
    publicSubnetIds: zones.map((zone) => Fn.importValue(exportOf.subnet(zone))),
  };
}
