import { GatewayVpcEndpointAwsService, type IVpc, type SubnetSelection, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { ImportedVpc } from '../context/context.ts';
import { acknowledge } from '../findings/acknowledge.ts';

/**
 * Where the tasks run. Of its own: public subnets without NAT, whose price is paid by the hour and the gigabyte, and with
 * free ways to DynamoDB and S3 (docs/decisions/0055-network-without-nat.md). Or the private subnets of a VPC that is
 * there already.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  /** Without NAT a task reaches the internet by an address of its own. */
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
    'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId': 'Nothing is added to the route tables of a VPC of others.',
  });
  return vpc;
}

function ownVpc(scope: Construct): IVpc {
  const vpc = new Vpc(scope, 'Vpc', {
    // As many as the CDK knows of where it does not know the region.
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [
      // 4,096 addresses of 65,536: sized to fill the VPC, no further subnet could ever be added to it.
      { name: 'Public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false, cidrMask: 20 },
    ],
    gatewayEndpoints: {
      DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      S3: { service: GatewayVpcEndpointAwsService.S3 },
    },
    // Nothing uses the default security group, and emptying it would take a Lambda function.
    restrictDefaultSecurityGroup: false,
  });
  acknowledge(vpc, {
    'AwsSolutions-VPC7':
      'Flow logs would cost more than the tasks under load. Nothing is let in, and the processes log their requests.',
  });
  // The CDK writes the optional properties of its classes and of its interfaces as `?:`, which are not the same to a
  // compiler that tells missing from undefined.
  return vpc as IVpc;
}
