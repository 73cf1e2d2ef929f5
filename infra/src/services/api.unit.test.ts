import { readFileSync } from 'node:fs';
import { apiVariables } from '@waybill/api/config.ts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { onlyOf, resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const apiUrl = 'https://carrier.example/v1/scans/scanevents';
const context = { apiUrl, api: true, apiCallersSecret: 'waybill/callers' };
const synthesized = synthesize(context);
const stack = stackOf(synthesized, 'services');
const without = stackOf(synthesize({ apiUrl }), 'services');
const other = stackOf(
  synthesize({
    ...context,
    apiPushersSecret: 'waybill/pushers',
    apiSize: '512/1024',
    maxApiTasks: 3,
    apiRequestsPerSecond: 50,
    pollerVariables: { MAX_QUEUE_MESSAGES: '1000', SCAN_API_LIMIT: '200', FEED: 'south' },
    apiVariables: { FEED: 'north', STAGES: '{"STATUS/OUT":"out-for-delivery"}' },
  }),
  'services',
);

const container = z.looseObject({
  Name: z.string(),
  Environment: z.array(z.object({ Name: z.string(), Value: z.string() })),
  Secrets: z.array(z.object({ Name: z.string(), ValueFrom: z.string() })),
  PortMappings: z.array(z.unknown()),
});

function taskOf(of: typeof stack) {
  const task = resourcesOf(of, 'AWS::ECS::TaskDefinition').get('ApiServiceTask') ?? {};
  const [only] = z.tuple([container]).parse(task['ContainerDefinitions']);
  return {
    task,
    container: only,
    environment: Object.fromEntries(only.Environment.map(({ Name, Value }) => [Name, Value])),
    secrets: Object.fromEntries(only.Secrets.map(({ Name, ValueFrom }) => [Name, ValueFrom])),
  };
}

const serviceOf = (of: typeof stack) => resourcesOf(of, 'AWS::ECS::Service').get('ApiService') ?? {};
const port = apiVariables.API_PORT.parse(undefined);

describe('the API', () => {
  it('is there only if the context asks for it', () => {
    const types = new Set(Object.values(without.resources).map(({ Type }) => Type));
    expect([...types].filter((type) => /ApiGateway|ServiceDiscovery/.test(type))).toEqual([]);
    expect(Object.keys(without.resources).filter((id) => id.startsWith('Api'))).toEqual([]);
    expect(Object.keys(stack.template.toJSON()['Outputs'] ?? {})).toEqual(expect.arrayContaining(['ApiUrl']));
  });

  it('gets the queue, the tables and its callers, and nothing else', () => {
    expect(taskOf(stack).environment).toEqual({
      AWS_REGION: '<AWS::Region>',
      CLOUDWATCH_NAMESPACE: 'Waybill/dev',
      SCAN_QUEUE_URL: '<ScanQueue>',
      PARCELS_TABLE: '<Parcels>',
      CHECKPOINTS_TABLE: '<Checkpoints>',
      FAILURES_TABLE: '<Failures>',
      OPERATIONS_TABLE: '<Operations>',
      BATCHES_TABLE: '<Batches>',
      ACTIVITY_TABLE: '<Activity>',
      NOTIFICATIONS_TABLE: 'dev-waybill-notifications',
    });
    expect(taskOf(stack).secrets).toEqual({ API_TOKENS: expect.stringMatching(/:secret:waybill\/callers$/) });
    expect(taskOf(other).secrets).toEqual({
      API_TOKENS: expect.stringMatching(/:secret:waybill\/callers$/),
      INGEST_SECRETS: expect.stringMatching(/:secret:waybill\/pushers$/),
    });
    expect(taskOf(other).environment).toMatchObject({ FEED: 'north', MAX_QUEUE_MESSAGES: '1000' });
    expect(taskOf(other).environment).not.toHaveProperty('SCAN_API_LIMIT');
  });

  it('tells processors of the batches, which they count off', () => {
    const variables = (of: typeof stack) =>
      JSON.stringify(resourcesOf(of, 'AWS::ECS::TaskDefinition').get('ProcessorServiceTask'));
    expect(variables(stack)).toContain('{"Name":"BATCHES_TABLE","Value":"<Batches>"}');
    expect(variables(without)).not.toContain('BATCHES_TABLE');
  });

  it('runs twice at least, on demand, more by the CPU of its tasks, and over the zones of its network', () => {
    expect(serviceOf(stack)['CapacityProviderStrategy']).toEqual([{ CapacityProvider: 'FARGATE', Weight: 1 }]);
    expect(serviceOf(stack)).not.toHaveProperty('DesiredCount');
    const target = (of: typeof stack) =>
      resourcesOf(of, 'AWS::ApplicationAutoScaling::ScalableTarget').get('ApiServiceTaskCountTarget');
    expect(target(stack)).toMatchObject({ MinCapacity: 2, MaxCapacity: 6 });
    expect(target(other)).toMatchObject({ MinCapacity: 2, MaxCapacity: 3 });
    const policy = resourcesOf(stack, 'AWS::ApplicationAutoScaling::ScalingPolicy').get('ApiServiceTaskCountTargetCpu');
    expect(policy).toMatchObject({
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
        TargetValue: 50,
      },
    });
    const { AwsvpcConfiguration } = z
      .object({ AwsvpcConfiguration: z.object({ Subnets: z.array(z.string()) }) })
      .parse(serviceOf(stack)['NetworkConfiguration']);
    expect(AwsvpcConfiguration.Subnets).toHaveLength(2);
    expect(taskOf(stack).task).toMatchObject({ Cpu: '256', Memory: '512' });
    expect(taskOf(other).task).toMatchObject({ Cpu: '512', Memory: '1024' });
  });
});

