import { WaybillError } from '@waybill/shared/error.ts';
import type { Proxies } from '@waybill/shared/http/proxies.ts';
import { httpUrl, oneOf, pattern, wholeNumber, withLowerCase } from '@waybill/shared/process/env.ts';
import { commonVariables } from '@waybill/shared/process/process-config.ts';
import { type Program, readProgramFlags } from '@waybill/shared/process/program.ts';
import { proxiesIn, proxyVariables } from '@waybill/shared/process/proxy-variables.ts';
import { z } from 'zod';

/** The options of `npm run provision`. */
export type ProvisionerOptions = {
  /** Undefined: AWS itself, as `--aws` asks. */
  readonly endpoints: Endpoints | undefined;
  readonly region: string;
  readonly prefix: string;
  readonly fix: boolean;
  /** Prints the variables alone to standard output, for a shell. */
  readonly isExport: boolean;
  /** Whether the parcels table is to have the index of open parcels. */
  readonly openIndex: boolean;
  readonly proxies: Proxies;
  /** Seconds that the engine may take to answer. */
  readonly waitSeconds: number;
};

export type Endpoints = { readonly sqs: string; readonly dynamodb: string };

export const program = {
  command: 'npm run provision',
  says: `Creates Waybill's queues and tables on the engine that AWS_ENDPOINT_URL (or AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_DYNAMODB) names, and prints the variables that the processes need. Existing queues and tables are not changed; a setting that differs is printed as DRIFT.

For an engine on this machine the variables say also where npm run scan-api and npm run receiver are started, and a token of the API, unless the shell has others.`,
  flags: {
    prefix: {
      type: 'string',
      placeholder: 'TEXT',
      says: 'beginning of every name, so that deployments share an engine',
    },
    fix: { type: 'boolean', says: 'corrects drift, where no data is lost by it' },
    'open-index': {
      type: 'string',
      placeholder: 'on|off',
      says: 'whether the parcels table must have the index of open parcels (default on; with --aws off, because there it costs money)',
    },
    wait: {
      type: 'string',
      placeholder: 'SECONDS',
      says: 'how long to wait for an engine to start, 0–600 (default 60)',
    },
    aws: { type: 'boolean', says: 'creates them on AWS itself; infra/ does it with the CDK' },
    export: {
      type: 'boolean',
      says: 'prints the variables alone to standard output, as lines for bash and zsh, and the report to standard error',
    },
  },
  examples: [
    { line: 'AWS_ENDPOINT_URL=http://127.0.0.1:4566 npm run provision', says: 'with AWS_REGION and any keys' },
    {
      line: 'npm run --silent provision -- --export > waybill.env',
      says: 'and in each terminal: . ./waybill.env',
    },
  ],
  exitCode: '0 no drift, 1 drift or a failure, 2 wrong flags or variables, 130 after Ctrl-C.',
  docs: ['README.md#on-localstack', 'docs/data-model.md'],
} as const satisfies Program;

type Environment = Readonly<Record<string, string | undefined>>;

const schema = z.object({
  AWS_REGION: commonVariables.AWS_REGION,
  AWS_ENDPOINT_URL: commonVariables.AWS_ENDPOINT_URL,
  AWS_ENDPOINT_URL_SQS: httpUrl({ default: '', meaning: '' }),
  AWS_ENDPOINT_URL_DYNAMODB: httpUrl({ default: '', meaning: '' }),
  ...proxyVariables,
  '--prefix': pattern(/^[A-Za-z0-9_-]{0,40}$/, { allowed: 'up to 40 of A-Za-z0-9_-', default: '', meaning: '' }),
  '--open-index': oneOf(['on', 'off'], { default: 'on', meaning: '' }),
  '--wait': wholeNumber({ min: 0, max: 600, default: 60, meaning: '' }),
});

/** Reads flags and environment. Throws `CONFIG_INVALID` with every mistake. */
export function readCommandLine(args: readonly string[], env: Environment): ProvisionerOptions | 'help' {
  const given = readProgramFlags<typeof program.flags>(program, args);
  if (given === 'help') return 'help';
  const { values, problems } = given;
  const isAws = values.has('aws');
  const result = schema.safeParse({
    ...withLowerCase(env),
    '--prefix': values.get('prefix'),
    '--open-index': values.get('open-index') ?? (isAws ? 'off' : 'on'),
    '--wait': values.get('wait'),
  });
  const wrong = result.error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];
  const endpoints = {
    sqs: env['AWS_ENDPOINT_URL_SQS'] || env['AWS_ENDPOINT_URL'] || '',
    dynamodb: env['AWS_ENDPOINT_URL_DYNAMODB'] || env['AWS_ENDPOINT_URL'] || '',
  };
  const all = [...problems, ...wrong, ...(isAws ? strayEndpoints(endpoints) : missing(endpoints, env))];
  if (!result.data || all.length > 0) {
    throw new WaybillError(
      'CONFIG_INVALID',
      `Nothing was created, the options are wrong (npm run provision -- --help):\n${all.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  return {
    endpoints: isAws ? undefined : endpoints,
    region: result.data.AWS_REGION,
    prefix: result.data['--prefix'],
    fix: values.has('fix'),
    proxies: proxiesIn(result.data),
    isExport: values.has('export'),
    openIndex: result.data['--open-index'] === 'on',
    waitSeconds: result.data['--wait'],
  };
}

/** An engine must be named: otherwise this would change whatever account the shell can reach. */
function missing(endpoints: Endpoints, env: Environment): string[] {
  const names = { sqs: 'AWS_ENDPOINT_URL_SQS', dynamodb: 'AWS_ENDPOINT_URL_DYNAMODB' } as const;
  const problems = (['sqs', 'dynamodb'] as const).flatMap((service) => {
    const url = URL.parse(endpoints[service]);
    if (url === null && endpoints[service] === '')
      return [`${names[service]} (or AWS_ENDPOINT_URL) is required, or --aws`];
    const isAws = url !== null && /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/.test(url.hostname);
    return isAws ? [`${names[service]} is AWS itself: give --aws instead if you mean it`] : [];
  });
  const hasKeys = env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY'];
  if (!hasKeys && !env['AWS_PROFILE'])
    problems.push('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are required: any text will do');
  return problems;
}

function strayEndpoints(endpoints: Endpoints): string[] {
  return endpoints.sqs || endpoints.dynamodb ? ['--aws: expected no AWS_ENDPOINT_URL variable set'] : [];
}
