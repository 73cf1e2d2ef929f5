import { apiVariables, readConfig as readApiConfig } from '@waybill/api/config.ts';
import { pollerVariables, readConfig as readPollerConfig } from '@waybill/poller/config.ts';
import { processorVariables, readConfig as readProcessorConfig } from '@waybill/processor/config.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import type { IndexSettings } from '@waybill/shared/resources.ts';
import { z } from 'zod';
import { contextKey, flag, jsonValue, oneOf, readFlag, shownValue, text, wholeNumber } from './context-key.ts';
import { variablesOf } from './process-variables.ts';
import { secretNameAllowed, secretNamePattern } from './secret-name.ts';
import { notifySweepKey, webhooksKey } from './webhooks.ts';

/** An existing VPC. Tasks run in its private subnets, which must reach the internet. */
const importedVpc = z
  .strictObject({
    vpcId: text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'a VPC id, like `vpc-0123456789abcdef0`'),
    availabilityZones: z.array(text(/^[a-z0-9-]+$/, 'an availability zone, like `eu-west-1a`')).min(1),
    privateSubnetIds: z
      .array(text(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, 'a subnet id, like `subnet-0123456789abcdef0`'))
      .min(1),
  })
  .refine((vpc) => vpc.privateSubnetIds.length === vpc.availabilityZones.length, {
    path: ['privateSubnetIds'],
    message: 'expected one for each of the availabilityZones, in the same order',
  });

export type ImportedVpc = z.infer<typeof importedVpc>;

/** MiB of memory that Fargate allows with each number of vCPU units, as far as Waybill may need them. */
const memoryOf: Readonly<Record<string, readonly number[]>> = {
  '256': [512, 1024, 2048],
  '512': [1024, 2048, 3072, 4096],
  '1024': [2048, 3072, 4096],
};

function taskSize(meaning: string) {
  return contextKey({
    meaning,
    allowed: 'vCPU units and MiB that Fargate allows: `256/512` … `1024/4096`',
    default: { cpu: 256, memoryMiB: 512 },
    shownDefault: '`256/512`',
    read: (value) => {
      const [cpu = '', memory = ''] = typeof value === 'string' ? value.split('/') : [];
      const memoryMiB = memoryOf[cpu]?.find((size) => String(size) === memory);
      return memoryMiB === undefined ? undefined : { cpu: Number(cpu), memoryMiB };
    },
  });
}

function secretName(meaning: string) {
  return contextKey({
    meaning,
    allowed: secretNameAllowed,
    read: (value) => (typeof value === 'string' && secretNamePattern.test(value) ? value : undefined),
  });
}

/** The highest `maxProcessors`. */
export const mostProcessors = 100;

