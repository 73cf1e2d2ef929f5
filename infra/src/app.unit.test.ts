import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Stack, Validations } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { documentedCommands } from '../test/documented-commands.ts';
import { readContext } from './context/context.ts';
import { isSetByTheStack } from './context/process-variables.ts';
import { flags, stackOf, synthesize } from './synthesis/synthesize.ts';

const apiUrl = 'https://carrier.example/v1/scans/scanevents';
const everything = {
  environment: 'prod',
  apiUrl,
  apiOauthSecret: 'waybill/prod/api-oauth',
  apiHeadersSecret: 'waybill/prod/api-headers',
  apiClientCertSecret: 'waybill/prod/client-certificate',
  alarmEmail: 'ops@example.com',
  api: true,
  apiCallersSecret: 'waybill/prod/callers',
  apiPushersSecret: 'waybill/prod/pushers',
  parcelStream: true,
  capacity: 'provisioned',
  eventsPerSecond: 1000,
  backupVaultArn: 'arn:aws:backup:eu-west-1:111122223333:backup-vault:waybill-prod',
  runbookUrl: 'https://wiki.example/waybill',
  pollerSize: '512/1024',
  processorSize: '1024/2048',
  standby: true,
  maxProcessors: 40,
  spotShare: 50,
  pollerVariables: { SCAN_API_LIMIT: 1000 },
  processorVariables: { RECEIVERS: 8, STOP_TIMEOUT_SECONDS: 60 },
  apiSize: '512/1024',
  maxApiTasks: 4,
  apiRequestsPerSecond: 500,
  apiVariables: { API_REQUESTS_PER_SECOND: 20 },
  vpc: {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  },
};

const usual = synthesize({ apiUrl });

describe('the usual deployment', () => {
  it('is a stack of data and a stack of services', () => {
    expect(usual.stacks.map(({ name }) => name)).toEqual(['waybill-dev-data', 'waybill-dev-services']);
  });

  it.each(usual.stacks)('$name is as its snapshot shows it', async ({ name, template }) => {
    // Hashes of images change with every source file, not with the infrastructure.
    const text = JSON.stringify(template.toJSON(), null, 2).replace(/\b[0-9a-f]{64}\b/g, '<hash>');
    await expect(`${text}\n`).toMatchFileSnapshot(`../snapshots/${name}.snap`);
  });

  it('names no account and no region', () => {
    const text = JSON.stringify(usual.stacks.map(({ template }) => template.toJSON()));
    expect(text).not.toMatch(/\b\d{12}\b|\b(eu|us|ap|sa|ca|af|me)-[a-z]+-\d\b/);
  });
});

it('the context may not set what the services stack sets in a task', () => {
  const named = z.array(z.object({ Name: z.string() })).default([]);
  const task = z.object({ ContainerDefinitions: z.array(z.object({ Environment: named, Secrets: named })) });
  const set = Object.values(stackOf(synthesize({ ...everything, vpc: undefined }), 'services').resources)
    .filter(({ Type }) => Type === 'AWS::ECS::TaskDefinition')
    .flatMap(({ Properties }) => task.parse(Properties).ContainerDefinitions)
    .flatMap(({ Environment, Secrets }) => [...Environment, ...Secrets].map(({ Name }) => Name));
  expect(set).toEqual(
    expect.arrayContaining([
      'SCAN_API_URL',
      'SCAN_API_OAUTH',
      'SCAN_API_HEADERS',
      'SCAN_API_CLIENT_CERT',
      'SCAN_API_CLIENT_KEY',
      'SCAN_QUEUE_URL',
      'AWS_REGION',
      'API_TOKENS',
      'INGEST_SECRETS',
    ]),
  );
  const chosen = Object.keys({
    ...everything.pollerVariables,
    ...everything.processorVariables,
    ...everything.apiVariables,
  });
  expect(set.filter((name) => !isSetByTheStack(name) && !chosen.includes(name))).toEqual([]);
});

describe.each<[string, Record<string, unknown>]>([
  ['the usual deployment', { apiUrl }],
  ['the API', { apiUrl, api: 'true', apiCallersSecret: 'waybill/callers' }],
  ['everything', everything],
  ['data alone', { stacks: 'data' }],
  ['an index and a stream', { apiUrl, openIndex: 'true', parcelStream: 'true' }],
  ['a disposable deployment', { apiUrl, disposable: 'true' }],
  ['LocalStack', { stacks: 'data', disposable: 'true', bootstrapped: 'false' }],
  ['a standby', { apiUrl, standby: 'true' }],
  ['an existing VPC', { apiUrl, vpc: JSON.stringify(everything.vpc) }],
  ['no Spot', { apiUrl, spotShare: '0' }],
  ['a single processor', { apiUrl, maxProcessors: '1' }],
])('%s', (_, context) => {
  it('passes cdk-nag, the rules of CloudFormation and the warnings of the CDK', () => {
    expect(synthesize(context).findings).toEqual([]);
  });
});

describe('the documentation', () => {
  const commands = documentedCommands();

  it('shows commands', () => {
    expect(commands.length).toBeGreaterThan(3);
  });

  it('shows a context for the workflows that is read', () => {
    const page = readFileSync(new URL('../../.github/workflows/README.md', import.meta.url), 'utf8');
    const [, shown = ''] = /`(\{"environment".*?\})`/.exec(page) ?? [];
    expect(readContext(JSON.parse(shown))).toMatchObject({ environment: 'prod' });
  });

  it('shows how to begin', () => {
    expect(commands.map(({ command }) => command)).toContainEqual(expect.stringMatching(/\bcdk bootstrap\b/));
  });

  it.each(commands)('has one in $page that synthesizes: $command', ({ context }) => {
    // They are complete: they say who gets the alarms, too.
    expect(synthesize({ alarmEmail: undefined, ...context }).findings).toEqual([]);
  });
});

describe('a finding', () => {
  it('of cdk-nag, of the rules of CloudFormation and of the CDK is seen by these tests', () => {
    const { findings } = synthesize({}, (app) => {
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
      const stack = new Stack(app, 'careless');
      new Topic(stack, 'Topic');
      new Stack(app, 'empty');
    });
    expect(findings).toEqual([
      expect.stringContaining('AwsSolutions-SNS3 at careless/Topic/Resource'),
      expect.stringContaining('F0001 at empty'),
    ]);
  });
});

it('the feature flags are those that the CDK recommends, except the references between stacks', () => {
  const recommended = createRequire(import.meta.url).resolve('aws-cdk-lib/recommended-feature-flags.json');
  expect(flags).toEqual({
    ...JSON.parse(readFileSync(recommended, 'utf8')),
    // With an export the data stack cannot be deleted while services use it; docs/decisions/0050.
    '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  });
});
