import { z } from 'zod';

/** A VPC that is there already; tasks run in its private subnets, which reach the internet. One JSON value, so that synth looks nothing up. */
const importedVpc = z.strictObject({
  vpcId: z.string().regex(/^vpc-[0-9a-f]+$/, 'expected a VPC id, as vpc-0123456789abcdef0'),
  availabilityZones: z.array(z.string()).min(1),
  privateSubnetIds: z
    .array(z.string().regex(/^subnet-[0-9a-f]+$/, 'expected a subnet id, as subnet-0123456789abcdef0'))
    .min(1),
});

export type ImportedVpc = z.infer<typeof importedVpc>;

/** Task sizes that Fargate knows and Waybill may want: vCPU units by MiB of memory. */
const taskSize = z
  .string()
  .regex(
    /^(256\/(512|1024|2048)|512\/(1024|2048|3072|4096)|1024\/(2048|3072|4096))$/,
    'expected a Fargate size, as 256/512',
  )
  .transform((size) => {
    const [cpu = 0, memoryMiB = 0] = size.split('/').map(Number);
    return { cpu, memoryMiB };
  });

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const variables = z.preprocess(
  (value) => (typeof value === 'string' ? JSON.parse(value) : value),
  z.record(z.string(), z.string()),
);

/**
 * Everything that `cdk -c key=value` or `cdk.context.json` may say of a deployment. One deployment mirrors one feed:
 * `environment` is in every name.
 */
const schema = z.strictObject({
  environment: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,15}$/, 'expected 1–16 of a-z, 0-9 and -')
    .default('dev'),
  /** `data` builds the data stack alone: for LocalStack, or to change data apart from the services. */
  stacks: z.enum(['all', 'data']).default('all'),
  /** Data that a `cdk destroy` deletes: for a try-out only. */
  disposable: z.stringbool().default(false),
  alarmEmail: z.email().optional(),
  /** Required for the services. */
  apiUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Name of the Secrets Manager secret whose text is the API's bearer token. */
  apiTokenSecret: z.string().min(1).optional(),
  pollerSize: taskSize.default({ cpu: 256, memoryMiB: 512 }),
  processorSize: taskSize.default({ cpu: 256, memoryMiB: 512 }),
  /** A second poller that stands by. */
  standby: z.stringbool().default(false),
  maxProcessors: whole(1, 100).default(10),
  /** Percent of the processors beyond the first that run on Fargate Spot. */
  spotShare: whole(0, 100).default(100),
  pollerVariables: variables.default({}),
  processorVariables: variables.default({}),
  vpc: z.preprocess((value) => (typeof value === 'string' ? JSON.parse(value) : value), importedVpc).optional(),
});

export type Context = z.infer<typeof schema>;

/** Reads a deployment's context; throws with every wrong value in it. */
export function readContext(contextOf: (key: string) => unknown): Context {
  const given = Object.keys(schema.shape).map((key) => [key, contextOf(key)]);
  return schema.parse(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
}