/** Every key of the context. `docs/deployment-context.md` is made from it. */
export const contextKeys = {
  environment: contextKey({
    meaning: 'part of every name; one environment mirrors one feed',
    allowed: '1–16 of `a-z`, `0-9` and single `-` between them, beginning with a letter',
    default: 'dev',
    read: (value) => (typeof value === 'string' && /^(?=.{1,16}$)[a-z](-?[a-z0-9])*$/.test(value) ? value : undefined),
  }),
  stacks: oneOf(['all', 'data'], {
    meaning: '`data` leaves the services out: for LocalStack, or to deploy the data stack separately',
    default: 'all',
  }),
  disposable: flag({
    meaning: 'true: `cdk destroy` also deletes the data. Only for tests and LocalStack',
    default: false,
  }),
  bootstrapped: flag({
    meaning:
      'false: the data stack can be deployed without `cdk bootstrap`, with the rights of the person who deploys. For LocalStack',
    default: true,
  }),
  apiUrl: contextKey({
    meaning: "the Scan Event API's endpoint, like `https://host/v1/scans/scanevents`",
    allowed: 'an http(s) URL without user or password',
    shownDefault: 'required unless `stacks=data`',
    // The poller itself reads it in the same way.
    read: (value) => pollerVariables.SCAN_API_URL.safeParse(value).data,
  }),
  apiTokenSecret: secretName("name of the Secrets Manager secret that holds the Scan Event API's bearer token as text"),
  alarmEmail: contextKey({
    meaning: 'address that gets the alarms, after it has confirmed the subscription',
    allowed: 'an e-mail address',
    read: (value) => z.email().safeParse(value).data,
  }),
  runbookUrl: contextKey({
    meaning: 'where readers of an alarm find the runbook: a path in your repository, or a URL',
    allowed: 'text without spaces and `#`',
    default: 'infra/RUNBOOK.md',
    read: (value) => (typeof value === 'string' && /^[^\s#]{1,300}$/.test(value) ? value : undefined),
  }),
  quietHours: wholeNumber({
    meaning:
      'hours without a new event that are normal, as over a weekend; longer ones raise the alarm `feed-silent`. 0: no such alarm',
    min: 0,
    max: 720,
    default: 48,
  }),
  api: flag({
    meaning:
      "true: Waybill's own [API](../infra/RUNBOOK.md#switch-the-api-on-or-off) is deployed, for queries and pushed events",
    default: false,
  }),
  apiCallersSecret: secretName(
    'name of the Secrets Manager secret that holds `API_TOKENS`: [who may call the API](../infra/RUNBOOK.md#rotate-a-token-of-the-api). Required with `api`',
  ),
  apiPushersSecret: secretName(
    'name of the secret that holds `INGEST_SECRETS`: who may push events by signature, without a token',
  ),
  openIndex: contextKey({
    meaning:
      'true: the parcels table has the index `open-parcels` of what is not delivered: 2 write units a parcel in its life. It can be added to a [table in use](../infra/RUNBOOK.md#add-the-index-of-open-parcels). The API needs it to list open parcels',
    allowed: '`true` or `false`',
    shownDefault: 'the value of `api`',
    read: readFlag,
  }),
  parcelStream: flag({
    meaning:
      'true: the parcels table has a DynamoDB stream with new and old images, for programs of your own; the output `ParcelStreamArn` names it',
    default: false,
  }),
  pollerSize: taskSize('CPU and memory of a poller'),
  processorSize: taskSize('CPU and memory of a processor'),
  apiSize: taskSize('CPU and memory of a task of the API'),
  notifierSize: taskSize('CPU and memory of a notifier'),
  standby: flag({ meaning: 'true: a second poller runs on standby', default: false }),
  maxProcessors: wholeNumber({
    meaning: 'processors that scaling runs at most',
    min: 1,
    max: mostProcessors,
    default: 10,
  }),
  spotShare: wholeNumber({
    meaning: 'percent of the processors beyond the first, and of the notifiers of a webhook, that run on Fargate Spot',
    min: 0,
    max: 100,
    default: 100,
  }),
  maxApiTasks: wholeNumber({
    meaning: 'tasks of the API that scaling runs at most; two run always',
    min: 2,
    max: 20,
    default: 6,
  }),
  apiRequestsPerSecond: wholeNumber({
    meaning: 'requests of all callers of the API together that API Gateway passes on; 429 beyond',
    min: 1,
    max: 10_000,
    default: 200,
  }),
  operatorTask: flag({
    meaning:
      'true: a task definition with which `waybill` can be [run on Fargate](../infra/RUNBOOK.md#run-waybill-as-a-task). It costs nothing while it does not run',
    default: true,
  }),
  webhooks: webhooksKey,
  notifySweep: notifySweepKey,
  maxNotifiers: wholeNumber({
    meaning: 'notifiers of each webhook that scaling runs at most',
    min: 1,
    max: 20,
    default: 4,
  }),
  pollerVariables: variablesOf('poller', Object.keys(pollerVariables), readPollerConfig),
  processorVariables: variablesOf('processor', Object.keys(processorVariables), readProcessorConfig),
  apiVariables: variablesOf('API', Object.keys(apiVariables), readApiConfig),
  vpc: jsonValue(importedVpc, {
    meaning:
      'an existing VPC to run in; its private subnets must reach the internet. The app does not look anything up',
    allowed: '`{"vpcId", "availabilityZones": […], "privateSubnetIds": […]}`, one subnet per zone',
    shownDefault: 'its own VPC: public subnets, no NAT, no inbound traffic',
  }),
};

const schema = z.object(contextKeys);

/** The settings of a deployment from `cdk -c key=value`, `cdk.json` and `cdk.context.json`. */
export type Context = Omit<z.infer<typeof schema>, 'openIndex'> & IndexSettings;

/**
 * Reads a deployment's context from everything that the CDK has as context. Throws `CONFIG_INVALID` with one line for every
 * wrong key: what was expected and what was given. A key that nothing reads is wrong too.
 */
export function readContext(given: Readonly<Record<string, unknown>>): Context {
  // Every key is present, if only as undefined, so that each schema can give its default.
  const result = schema.safeParse(Object.fromEntries(Object.keys(contextKeys).map((key) => [key, given[key]])));
  const lines = [
    ...(result.error?.issues ?? []).map(({ path, message }) => `  ${path.join('.')} ${message}`),
    ...missingForServices(given),
    ...unknownKeys(given).map((key) => `  ${key} is not a key of this app, got ${shownValue(given[key])}`),
  ];
  if (result.success && lines.length === 0) {
    const { data } = result;
    return { ...data, openIndex: data.openIndex ?? data.api };
  }
  throw new WaybillError(
    'CONFIG_INVALID',
    `The context is wrong (docs/deployment-context.md; -c key=value or infra/cdk.context.json):\n${lines.join('\n')}`,
  );
}

/** Checks what was given, not what was read, so that all errors are reported together. */
function missingForServices(given: Readonly<Record<string, unknown>>): string[] {
  if (contextKeys.stacks.safeParse(given['stacks']).data !== 'all') return [];
  const url = contextKeys.apiUrl.safeParse(given['apiUrl']);
  const lines: string[] = [];
  if (url.success && url.data === undefined)
    lines.push("  apiUrl is required for the services: the Scan Event API's endpoint (not needed with stacks=data)");
  const callers = contextKeys.apiCallersSecret.safeParse(given['apiCallersSecret']);
  if (contextKeys.api.safeParse(given['api']).data && callers.success && callers.data === undefined)
    lines.push(
      '  apiCallersSecret is required with api=true: the name of the secret with the tokens that the API lets in',
    );
  const sweep = contextKeys.notifySweep.safeParse(given['notifySweep']);
  if (sweep.success && sweep.data !== undefined) {
    const webhooks = contextKeys.webhooks.safeParse(given['webhooks']);
    if (webhooks.success && webhooks.data.length === 0) lines.push('  notifySweep needs webhooks');
    if (contextKeys.operatorTask.safeParse(given['operatorTask']).data === false)
      lines.push('  notifySweep needs operatorTask=true: the task runs `waybill`');
  }
  if (contextKeys.bootstrapped.safeParse(given['bootstrapped']).data === false)
    lines.push(
      '  bootstrapped=false needs stacks=data: images of the services are pushed to a repository that `cdk bootstrap` creates',
    );
  return lines;
}

/** The CDK's own keys (feature flags, results of look-ups) all have a colon or a dash. A plain word was meant for this app. */
function unknownKeys(given: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(given).filter((key) => /^[A-Za-z0-9_]+$/.test(key) && !Object.hasOwn(contextKeys, key));
}

/** Whether an error comes from {@link readContext}. */
export function isContextError(error: unknown): error is WaybillError {
  return hasCode(error, 'CONFIG_INVALID');
}
