import { pollerVariables, readConfig as readPollerConfig } from '@waybill/poller/config.ts';
import { processorVariables, readConfig as readProcessorConfig } from '@waybill/processor/config.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import { z } from 'zod';
import { contextKey, flag, jsonValue, oneOf, shownValue, text, wholeNumber } from './context-key.ts';
import { variablesOf } from './process-variables.ts';

/** A VPC that is there already; tasks run in its private subnets, which reach the internet. */
const importedVpc = z
  .strictObject({
    vpcId: text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'a VPC id, as `vpc-0123456789abcdef0`'),
    availabilityZones: z.array(text(/^[a-z0-9-]+$/, 'an availability zone, as `eu-west-1a`')).min(1),
    privateSubnetIds: z
      .array(text(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, 'a subnet id, as `subnet-0123456789abcdef0`'))
      .min(1),
  })
  .refine((vpc) => vpc.privateSubnetIds.length === vpc.availabilityZones.length, {
    path: ['privateSubnetIds'],
    message: 'expected as many as there are availabilityZones, in their order',
  });

export type ImportedVpc = z.infer<typeof importedVpc>;

/** MiB of memory that Fargate takes with each number of vCPU units, as far as Waybill may want them. */
const memoryOf: Readonly<Record<string, readonly number[]>> = {
  '256': [512, 1024, 2048],
  '512': [1024, 2048, 3072, 4096],
  '1024': [2048, 3072, 4096],
};

function taskSize(meaning: string) {
  return contextKey({
    meaning,
    allowed: 'vCPU units and MiB that Fargate knows: `256/512` … `1024/4096`',
    default: { cpu: 256, memoryMiB: 512 },
    shownDefault: '`256/512`',
    read: (value) => {
      const [cpu = '', memory = ''] = typeof value === 'string' ? value.split('/') : [];
      const memoryMiB = memoryOf[cpu]?.find((size) => String(size) === memory);
      return memoryMiB === undefined ? undefined : { cpu: Number(cpu), memoryMiB };
    },
  });
}

/** The highest `maxProcessors`. */
export const mostProcessors = 100;

