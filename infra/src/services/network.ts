import { type IVpc, type SubnetSelection, SubnetType, Vpc, type VpcAttributes } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import { acknowledge } from '../findings/acknowledge.ts';
import { sharedNetwork } from '../network/network-stack.ts';
import { PublicVpc } from '../network/public-vpc.ts';
import { zonesOf } from '../network/zone.ts';

/** Where the tasks run: in a VPC of their own, in the one that environments share, or in an existing one. */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  /** Without NAT a task reaches the internet through its own public address. */
  readonly assignPublicIp: boolean;

  constructor(scope: Construct, id: string, { vpc, network, zones }: Pick<Context, 'vpc' | 'network' | 'zones'>) {
    super(scope, id);
    this.assignPublicIp = vpc?.privateSubnetIds === undefined;
    const imported = vpc ?? (network === 'shared' ? sharedNetwork(zonesOf(zones)) : undefined);
    if (imported) {
      this.vpc = importedVpc(this, imported);
      this.subnets = { subnetType: this.assignPublicIp ? SubnetType.PUBLIC : SubnetType.PRIVATE_WITH_EGRESS };
    } else {
      const own = new PublicVpc(this, 'Vpc', { zones: zonesOf(zones) });
      this.vpc = own.vpc;
      this.subnets = { subnets: [...own.subnets.values()] };
    }
  }
}

function importedVpc(scope: Construct, imported: VpcAttributes): IVpc {
  const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', imported);
  acknowledge(vpc, {
    'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId': 'Nothing is added to the route tables of an imported VPC.',
  });
  return vpc;
}
