import { GatewayVpcEndpointAwsService, type IVpc, type SubnetSelection, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { ImportedVpc } from '../context/network-keys.ts';
import { acknowledge } from '../findings/acknowledge.ts';

/**
 * Where the tasks run: the private subnets of an existing VPC, or a VPC of its own with public subnets, without NAT (which
 * costs by the hour and the gigabyte) and with free endpoints of DynamoDB and S3
 * (docs/decisions/0055-network-without-nat.md).
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  /** Without NAT a task reaches the internet through its own public address. */
  readonly assignPublicIp: boolean;

  constructor(scope: Construct, id: string, { imported }: { readonly imported: ImportedVpc | undefined }) {
    super(scope, id);
    this.assignPublicIp = imported === undefined;
    this.subnets = { subnetType: imported ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PUBLIC };
    this.vpc = imported ? importedVpc(this, imported) : ownVpc(this);
  }
}

function importedVpc(scope: Construct, imported: ImportedVpc): IVpc {
  const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', imported);
  acknowledge(vpc, {
    'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId': 'Nothing is added to the route tables of an imported VPC.',
  });
  return vpc;
}

function ownVpc(scope: Construct): IVpc {
  const vpc = new Vpc(scope, 'Vpc', {
    // The CDK knows only two zones when it does not know the region.
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [
      // 4,096 of 65,536 addresses: if the subnets filled the VPC, no other subnet could ever be added.
      { name: 'Public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false, cidrMask: 20 },
    ],
    gatewayEndpoints: {
      DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      S3: { service: GatewayVpcEndpointAwsService.S3 },
    },
    // Nothing uses the default security group, and to empty it would need a Lambda function.
    restrictDefaultSecurityGroup: false,
  });
  acknowledge(vpc, {
    'AwsSolutions-VPC7':
      'Flow logs would cost more than the tasks under load. Nothing is let in, and the processes log their requests.',
  });
  // The class implements the interface. With exactOptionalPropertyTypes their optional properties differ, because the
  // CDK's own types do not tell missing from undefined.
  return vpc as IVpc;
}