/** Every key of the context: `docs/deployment-context.md` is made of it. */
export const contextKeys = {
  environment: contextKey({
    meaning: 'in every name; one environment mirrors one feed',
    allowed: '1–16 of `a-z`, `0-9` and single `-` between them, a letter first',
    default: 'dev',
    read: (value) => (typeof value === 'string' && /^(?=.{1,16}$)[a-z](-?[a-z0-9])*$/.test(value) ? value : undefined),
  }),
  stacks: oneOf(['all', 'data'], {
    meaning: '`data` leaves the services out: for LocalStack, or to deploy data apart',
    default: 'all',
  }),
  disposable: flag({
    meaning: 'true: `cdk destroy` deletes the data too. For try-outs and LocalStack only',
    default: false,
  }),
  bootstrapped: flag({
    meaning:
      'false: the data stack goes where `cdk bootstrap` was not run, with the rights of whoever deploys. For LocalStack',
    default: true,
  }),
  apiUrl: contextKey({
    meaning: "the Scan Event API's endpoint, as `https://host/v1/scans/scanevents`",
    allowed: 'an http(s) URL without user or password',
    shownDefault: 'required unless `stacks=data`',
    // As the poller itself reads it.
    read: (value) => pollerVariables.SCAN_API_URL.safeParse(value).data,
  }),
  apiTokenSecret: contextKey({
    meaning: "name of the Secrets Manager secret whose text is the API's bearer token",
    // Secrets Manager takes such an end for the six characters that it puts behind the name in an ARN (CreateSecret, Name).
    allowed: 'a name, 1–512 of `A-Za-z0-9/_+=.@-`, not ending in `-` and six more; no ARN',
    read: (value) =>
      typeof value === 'string' && /^(?!.*-.{6}$)[A-Za-z0-9/_+=.@-]{1,512}$/.test(value) ? value : undefined,
  }),
  alarmEmail: contextKey({
    meaning: 'is told of alarms, once the address has confirmed',
    allowed: 'an e-mail address',
    read: (value) => z.email().safeParse(value).data,
  }),
  runbookUrl: contextKey({
    meaning: 'where readers of an alarm find the runbook: its place in your repository, or a URL',
    allowed: 'text without spaces and `#`',
    default: 'infra/RUNBOOK.md',
    read: (value) => (typeof value === 'string' && /^[^\s#]{1,300}$/.test(value) ? value : undefined),
  }),
  pollerSize: taskSize('of a poller'),
  processorSize: taskSize('of a processor'),
  standby: flag({ meaning: 'true: a second poller stands by', default: false }),
  maxProcessors: wholeNumber({ meaning: 'that scaling starts at most', min: 1, max: mostProcessors, default: 10 }),
  spotShare: wholeNumber({
    meaning: 'percent of the processors beyond the first that run on Fargate Spot',
    min: 0,
    max: 100,
    default: 100,
  }),
  pollerVariables: variablesOf('poller', Object.keys(pollerVariables), readPollerConfig),
  processorVariables: variablesOf('processor', Object.keys(processorVariables), readProcessorConfig),
  vpc: jsonValue(importedVpc, {
    meaning: 'a VPC to run in; its private subnets must reach the internet. Nothing is looked up',
    allowed: '`{"vpcId", "availabilityZones": […], "privateSubnetIds": […]}`, a subnet for each zone',
    shownDefault: 'a VPC of its own: public subnets, no NAT, nothing let in',
  }),
};

const schema = z.object(contextKeys);

/** What `cdk -c key=value`, `cdk.json` and `cdk.context.json` say of a deployment. */
export type Context = z.infer<typeof schema>;

/**
 * Reads a deployment's context from everything that the CDK holds as context. Throws `CONFIG_INVALID` with every wrong
 * key in it, a line each, with what was expected and what came; a key that nothing reads is wrong too.
 */
export function readContext(given: Readonly<Record<string, unknown>>): Context {
  // Every key is there, if only as undefined, so that each schema gets to give its default.
  const result = schema.safeParse(Object.fromEntries(Object.keys(contextKeys).map((key) => [key, given[key]])));
  const lines = [
    ...(result.error?.issues ?? []).map(({ path, message }) => `  ${path.join('.')} ${message}`),
    ...whatServicesNeed(given),
    ...unknownKeys(given).map((key) => `  ${key} is no key of this app, got ${shownValue(given[key])}`),
  ];
  if (result.success && lines.length === 0) return result.data;
  throw new WaybillError(
    'CONFIG_INVALID',
    `The context is wrong (docs/deployment-context.md; -c key=value or infra/cdk.context.json):\n${lines.join('\n')}`,
  );
}

/** Looks at what was given, so that it is said together with whatever else is wrong. */
function whatServicesNeed(given: Readonly<Record<string, unknown>>): string[] {
  if (contextKeys.stacks.safeParse(given['stacks']).data !== 'all') return [];
  const url = contextKeys.apiUrl.safeParse(given['apiUrl']);
  const lines: string[] = [];
  if (url.success && url.data === undefined)
    lines.push("  apiUrl is required for the services: the Scan Event API's endpoint (stacks=data goes without)");
  if (contextKeys.bootstrapped.safeParse(given['bootstrapped']).data === false)
    lines.push(
      '  bootstrapped=false is for stacks=data: the images of the services are put where `cdk bootstrap` made room',
    );
  return lines;
}

/** The CDK's own keys (feature flags, what it looked up) all hold a colon or a dash; a plain word was meant for this app. */
function unknownKeys(given: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(given).filter((key) => /^[A-Za-z0-9_]+$/.test(key) && !Object.hasOwn(contextKeys, key));
}

/** Whether an error is {@link readContext}'s. */
export function isContextError(error: unknown): error is WaybillError {
  return hasCode(error, 'CONFIG_INVALID');
}
