import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addStacks } from '../app.ts';
import { resourcesOf } from '../synthesis/resources.ts';
import { flags, stackOf, synthesize } from '../synthesis/synthesize.ts';

const apiUrl = 'https://carrier.example/v1/scans/scanevents';
const usual = stackOf(synthesize({ apiUrl }), 'services');
const other = stackOf(
  synthesize({
    apiUrl,
    environment: 'prod',
    apiTokenSecret: 'carrier/token',
    apiHeadersSecret: 'carrier/headers',
    apiClientCertSecret: 'carrier/client',
    pollerSize: '512/1024',
    processorSize: '1024/2048',
    standby: true,
    spotShare: 60,
    maxProcessors: 40,
    pollerVariables: { SCAN_API_LIMIT: 1000 },
    processorVariables: { RECEIVERS: 8, STOP_TIMEOUT_SECONDS: 110 },
  }),
  'services',
);

const dockerfile = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');

const container = z.looseObject({
  Name: z.string(),
  Environment: z.array(z.object({ Name: z.string(), Value: z.string() })),
  Secrets: z.array(z.object({ Name: z.string(), ValueFrom: z.string() })).default([]),
  StopTimeout: z.number(),
});

function taskOf(stack: typeof usual, name: string) {
  const [task] =
    [...resourcesOf(stack, 'AWS::ECS::TaskDefinition').entries()].find(([id]) => id.startsWith(name)) ?? [];
  const properties = resourcesOf(stack, 'AWS::ECS::TaskDefinition').get(task ?? '') ?? {};
  const [only, ...others] = z.array(container).parse(properties['ContainerDefinitions']);
  if (!only || others.length > 0) throw new Error(`${name} has ${others.length} containers beside its own`);
  const environment = Object.fromEntries(only.Environment.map(({ Name, Value }) => [Name, Value]));
  return { properties, container: only, environment };
}

function serviceOf(stack: typeof usual, name: string) {
  const [, service] = [...resourcesOf(stack, 'AWS::ECS::Service').entries()].find(([id]) => id.startsWith(name)) ?? [];
  if (!service) throw new Error(`there is no service ${name}`);
  return service;
}

describe.each(['Poller', 'Processor'])('the %s', (name) => {
  const { properties, container } = taskOf(usual, name);

  it('is a small ARM64 task that cannot write to its disk and has an unprivileged user', () => {
    expect(properties).toMatchObject({
      Cpu: '256',
      Memory: '512',
      NetworkMode: 'awsvpc',
      RequiresCompatibilities: ['FARGATE'],
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    });
    expect(properties).not.toHaveProperty('Volumes');
    expect(container).toMatchObject({
      ReadonlyRootFilesystem: true,
      User: '1000:1000',
      LinuxParameters: { InitProcessEnabled: true, Capabilities: { Drop: ['ALL'] } },
    });
    expect(dockerfile).toContain('USER 1000:1000');
  });

  it('has the health check of its image', () => {
    expect(container['HealthCheck']).toMatchObject({ Command: ['CMD', 'node', 'livez.mjs'] });
    expect(dockerfile).toContain('CMD ["node", "livez.mjs"]');
  });

  it('has more time to stop than it takes, and no more than Fargate allows', () => {
    expect(container.StopTimeout).toBe(50);
    expect(taskOf(other, 'Processor').container.StopTimeout).toBe(120);
  });

  it('logs without waiting for the log, into a group with a retention', () => {
    expect(container['LogConfiguration']).toMatchObject({ LogDriver: 'awslogs', Options: { mode: 'non-blocking' } });
    const logs = [...resourcesOf(usual, 'AWS::Logs::LogGroup').values()];
    expect(logs).toContainEqual(
      expect.objectContaining({ LogGroupName: `/waybill/dev/${name.toLowerCase()}`, RetentionInDays: 30 }),
    );
  });

  it('is deployed beside the old task, which stops when it is healthy, and rolled back when it is not', () => {
    expect(serviceOf(usual, name)['DeploymentConfiguration']).toEqual({
      MinimumHealthyPercent: 100,
      MaximumPercent: 200,
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
    });
  });

  it('publishes its metrics in the namespace of the alarms', () => {
    expect(taskOf(usual, name).environment['CLOUDWATCH_NAMESPACE']).toBe('Waybill/dev');
    expect(taskOf(other, name).environment['CLOUDWATCH_NAMESPACE']).toBe('Waybill/prod');
  });
});

