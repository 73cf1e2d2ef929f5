import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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

describe('chosen zones', () => {
  /** Each subnet's zone and addresses, by logical id, in the network that environments share. */
  const subnetsIn = (zones?: unknown) =>
    Object.fromEntries(
      [...resourcesOf(stackOf(synthesize({ stacks: 'network', zones }), 'network'), 'AWS::EC2::Subnet')].map(
        ([id, { AvailabilityZone, CidrBlock }]) => [id, [AvailabilityZone, CidrBlock]],
      ),
    );
  const two = subnetsIn('["eu-west-1c", "eu-west-1b"]');

  it('have a subnet each', () => {
    expect(two).toEqual({
      VpcPublicSubnet2Subnet: ['eu-west-1b', '10.0.16.0/20'],
      VpcPublicSubnet3Subnet: ['eu-west-1c', '10.0.32.0/20'],
    });
  });

  it('keep subnet and addresses when others come, before, between or after them', () => {
    const four = subnetsIn(['eu-west-1d', 'eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
    expect(Object.keys(four)).toHaveLength(4);
    expect(four).toMatchObject(two);
  });

  it('keep them when none were chosen before, where the first two of the region are a and b', () => {
    const addresses = (subnets: object) => Object.entries(subnets).map(([id, [, cidr]]) => [id, cidr]);
    expect(addresses(subnetsIn(['eu-west-1a', 'eu-west-1b']))).toEqual(addresses(subnetsIn()));
  });

  it('are those of an environment with a network of its own, too', () => {
    const synthesized = synthesize({ apiUrl, zones: ['eu-west-1a', 'eu-west-1c'] });
    expect(synthesized.findings).toEqual([]);
    const stack = stackOf(synthesized, 'services');
    expect([...resourcesOf(stack, 'AWS::EC2::Subnet').values()].map((subnet) => subnet['CidrBlock'])).toEqual([
      '10.0.0.0/20',
      '10.0.32.0/20',
    ]);
    for (const network of networks(stack))
      expect(network).toMatchObject({
        AwsvpcConfiguration: { Subnets: ['<NetworkVpcPublicSubnet1Subnet>', '<NetworkVpcPublicSubnet3Subnet>'] },
      });
  });
});

describe('a shared network', () => {
  const synthesized = synthesize({ stacks: 'network', zones: ['eu-west-1a', 'eu-west-1c'], tags: { Owner: 'ops' } });
  const shared = stackOf(synthesized, 'network');
  const environment = synthesize({
    apiUrl,
    network: 'shared',
    zones: ['eu-west-1a', 'eu-west-1c'],
    api: true,
    apiCallersSecret: 'waybill/callers',
  });
  const services = stackOf(environment, 'services');
  const exported = z.record(z.string(), z.object({ Export: z.object({ Name: z.string() }).optional() }));
  const exports = Object.values(exported.parse(shared.template.toJSON()['Outputs'])).flatMap(({ Export }) =>
    Export ? [Export.Name] : [],
  );
  const imported = new Set(
    [...JSON.stringify(services.resources).matchAll(/"Fn::ImportValue":"(waybill-network:\w+)"/g)].map(
      ([, name]) => name,
    ),
  );

  it('is a stack of its own, of no environment, without a finding', () => {
    expect(synthesized.stacks.map(({ name }) => name)).toEqual(['waybill-network']);
    expect(synthesized.findings).toEqual([]);
    const tags = onlyOf(shared, 'AWS::EC2::InternetGateway')['Tags'];
    expect(tags).toEqual([
      { Key: 'Name', Value: 'waybill-network/Vpc' },
      { Key: 'Owner', Value: 'ops' },
    ]);
  });

  it('is imported, zone by zone, by an environment, which has no network of its own', () => {
    expect(environment.findings).toEqual([]);
    expect([...imported].toSorted()).toEqual(exports.toSorted());
    expect(exports.toSorted()).toEqual([
      'waybill-network:PublicSubnet1',
      'waybill-network:PublicSubnet3',
      'waybill-network:VpcId',
    ]);
    const types = new Set(Object.values(services.resources).map(({ Type }) => Type));
    expect([...types].filter((type) => type.startsWith('AWS::EC2::')).toSorted()).toEqual([
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
    ]);
  });

  it('serves tasks, the link of the API and its names, with public addresses', () => {
    for (const network of networks(services))
      expect(network).toMatchObject({
        AwsvpcConfiguration: {
          AssignPublicIp: 'ENABLED',
          Subnets: ['<waybill-network:PublicSubnet1>', '<waybill-network:PublicSubnet3>'],
        },
      });
    expect(onlyOf(services, 'AWS::ApiGatewayV2::VpcLink')['SubnetIds']).toHaveLength(2);
    expect(onlyOf(services, 'AWS::ServiceDiscovery::PrivateDnsNamespace')['Vpc']).toBe('<waybill-network:VpcId>');
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

  it('may have public subnets: tasks get public addresses, and nothing is let in but by the link of the API', () => {
    const { privateSubnetIds: publicSubnetIds, ...rest } = vpc;
    const synthesized = synthesize({
      apiUrl,
      vpc: { ...rest, publicSubnetIds },
      api: true,
      apiCallersSecret: 'waybill/callers',
      webhooks: [{ name: 'shop', url: 'https://shop.example/hook', secretsName: 'shop/signing' }],
      notifySweep: 'rate(1 hour)',
    });
    expect(synthesized.findings).toEqual([]);
    const open = stackOf(synthesized, 'services');
    const sweeps = [...resourcesOf(open, 'AWS::Scheduler::Schedule').values()].map((sweep) => JSON.stringify(sweep));
    const all = [...networks(open).map((network) => JSON.stringify(network)), ...sweeps];
    expect(all).toHaveLength(5);
    for (const each of all) {
      expect(each).toContain('"AssignPublicIp":"ENABLED"');
      expect(each).toContain(JSON.stringify(publicSubnetIds));
    }
    for (const group of resourcesOf(open, 'AWS::EC2::SecurityGroup').values())
      expect(group).not.toHaveProperty('SecurityGroupIngress');
    expect(onlyOf(open, 'AWS::EC2::SecurityGroupIngress')).toMatchObject({
      SourceSecurityGroupId: expect.stringMatching(/LinkGroup/),
    });
    expect(onlyOf(open, 'AWS::ApiGatewayV2::VpcLink')['SubnetIds']).toEqual(publicSubnetIds);
    expect(onlyOf(open, 'AWS::ServiceDiscovery::PrivateDnsNamespace')['Vpc']).toBe(vpc.vpcId);
  });
});
