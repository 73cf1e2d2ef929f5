import { describe, expect, it } from 'vitest';
import { onlyOf, resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const apiUrl = 'https://carrier.example/v1/scans/scanevents';

/** The network configuration of every service. */
function networks(stack: Parameters<typeof resourcesOf>[0]) {
  return [...resourcesOf(stack, 'AWS::ECS::Service').values()].map((service) => service['NetworkConfiguration']);
}

describe('a network of its own', () => {
  const stack = stackOf(synthesize({ apiUrl }), 'services');

  it('has public subnets and nothing that costs by the hour', () => {
    const types = new Set(Object.values(stack.resources).map(({ Type }) => Type));
    expect(types).toContain('AWS::EC2::InternetGateway');
    for (const paid of ['AWS::EC2::NatGateway', 'AWS::EC2::EIP', 'AWS::EC2::FlowLog'])
      expect(types).not.toContain(paid);
    const endpoints = [...resourcesOf(stack, 'AWS::EC2::VPCEndpoint').values()];
    expect(endpoints.map((endpoint) => [endpoint['VpcEndpointType'], endpoint['ServiceName']])).toEqual([
      ['Gateway', 'com.amazonaws.<AWS::Region>.dynamodb'],
      ['Gateway', 'com.amazonaws.<AWS::Region>.s3'],
    ]);
  });

  it('uses two zones, and leaves room for others', () => {
    const subnets = [...resourcesOf(stack, 'AWS::EC2::Subnet').values()];
    expect(onlyOf(stack, 'AWS::EC2::VPC')['CidrBlock']).toBe('10.0.0.0/16');
    expect(subnets.map((subnet) => subnet['CidrBlock'])).toEqual(['10.0.0.0/20', '10.0.16.0/20']);
    expect(new Set(subnets.map((subnet) => JSON.stringify(subnet['AvailabilityZone']))).size).toBe(2);
  });

  it('reaches the endpoints from every subnet', () => {
    const tables = [...resourcesOf(stack, 'AWS::EC2::RouteTable').keys()].map((id) => `<${id}>`);
    expect(tables.length).toBeGreaterThanOrEqual(2);
    for (const endpoint of resourcesOf(stack, 'AWS::EC2::VPCEndpoint').values())
      expect(endpoint['RouteTableIds']).toEqual(tables);
  });

  it('allows no inbound traffic', () => {
    expect(resourcesOf(stack, 'AWS::EC2::SecurityGroupIngress').size).toBe(0);
    for (const group of resourcesOf(stack, 'AWS::EC2::SecurityGroup').values()) {
      expect(group).not.toHaveProperty('SecurityGroupIngress');
      expect(group['SecurityGroupEgress']).toEqual([
        expect.objectContaining({ CidrIp: '0.0.0.0/0', IpProtocol: '-1' }),
      ]);
    }
  });

  it('gives an address to every task, and to no other machine', () => {
    for (const network of networks(stack))
      expect(network).toMatchObject({ AwsvpcConfiguration: { AssignPublicIp: 'ENABLED' } });
    for (const subnet of resourcesOf(stack, 'AWS::EC2::Subnet').values())
      expect(subnet['MapPublicIpOnLaunch']).toBe(false);
  });

  it('starts services only when there is a route to the internet', () => {
    for (const { Type, ...service } of Object.values(stack.resources)) {
      if (Type === 'AWS::ECS::Service')
        expect(JSON.stringify(service['DependsOn'])).toMatch(/PublicSubnet1DefaultRoute.*PublicSubnet2DefaultRoute/);
    }
  });

  it('needs no Lambda function of the CDK', () => {
    expect(resourcesOf(stack, 'AWS::Lambda::Function').size).toBe(0);
  });
});

describe('an existing VPC', () => {
  const vpc = {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  };
  const stack = stackOf(synthesize({ apiUrl, vpc: JSON.stringify(vpc) }), 'services');

  it('is used as it is: tasks run in its private subnets, without public addresses', () => {
    const types = Object.values(stack.resources).map(({ Type }) => Type);
    expect(types.filter((type) => type.startsWith('AWS::EC2::'))).toEqual([
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroup',
    ]);
    expect(networks(stack)).toHaveLength(2);
    for (const network of networks(stack))
      expect(network).toMatchObject({
        AwsvpcConfiguration: { AssignPublicIp: 'DISABLED', Subnets: vpc.privateSubnetIds },
      });
    expect(onlyOf(stack, 'AWS::ECS::Cluster')).toMatchObject({ ClusterName: 'waybill-dev' });
  });
});