describe('the way to the API', () => {
  it('is a link to the tasks as Cloud Map has them, by address and port', () => {
    expect(onlyOf(stack, 'AWS::ApiGatewayV2::Integration')).toMatchObject({
      IntegrationType: 'HTTP_PROXY',
      ConnectionType: 'VPC_LINK',
      ConnectionId: '<ApiGatewayLink>',
      IntegrationUri: '<ApiServiceCloudmapService.Arn>',
    });
    expect(onlyOf(stack, 'AWS::ServiceDiscovery::Service')).toMatchObject({
      DnsConfig: { DnsRecords: [{ Type: 'SRV', TTL: 10 }] },
    });
    expect(serviceOf(stack)['ServiceRegistries']).toEqual([
      { RegistryArn: '<ApiServiceCloudmapService.Arn>', ContainerName: 'api', ContainerPort: port },
    ]);
    expect(taskOf(stack).container.PortMappings).toEqual([{ ContainerPort: port, Protocol: 'tcp' }]);
    expect(readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8')).toContain(`EXPOSE ${port}\n`);
  });

  it('is the only one: nothing else reaches a port of a task, and the link reaches nothing else', () => {
    const ingress = [...resourcesOf(stack, 'AWS::EC2::SecurityGroupIngress').values()];
    expect(ingress).toEqual([
      expect.objectContaining({
        GroupId: '<ApiSecurityGroup.GroupId>',
        SourceSecurityGroupId: '<ApiGatewayLinkGroup.GroupId>',
        IpProtocol: 'tcp',
        FromPort: port,
        ToPort: port,
      }),
    ]);
    for (const group of resourcesOf(stack, 'AWS::EC2::SecurityGroup').values())
      expect(group).not.toHaveProperty('SecurityGroupIngress');
    expect([...resourcesOf(stack, 'AWS::EC2::SecurityGroupEgress').values()]).toEqual([
      expect.objectContaining({
        GroupId: '<ApiGatewayLinkGroup.GroupId>',
        DestinationSecurityGroupId: '<ApiSecurityGroup.GroupId>',
        FromPort: port,
        ToPort: port,
      }),
    ]);
  });

  it('takes every path and method, and passes on as many requests as the context says', () => {
    expect(onlyOf(stack, 'AWS::ApiGatewayV2::Route')).toMatchObject({ RouteKey: '$default' });
    const stage = (of: typeof stack) => onlyOf(of, 'AWS::ApiGatewayV2::Stage');
    expect(stage(stack)).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
    });
    expect(stage(other)).toMatchObject({ DefaultRouteSettings: { ThrottlingRateLimit: 50 } });
  });

  it('logs each access without headers, query or body, into a log that ends after a month', () => {
    const { Format } = z
      .object({ Format: z.string() })
      .parse(onlyOf(stack, 'AWS::ApiGatewayV2::Stage')['AccessLogSettings']);
    const fields = Object.values(z.record(z.string(), z.string()).parse(JSON.parse(Format)));
    expect(fields.length).toBeGreaterThan(5);
    // Of what API Gateway has of a request, these are what a token, a query or a body could be in.
    expect(fields.filter((field) => /header|query|body|authorizer|\$request|userAgent/i.test(field))).toEqual([]);
    expect(fields.filter((field) => !/^\$context\.(\w+|identity\.sourceIp)$/.test(field))).toEqual([]);
    expect([...resourcesOf(stack, 'AWS::Logs::LogGroup').values()]).toContainEqual(
      expect.objectContaining({ LogGroupName: '/waybill/dev/api-access', RetentionInDays: 30 }),
    );
  });
});