it('services are created after the capacity providers that they run on, and deleted before them', () => {
  const services = Object.values(usual.resources).filter(({ Type }) => Type === 'AWS::ECS::Service');
  expect(services).toHaveLength(2);
  for (const service of services) expect(service['DependsOn']).toContainEqual('CapacityProviders');
  expect(usual.resources['CapacityProviders']).toMatchObject({
    Type: 'AWS::ECS::ClusterCapacityProviderAssociations',
    Properties: { CapacityProviders: ['FARGATE', 'FARGATE_SPOT'] },
  });
});

describe('the poller', () => {
  it('gets its queue, table and feed, and nothing else', () => {
    expect(taskOf(usual, 'Poller').environment).toEqual({
      ACTIVITY_TABLE: '<Activity>',
      AWS_REGION: '<AWS::Region>',
      CLOUDWATCH_NAMESPACE: 'Waybill/dev',
      SCAN_API_URL: apiUrl,
      SCAN_QUEUE_URL: '<ScanQueue>',
      CHECKPOINTS_TABLE: '<Checkpoints>',
    });
    expect(taskOf(other, 'Poller').environment).toMatchObject({ SCAN_API_LIMIT: '1000', SCAN_API_URL: apiUrl });
  });

  it('runs once on demand, or twice with a standby', () => {
    expect(serviceOf(usual, 'Poller')).toMatchObject({
      DesiredCount: 1,
      CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE', Weight: 1 }],
    });
    expect(serviceOf(other, 'Poller')['DesiredCount']).toBe(2);
  });

  it('gets what the API demands from Secrets Manager, and only what there is', () => {
    expect(taskOf(usual, 'Poller').container.Secrets).toEqual([]);
    expect(taskOf(other, 'Poller').container.Secrets).toEqual([
      { Name: 'SCAN_API_TOKEN', ValueFrom: expect.stringMatching(/:secretsmanager:.*:secret:carrier\/token$/) },
      { Name: 'SCAN_API_HEADERS', ValueFrom: expect.stringMatching(/:secretsmanager:.*:secret:carrier\/headers$/) },
      { Name: 'SCAN_API_CLIENT_CERT', ValueFrom: expect.stringMatching(/:secret:carrier\/client:certificate::$/) },
      { Name: 'SCAN_API_CLIENT_KEY', ValueFrom: expect.stringMatching(/:secret:carrier\/client:privateKey::$/) },
    ]);
    expect(taskOf(other, 'Processor').container.Secrets).toEqual([]);
  });
});

describe('the processor', () => {
  it('gets its queue and tables, and nothing else', () => {
    expect(taskOf(usual, 'Processor').environment).toEqual({
      ACTIVITY_TABLE: '<Activity>',
      AWS_REGION: '<AWS::Region>',
      CLOUDWATCH_NAMESPACE: 'Waybill/dev',
      SCAN_QUEUE_URL: '<ScanQueue>',
      PARCELS_TABLE: '<Parcels>',
      FAILURES_TABLE: '<Failures>',
    });
    expect(taskOf(other, 'Processor').environment).toMatchObject({ RECEIVERS: '8', STOP_TIMEOUT_SECONDS: '110' });
  });

  it('runs first on demand, then on Spot as far as allowed', () => {
    const strategy = (stack: typeof usual) => serviceOf(stack, 'Processor')['CapacityProviderStrategy'];
    expect(strategy(usual)).toEqual([
      { CapacityProvider: 'FARGATE', Base: 1, Weight: 1 },
      { CapacityProvider: 'FARGATE_SPOT', Weight: 99 },
    ]);
    expect(strategy(other)).toEqual([
      { CapacityProvider: 'FARGATE', Base: 1, Weight: 40 },
      { CapacityProvider: 'FARGATE_SPOT', Weight: 60 },
    ]);
    expect(strategy(stackOf(synthesize({ apiUrl, spotShare: 0 }), 'services'))).toEqual([
      { CapacityProvider: 'FARGATE', Base: 1, Weight: 100 },
    ]);
  });

  it('keeps the number of tasks of scaling when it is deployed', () => {
    expect(serviceOf(usual, 'Processor')).not.toHaveProperty('DesiredCount');
  });
});

