import { Tags } from 'aws-cdk-lib';
import {
  CfnInternetGateway,
  CfnVPC,
  CfnVPCGatewayAttachment,
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  type IVpc,
  PublicSubnet,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { acknowledge } from '../findings/acknowledge.ts';
import type { Zone } from './zone.ts';

/**
 * A VPC with public subnets, without NAT (which costs by the hour and the gigabyte) and with free endpoints of DynamoDB and S3
 * (docs/decisions/0055-network-without-nat.md). Made of its parts, because the CDK's own VPC numbers its subnets as the zones
 * are listed: one more zone in the list would move the addresses of others.
 */
export class PublicVpc extends Construct {
  readonly vpc: IVpc;
  /** A subnet in each zone, by place. */
  readonly subnets: ReadonlyMap<Zone, PublicSubnet>;

  constructor(scope: Construct, id: string, { zones }: { readonly zones: readonly Zone[] }) {
    super(scope, id);
    Tags.of(this).add('Name', this.node.path);
    const { ref: vpcId } = new CfnVPC(this, 'Resource', {
      cidrBlock: '10.0.0.0/16',
      enableDnsHostnames: true,
      enableDnsSupport: true,
      instanceTenancy: 'default',
    });
    acknowledge(this, {
      'AwsSolutions-VPC7':
        'Flow logs would cost more than the tasks under load. Nothing is let in, and the processes log their requests.',
    });
    const { ref: internetGatewayId } = new CfnInternetGateway(this, 'IGW');
    const attachment = new CfnVPCGatewayAttachment(this, 'VPCGW', { vpcId, internetGatewayId });
    this.subnets = new Map(
      zones.map((zone) => [zone, this.#subnet(zone, { vpcId, internetGatewayId, attachment })] as const),
    );
    this.vpc = Vpc.fromVpcAttributes(this, 'Attributes', {
      vpcId,
      availabilityZones: zones.map(({ name }) => name),
    });
    const endpoints = { DynamoDb: GatewayVpcEndpointAwsService.DYNAMODB, S3: GatewayVpcEndpointAwsService.S3 };
    for (const [name, service] of Object.entries(endpoints))
      new GatewayVpcEndpoint(this, name, {
        vpc: this.vpc,
        service,
        subnets: [{ subnets: [...this.subnets.values()] }],
      });
  }

  #subnet(
    { name, place }: Zone,
    { vpcId, internetGatewayId, attachment }: { vpcId: string; internetGatewayId: string; attachment: Construct },
  ): PublicSubnet {
    const subnet = new PublicSubnet(this, `PublicSubnet${place}`, {
      vpcId,
      availabilityZone: name,
      // 4,096 of 65,536 addresses for each of 16 places.
      cidrBlock: `10.0.${(place - 1) * 16}.0/20`,
      mapPublicIpOnLaunch: false,
    });
    acknowledge(subnet, {
      'CloudFormation-Validate::W3010': 'The template is of one region where the context names zones.',
    });
    subnet.addDefaultInternetRoute(internetGatewayId, attachment);
    Tags.of(subnet).add('aws-cdk:subnet-name', 'Public', { includeResourceTypes: ['AWS::EC2::Subnet'] });
    Tags.of(subnet).add('aws-cdk:subnet-type', 'Public', { includeResourceTypes: ['AWS::EC2::Subnet'] });
    return subnet;
  }
}