describe('the alarms of the API', () => {
  const alarms = new Map(
    [...resourcesOf(stack, 'AWS::CloudWatch::Alarm').values()].map((alarm) => [String(alarm['AlarmName']), alarm]),
  );

  it('are those of every deployment, and these', () => {
    const names = (of: typeof stack) =>
      [...resourcesOf(of, 'AWS::CloudWatch::Alarm').values()].map((alarm) => String(alarm['AlarmName']));
    const usual = names(without);
    expect(
      names(stack)
        .filter((name) => !usual.includes(name))
        .toSorted(),
    ).toEqual([
      'waybill-dev-api-server-errors',
      'waybill-dev-api-slow',
      'waybill-dev-api-tasks-missing',
      'waybill-dev-api-unavailable',
    ]);
  });

  it('are raised by a share of 5xx and by a slow p99, from a minimum number of requests', () => {
    const math = (expression: string, name: string, stat: string) => ({
      Metrics: [
        { Expression: expression },
        { Id: 'requests', MetricStat: { Metric: { MetricName: 'Count' }, Stat: 'Sum', Period: 300 } },
        { MetricStat: { Metric: { MetricName: name, Namespace: 'AWS/ApiGateway' }, Stat: stat, Period: 300 } },
      ],
      TreatMissingData: 'notBreaching',
    });
    expect(alarms.get('waybill-dev-api-server-errors')).toMatchObject({
      ...math('IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)', '5xx', 'Sum'),
      Threshold: 5,
    });
    expect(alarms.get('waybill-dev-api-slow')).toMatchObject({
      ...math('IF(requests >= 20, latency, 0)', 'Latency', 'p99'),
      Threshold: 2_000,
    });
  });

  it('are raised by answers 503, which the access log tells', () => {
    const [transformation] = z
      .array(z.object({ MetricName: z.string(), MetricNamespace: z.string() }))
      .parse(onlyOf(stack, 'AWS::Logs::MetricFilter')['MetricTransformations']);
    expect(onlyOf(stack, 'AWS::Logs::MetricFilter')).toMatchObject({
      FilterPattern: '{ $.status = "503" }',
      LogGroupName: '<ApiGatewayAccessLog>',
    });
    expect(alarms.get('waybill-dev-api-unavailable')).toMatchObject({
      MetricName: transformation?.MetricName,
      Namespace: transformation?.MetricNamespace,
      Statistic: 'Sum',
      EvaluationPeriods: 2,
      TreatMissingData: 'notBreaching',
    });
  });

  it('are raised when fewer tasks run than always should', () => {
    expect(alarms.get('waybill-dev-api-tasks-missing')).toMatchObject({
      MetricName: 'CPUUtilization',
      Statistic: 'SampleCount',
      Dimensions: expect.arrayContaining([{ Name: 'ServiceName', Value: '<ApiService.Name>' }]),
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 2,
      EvaluationPeriods: 10,
      TreatMissingData: 'breaching',
    });
  });

  it('are on the dashboard, with requests and latency, and there is no second one', () => {
    const { DashboardBody } = onlyOf(stack, 'AWS::CloudWatch::Dashboard');
    const { widgets } = z
      .object({
        widgets: z.array(
          z.object({
            properties: z.looseObject({
              metrics: z.array(z.array(z.unknown())).default([]),
              alarms: z.array(z.string()).default([]),
            }),
          }),
        ),
      })
      .parse(JSON.parse(String(DashboardBody)));
    const shown = widgets.flatMap(({ properties }) => properties.metrics);
    expect(shown.map(([, name]) => name)).toEqual(
      expect.arrayContaining(['Count', '4xx', '5xx', 'Latency', 'waybill.api.unavailable']),
    );
    // `onlyOf` above: with more than 50 metrics it is not among the free ones, and costs what docs/cost.md says; a second
    // one would cost as much, where others use up the free ones, and an operator looks at one.
    expect(shown.length).toBeLessThanOrEqual(65);
    const named = widgets.flatMap(({ properties }) => properties.alarms).map((arn) => arn.replace(/^.*:/, ''));
    expect(named).toEqual(expect.arrayContaining([...alarms.keys()]));
  });
});