describe('the task of operators', () => {
  const { properties, container, environment } = taskOf(usual, 'OperatorTask');

  it('is run by nobody, and costs nothing, until a person starts it', () => {
    expect(properties['Family']).toBe('waybill-dev-operator');
    expect(
      Object.keys(usual.resources)
        .filter((id) => id.startsWith('OperatorTask'))
        .toSorted(),
    ).toEqual(
      Object.entries(usual.resources)
        .filter(([id, { Type }]) => id.startsWith('OperatorTask') && !/Service|Alarm|Rule|Schedule/.test(Type))
        .map(([id]) => id)
        .toSorted(),
    );
  });

  it('is confined as the processes are, with no health check, and all the time to stop that there is', () => {
    expect(properties).toMatchObject({ NetworkMode: 'awsvpc', RequiresCompatibilities: ['FARGATE'] });
    expect(container).toMatchObject({
      Name: 'waybill',
      ReadonlyRootFilesystem: true,
      User: '1000:1000',
      LinuxParameters: { InitProcessEnabled: true, Capabilities: { Drop: ['ALL'] } },
      StopTimeout: 120,
    });
    expect(container).not.toHaveProperty('HealthCheck');
    // The image has the program; a command of ECS takes the place of CMD, not of ENTRYPOINT.
    expect(container).not.toHaveProperty('EntryPoint');
    expect(container).not.toHaveProperty('Command');
  });

  it('knows the queue, the tables, and the feed as the poller reads it', () => {
    expect(environment).toEqual({
      ACTIVITY_TABLE: '<Activity>',
      AWS_REGION: '<AWS::Region>',
      SCAN_API_URL: apiUrl,
      SCAN_QUEUE_URL: '<ScanQueue>',
      PARCELS_TABLE: '<Parcels>',
      CHECKPOINTS_TABLE: '<Checkpoints>',
      FAILURES_TABLE: '<Failures>',
      OPERATIONS_TABLE: '<Operations>',
      BATCHES_TABLE: '<Batches>',
      NOTIFICATIONS_TABLE: 'dev-waybill-notifications',
    });
    expect(taskOf(other, 'OperatorTask').environment).toMatchObject({ SCAN_API_LIMIT: '1000' });
    expect(taskOf(other, 'OperatorTask').container.Secrets.map(({ Name }) => Name)).toEqual([
      'SCAN_API_TOKEN',
      'SCAN_API_HEADERS',
      'SCAN_API_CLIENT_CERT',
      'SCAN_API_CLIENT_KEY',
    ]);
    const named = stackOf(synthesize({ apiUrl, pollerVariables: { FEED: 'other', LOG_LEVEL: 'debug' } }), 'services');
    expect(taskOf(named, 'OperatorTask').environment).toMatchObject({ FEED: 'other' });
    expect(taskOf(named, 'OperatorTask').environment).not.toHaveProperty('LOG_LEVEL');
  });

  it('writes its output to a log of its own, of which no line is lost', () => {
    expect(container['LogConfiguration']).toMatchObject({ LogDriver: 'awslogs', Options: { mode: 'blocking' } });
    const logs = [...resourcesOf(usual, 'AWS::Logs::LogGroup').values()];
    expect(logs).toContainEqual(
      expect.objectContaining({ LogGroupName: '/waybill/dev/operator', RetentionInDays: 30 }),
    );
  });

  it('is left out if the context says so', () => {
    const without = stackOf(synthesize({ apiUrl, operatorTask: false }), 'services');
    expect(Object.keys(without.resources).filter((id) => id.startsWith('Operator'))).toEqual([]);
  });
});

describe('the images', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-images-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const app = new App({ outdir: folder, context: { ...flags, apiUrl, alarmEmail: 'none' } });
  addStacks(app);
  app.synth();
  const staged = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.startsWith('asset.'))
    .map((path) => ({ path: path.replace(/^[^/]+\//, ''), size: statSync(join(folder, path)).size }));

  it('are built from the sources only', () => {
    const paths = staged.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['Dockerfile', 'package-lock.json', 'packages/poller/src/main.ts']));
    expect(paths.filter((path) => /node_modules|\.git\/|coverage|cdk\.out|\.test\.ts$/.test(path))).toEqual([]);
    const bytes = staged.reduce((sum, { size }) => sum + size, 0);
    // A copy of about 1.6 MB for each image; the repository with its packages has hundreds.
    expect(bytes).toBeLessThan(11_000_000);
    expect(paths.length).toBeLessThan(2_600);
  });

  it('are targets of the Dockerfile, for ARM64', () => {
    const assets = z
      .object({
        dockerImages: z.record(
          z.string(),
          z.object({ source: z.object({ dockerBuildTarget: z.string(), platform: z.string() }) }),
        ),
      })
      .parse(JSON.parse(readFileSync(join(folder, 'waybill-dev-services.assets.json'), 'utf8')));
    const sources = Object.values(assets.dockerImages).map(({ source }) => source);
    expect(sources.map(({ dockerBuildTarget }) => dockerBuildTarget).toSorted()).toEqual([
      'operator',
      'poller',
      'processor',
    ]);
    for (const { platform, dockerBuildTarget } of sources) {
      expect(platform).toBe('linux/arm64');
      expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${dockerBuildTarget}$`, 'm'));
    }
  });
});
