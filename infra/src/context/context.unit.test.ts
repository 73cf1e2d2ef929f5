import { hasCode } from '@waybill/shared/error.ts';
import { describe, expect, it } from 'vitest';
import { contextPage } from '../../test/context-page.ts';
import { contextKeys, readContext as readGiven } from './context.ts';

const apiUrl = 'https://carrier.example/v1/scans/scanevents';
/** Nobody gets the alarms. */
const untold = { alarmEmail: 'none' };
const vpc = {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-89abcdef'],
};

/** Of a context that otherwise says what every deployment says. */
function readContext(given: Record<string, unknown>) {
  return readGiven({ ...untold, ...given });
}

/** The lines with what is wrong. */
function refused(given: Record<string, unknown>): string[] {
  try {
    readContext(given);
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    return error.message.split('\n  ').slice(1);
  }
  return [];
}

describe('a deployment', () => {
  it('needs no more than the URL of the API and who gets the alarms', () => {
    expect(readContext({ apiUrl })).toEqual({
      environment: 'dev',
      stacks: 'all',
      disposable: false,
      bootstrapped: true,
      tags: {},
      apiUrl,
      apiTokenSecret: undefined,
      apiHeadersSecret: undefined,
      apiOauthSecret: undefined,
      apiClientCertSecret: undefined,
      alarmEmail: undefined,
      warningEmail: undefined,
      runbookUrl: 'infra/RUNBOOK.md',
      quietHours: 48,
      api: false,
      apiCallersSecret: undefined,
      apiPushersSecret: undefined,
      openIndex: false,
      parcelStream: false,
      capacity: 'on-demand',
      eventsPerSecond: undefined,
      minWriteUnits: undefined,
      maxWriteUnits: undefined,
      backupVaultArn: undefined,
      backupSchedule: 'cron(0 3 ? * SUN *)',
      backupDays: 35,
      pollerSize: { cpu: 256, memoryMiB: 512 },
      processorSize: { cpu: 256, memoryMiB: 512 },
      apiSize: { cpu: 256, memoryMiB: 512 },
      notifierSize: { cpu: 256, memoryMiB: 512 },
      standby: false,
      maxProcessors: 10,
      spotShare: 100,
      maxApiTasks: 6,
      apiRequestsPerSecond: 200,
      operatorTask: true,
      webhooks: [],
      notifySweep: undefined,
      maxNotifiers: 4,
      pollerVariables: {},
      processorVariables: {},
      apiVariables: {},
      network: 'own',
      zones: undefined,
      vpc: undefined,
    });
  });

  it('of data alone needs nothing', () => {
    expect(readContext({ stacks: 'data' })).toMatchObject({ stacks: 'data', apiUrl: undefined });
    expect(refused({})).toEqual([
      "apiUrl is required for the services: the Scan Event API's endpoint (not needed with stacks=data)",
    ]);
  });

  it('with the API has the index of open parcels, unless it says otherwise', () => {
    const api = { apiUrl, api: 'true', apiCallersSecret: 'waybill/callers' };
    expect(readContext(api)).toMatchObject({ api: true, openIndex: true });
    expect(readContext({ ...api, openIndex: 'false' }).openIndex).toBe(false);
    expect(readContext({ apiUrl, openIndex: 'true' }).openIndex).toBe(true);
    // Its data alone needs no callers: it is deployed first.
    expect(readContext({ stacks: 'data', api: 'true' }).openIndex).toBe(true);
  });

  it('with the API needs to know its callers', () => {
    expect(refused({ apiUrl, api: true })).toEqual([
      'apiCallersSecret is required with api=true: the name of the secret with the tokens that the API lets in',
    ]);
  });

  it('with provisioned capacity needs to know the load, with its data alone too', () => {
    const expected = 'eventsPerSecond is required with capacity=provisioned: the events per second that are expected';
    expect(refused({ apiUrl, capacity: 'provisioned' })).toEqual([expected]);
    expect(refused({ stacks: 'data', capacity: 'provisioned' })).toEqual([expected]);
    expect(refused({ apiUrl, capacity: 'provisioned', eventsPerSecond: 0 })).toEqual([
      'eventsPerSecond expected a whole number 1–40000, got 0',
    ]);
    expect(refused({ apiUrl, minWriteUnits: 20, maxWriteUnits: '10' })).toEqual([
      'minWriteUnits is more than maxWriteUnits: 20 and 10',
    ]);
    expect(readContext({ apiUrl, capacity: 'provisioned', eventsPerSecond: '250' })).toMatchObject({
      capacity: 'provisioned',
      eventsPerSecond: 250,
    });
  });

  it('keeps its backups in a vault of another account, which an ARN names', () => {
    const vault = 'arn:aws:backup:eu-west-1:111122223333:backup-vault:waybill-prod';
    expect(readContext({ apiUrl, backupVaultArn: vault }).backupVaultArn).toEqual({
      arn: vault,
      account: '111122223333',
    });
    expect(refused({ apiUrl, backupVaultArn: 'waybill-prod' })).toEqual([
      'backupVaultArn expected the ARN of a backup vault, got "waybill-prod"',
    ]);
    expect(refused({ apiUrl, backupSchedule: 'daily', backupDays: 0 })).toEqual([
      'backupSchedule expected a schedule of AWS Backup: `cron(0 3 ? * SUN *)` (UTC), got "daily"',
      'backupDays expected a whole number 1–36500, got 0',
    ]);
  });

  it('reads the strings of -c as it reads the values of cdk.json', () => {
    const native = {
      apiUrl,
      disposable: true,
      openIndex: true,
      standby: true,
      maxProcessors: 3,
      spotShare: 0,
      pollerVariables: { SCAN_API_LIMIT: 500, LOG_LEVEL: 'debug' },
      vpc,
    };
    const strings = {
      apiUrl,
      disposable: 'true',
      openIndex: 'true',
      standby: 'true',
      maxProcessors: '3',
      spotShare: '0',
      pollerVariables: '{"SCAN_API_LIMIT": "500", "LOG_LEVEL": "debug"}',
      vpc: JSON.stringify(vpc),
    };
    expect(readContext(strings)).toEqual(readContext(native));
    expect(readContext(native)).toMatchObject({
      disposable: true,
      maxProcessors: 3,
      spotShare: 0,
      pollerVariables: { SCAN_API_LIMIT: '500', LOG_LEVEL: 'debug' },
      vpc,
    });
  });

  it('treats an empty value, which an unset variable of a pipeline gives, as missing', () => {
    expect(readContext({ apiUrl, warningEmail: '', apiTokenSecret: '', vpc: '', environment: '' })).toEqual(
      readContext({ apiUrl }),
    );
  });

  it.each(['256/512', '512/4096', '1024/2048'])('takes the Fargate size %s', (size) => {
    const { processorSize } = readContext({ apiUrl, processorSize: size });
    expect(`${processorSize.cpu}/${processorSize.memoryMiB}`).toBe(size);
  });
});

describe('what is wrong', () => {
  it('is reported all at once, each in a line with what was expected and what was given', () => {
    const lines = refused({
      environment: 'Production!',
      stacks: 'none',
      disposable: 'yes',
      apiUrl: 'https://user:hunter2@carrier.example/',
      apiTokenSecret: 'arn:aws:secretsmanager:eu-west-1:1:secret:x',
      alarmEmail: 'nobody',
      warningEmail: 'ops@',
      runbookUrl: 'infra/RUNBOOK.md',
      bootstrapped: '1',
      pollerSize: '256/4096',
      processorSize: 512,
      standby: 1,
      maxProcessors: 0,
      spotShare: '100.5',
      pollerVariables: '{"LOG_LEVEL": ',
      processorVariables: [],
      vpc: { ...vpc, vpcId: 'subnet-1', privateSubnetIds: ['subnet-89abcdef'] },
      alarmEmial: 'ops@example.com',
    });
    expect(lines).toEqual([
      'environment expected 1–16 of `a-z`, `0-9` and single `-` between them, beginning with a letter, got "Production!"',
      'stacks expected `all` or `data` or `images` or `network`, got "none"',
      'disposable expected `true` or `false`, got "yes"',
      'bootstrapped expected `true` or `false`, got "1"',
      'apiUrl expected an http(s) URL without user or password, got "https://…@carrier.example/"',
      'apiTokenSecret expected a name (not an ARN), 1–512 of `A-Za-z0-9/_+=.@-`, not ending with `-` and six characters, got "arn:aws:secretsmanager:eu-west-1:1:secret:x"',
      'alarmEmail expected an e-mail address, or `none`, got "nobody"',
      'warningEmail expected an e-mail address, or `none`, got "ops@"',
      'runbookUrl expected a URL with http(s), without spaces and `#`, got "infra/RUNBOOK.md"',
      'pollerSize expected vCPU units and MiB that Fargate allows: `256/512` … `1024/4096`, got "256/4096"',
      'processorSize expected vCPU units and MiB that Fargate allows: `256/512` … `1024/4096`, got 512',
      'standby expected `true` or `false`, got 1',
      'maxProcessors expected a whole number 1–100, got 0',
      'spotShare expected a whole number 0–100, got "100.5"',
      'pollerVariables expected JSON, `{"NAME": "value", …}` without those that the stack sets itself, got "{\\"LOG_LEVEL\\": "',
      'processorVariables expected `{"NAME": "value", …}` without those that the stack sets itself, got []',
      'vpc.vpcId expected a VPC id, like `vpc-0123456789abcdef0`, got "subnet-1"',
      'alarmEmial is not a key of this app, got "ops@example.com"',
    ]);
  });

  it('includes a missing apiUrl when other keys are wrong', () => {
    expect(refused({ spotShare: 101 })).toEqual([
      expect.stringMatching(/^spotShare /),
      expect.stringMatching(/^apiUrl is required/),
    ]);
  });

  it.each(['dev-', 'dev--2', '-dev', '2dev', 'Dev', 'seventeen-letters', 'de\nv'])(
    'is an environment %j',
    (environment) => {
      expect(refused({ apiUrl, environment })).toEqual([expect.stringMatching(/^environment expected /)]);
    },
  );

  it.each(['d', 'dev-2', 'sixteen-letters1'])('is not an environment %j', (environment) => {
    expect(readContext({ apiUrl, environment }).environment).toBe(environment);
  });

  it('is two bearer tokens, or a certificate without TLS', () => {
    expect(refused({ apiUrl, apiTokenSecret: 'carrier/token', apiOauthSecret: 'carrier/oauth' })).toEqual([
      'apiOauthSecret cannot be combined with apiTokenSecret: the poller shows one bearer token',
    ]);
    expect(refused({ apiUrl: 'http://carrier.example/', apiClientCertSecret: 'carrier/client' })).toEqual([
      'apiClientCertSecret needs an https apiUrl: there is no TLS over http',
    ]);
  });

  it('is a secret whose name ends like an ARN of another one', () => {
    for (const apiTokenSecret of ['waybill-a1B2c3', 'my-secret', 'carrier/api-key/x1'])
      expect(refused({ apiUrl, apiTokenSecret })).toEqual([expect.stringMatching(/^apiTokenSecret expected /)]);
    for (const apiTokenSecret of ['waybill/api-token', 'my-secrets', 'secret', 'a1B2c3'])
      expect(readContext({ apiUrl, apiTokenSecret }).apiTokenSecret).toBe(apiTokenSecret);
  });

  it('in an otherwise right VPC is a zone without its subnet', () => {
    expect(refused({ apiUrl, vpc: { ...vpc, privateSubnetIds: ['subnet-89abcdef'] } })).toEqual([
      'vpc.privateSubnetIds expected one for each of the availabilityZones, in the same order',
    ]);
  });

  it('in a VPC is no subnet, or subnets of both kinds', () => {
    const { privateSubnetIds, ...rest } = vpc;
    const either = 'vpc expected either `privateSubnetIds` or `publicSubnetIds`: tasks run in one kind of subnet';
    expect(refused({ apiUrl, vpc: rest })).toEqual([either]);
    expect(refused({ apiUrl, vpc: { ...vpc, publicSubnetIds: privateSubnetIds } })).toEqual([either]);
    expect(refused({ apiUrl, vpc: { ...rest, publicSubnetIds: ['subnet-89abcdef'] } })).toEqual([
      'vpc.publicSubnetIds expected one for each of the availabilityZones, in the same order',
    ]);
    expect(refused({ apiUrl, vpc: { ...rest, publicSubnetIds: privateSubnetIds } })).toEqual([]);
  });

  it('is a zone twice, of two regions, or no zone of a region', () => {
    expect(refused({ apiUrl, zones: ['eu-west-1a', 'eu-west-1a', 'eu-west-2b', 'us-west-2-lax-1a'] })).toEqual([
      expect.stringMatching(/^zones\.3 expected a zone of a region, like `eu-west-1a`/),
    ]);
    expect(refused({ apiUrl, zones: '["eu-west-1a", "eu-west-1a", "eu-west-2b"]' })).toEqual([
      'zones.1 is there twice: eu-west-1a',
      'zones.2 is of another region than eu-west-1a: eu-west-2b',
    ]);
    expect(refused({ apiUrl, zones: ['us-gov-west-1a', 'us-gov-west-1b'] })).toEqual([]);
  });

  it('is a network that is chosen in two ways', () => {
    expect(refused({ apiUrl, vpc, network: 'shared', zones: ['eu-west-1a'] })).toEqual([
      'network=shared and vpc exclude each other: a VPC is imported, or that of waybill-network is used',
      'zones and vpc exclude each other: an imported VPC has its zones in vpc.availabilityZones',
    ]);
  });

  it('is to deploy images without a bootstrapped account', () => {
    expect(refused({ apiUrl, bootstrapped: 'false' })).toEqual([
      'bootstrapped=false needs stacks=data: images of the services are pushed to a repository that `cdk bootstrap` creates',
    ]);
    expect(refused({ stacks: 'data', bootstrapped: 'false' })).toEqual([]);
  });

  it('is never a key of the CDK itself, nor a result of its look-ups', () => {
    const own = {
      '@aws-cdk/core:checkSecretUsage': true,
      'aws:cdk:enable-path-metadata': true,
      'availability-zones:account=1:region=eu-west-1': ['eu-west-1a'],
      'acknowledged-issue-numbers': [1],
    };
    expect(refused({ apiUrl, ...own })).toEqual([]);
  });
});

describe('who gets the alarms', () => {
  const said =
    'alarmEmail is required: the address that gets the alarms, or `none` if something else subscribes to their topics (not needed with disposable=true)';
  const linked = 'runbookUrl is required with an address: the URL of the runbook, which each alarm links';
  const runbookUrl = 'https://git.example/waybill/infra/RUNBOOK.md';
  const told = (given: Record<string, unknown>) => {
    const { alarmEmail, warningEmail } = readContext(given);
    return { alarmEmail, warningEmail };
  };

  it.each([{ stacks: 'data' }, { apiUrl }])('must be said, unless the deployment is disposable: %o', (given) => {
    for (const alarmEmail of [undefined, '']) expect(refused({ ...given, alarmEmail })).toEqual([said]);
    expect(refused({ ...given, alarmEmail: undefined, disposable: true })).toEqual([]);
    for (const stacks of ['images', 'network'])
      expect(refused({ ...given, alarmEmail: undefined, stacks }).filter((line) => line.startsWith('alarm'))).toEqual([]);
    expect(refused({ ...given, alarmEmail: 'none' })).toEqual([]);
  });

  it('is reported as missing together with everything else that is', () => {
    expect(refused({ alarmEmail: '', spotShare: 101 })).toEqual([
      expect.stringMatching(/^spotShare /),
      said,
      expect.stringMatching(/^apiUrl is required/),
    ]);
  });

  it('gets both severities, unless another one gets the warnings', () => {
    const alarmEmail = 'ops@example.com';
    expect(told({ apiUrl, runbookUrl, alarmEmail })).toEqual({ alarmEmail, warningEmail: alarmEmail });
    const warningEmail = 'team@example.com';
    expect(told({ apiUrl, runbookUrl, alarmEmail, warningEmail })).toEqual({ alarmEmail, warningEmail });
    expect(told({ apiUrl, runbookUrl, alarmEmail, warningEmail: 'none' }).warningEmail).toBeUndefined();
    expect(told({ apiUrl, runbookUrl, alarmEmail: 'none', warningEmail })).toEqual({
      alarmEmail: undefined,
      warningEmail,
    });
  });

  it('must be told where the runbook is, at an address that is reached from anywhere', () => {
    for (const given of [{ alarmEmail: 'ops@example.com' }, { warningEmail: 'team@example.com' }])
      expect(refused({ apiUrl, disposable: true, ...given })).toEqual([linked]);
    for (const wrong of ['infra/RUNBOOK.md', 'ftp://git.example/RUNBOOK.md', 'https://a b', 'https://x.example/#top'])
      expect(refused({ apiUrl, alarmEmail: 'ops@example.com', runbookUrl: wrong })).toEqual([
        expect.stringMatching(/^runbookUrl expected a URL with http\(s\)/),
      ]);
    expect(refused({ apiUrl, alarmEmail: 'ops@example.com', runbookUrl })).toEqual([]);
  });
});

describe("a process's variables", () => {
  it('are refused by the rules of the process itself', () => {
    expect(
      refused({
        apiUrl,
        pollerVariables: { SCAN_API_LIMIT: '0', LEASE_SECOND: '10' },
        processorVariables: { RECEIVE_WAIT_SECONDS: '20', STOP_TIMEOUT_SECONDS: '25' },
      }),
    ).toEqual([
      'pollerVariables.LEASE_SECOND is not a variable of the poller',
      'pollerVariables.SCAN_API_LIMIT expected a whole number 1–10,000, got "0"',
      'processorVariables.STOP_TIMEOUT_SECONDS must be at least RECEIVE_WAIT_SECONDS + 10: a stop lets the long poll in flight end',
    ]);
  });

  it.each([
    'SCAN_QUEUE_URL',
    'SCAN_API_URL',
    'SCAN_API_TOKEN',
    'SCAN_API_HEADERS',
    'SCAN_API_OAUTH',
    'SCAN_API_CLIENT_CERT',
    'SCAN_API_CLIENT_KEY',
    'CHECKPOINTS_TABLE',
    'AWS_REGION',
    'AWS_ENDPOINT_URL_SQS',
    'AWS_SECRET_ACCESS_KEY',
    'HTTP_PORT',
    'CLOUDWATCH_NAMESPACE',
    'API_TOKENS',
    'BATCHES_TABLE',
  ])('are not %s, which the stack sets or nobody should', (name) => {
    const [line, ...others] = refused({ apiUrl, pollerVariables: { [name]: 'hunter2' } });
    expect(line).toBe(`pollerVariables.${name} is set by the stack itself`);
    expect(others.join()).not.toContain('hunter2');
  });

  it('of the API are refused by its rules, too', () => {
    expect(
      refused({ apiUrl, apiVariables: { API_BODY_MAX_BYTES: '1', API_TOKENS: '[]', STAGES: '{"X":"nowhere"}' } }).map(
        (line) => line.split(' ').slice(0, 2).join(' '),
      ),
    ).toEqual([
      'apiVariables.API_TOKENS is',
      'apiVariables.STAGES expected',
      'apiVariables.API_BODY_MAX_BYTES expected',
    ]);
  });

  it('leave time for an orderly end on Fargate', () => {
    expect(refused({ apiUrl, processorVariables: { STOP_TIMEOUT_SECONDS: 110 } })).toEqual([]);
    expect(refused({ apiUrl, processorVariables: { STOP_TIMEOUT_SECONDS: 111 } })).toEqual([
      'processorVariables.STOP_TIMEOUT_SECONDS expected at most 110: Fargate allows 120 s for a stop',
    ]);
  });

  it('name a proxy, without a password in what everyone may read', () => {
    const variables = { HTTPS_PROXY: 'http://proxy.corp.example:3128', NO_PROXY: '.amazonaws.com' };
    const all = { pollerVariables: variables, processorVariables: variables, apiVariables: variables };
    expect(refused({ apiUrl, ...all })).toEqual([]);
    expect(
      refused({ apiUrl, pollerVariables: { HTTPS_PROXY: 'http://user:hunter2@proxy.corp.example:3128' } }),
    ).toEqual([
      'pollerVariables.HTTPS_PROXY may not hold a user or a password: everyone who may see the stack reads it',
    ]);
  });

  it("may be OpenTelemetry's own", () => {
    expect(refused({ apiUrl, pollerVariables: { OTEL_METRIC_EXPORT_INTERVAL: '30000' } })).toEqual([]);
  });
});

describe('a webhook', () => {
  const shop = { name: 'shop', url: 'https://shop.example/hook?key=hunter2', secretsName: 'shop/signing' };

  it('is what the notifier reads, without its secrets, queue and tables', () => {
    const webhooks = [
      {
        ...shop,
        milestones: ['pickup', 'delivery'],
        requirements: ['recent'],
        corrections: true,
        maxAgeHours: 48,
        allowedCidrs: ['10.1.0.0/16', '10.2.0.0/16'],
        reportUrl: 'https://erp.example/told',
        reportTokenSecret: 'erp/token',
        variables: { WEBHOOK_CONCURRENCY: 8 },
      },
      { ...shop, name: 'depot-2', ownTable: true },
    ];
    expect(readContext({ apiUrl, webhooks: JSON.stringify(webhooks) }).webhooks).toEqual([
      {
        name: 'shop',
        ownTable: false,
        secretsName: 'shop/signing',
        reportTokenSecret: 'erp/token',
        variables: {
          WEBHOOK_URL: shop.url,
          NOTIFY: 'pickup delivery',
          NOTIFY_REQUIREMENTS: 'recent',
          NOTIFY_CORRECTIONS: 'true',
          NOTIFY_MAX_AGE_HOURS: '48',
          WEBHOOK_ALLOWED_CIDRS: '10.1.0.0/16 10.2.0.0/16',
          REPORT_URL: 'https://erp.example/told',
          WEBHOOK_CONCURRENCY: '8',
        },
      },
      {
        name: 'depot-2',
        ownTable: true,
        secretsName: 'shop/signing',
        reportTokenSecret: undefined,
        variables: { WEBHOOK_URL: shop.url },
      },
    ]);
  });

  it('is refused with all that is wrong, by the rules of the notifier, and shows no URL', () => {
    const lines = refused({
      apiUrl,
      webhooks: [
        { ...shop, url: 'http://shop.example/hook?key=hunter2', milestones: ['delivered'], maxAgeHours: -1 },
        {
          ...shop,
          ownTable: true,
          variables: { WEBHOOK_URL: 'https://x.example', WEBHOOK_SECRETS: 'whsec_x', NOTIFI: '1' },
        },
        { ...shop, name: 'other', reportTokenSecret: 'erp/token' },
      ],
    });
    expect(lines.map((line) => line.split(' ').slice(0, 3).join(' ')).toSorted()).toEqual(
      [
        'webhooks.0.maxAgeHours expected a',
        'webhooks.0.milestones expected some',
        'webhooks.0.url may not',
        'webhooks.1.name is not',
        'webhooks.1.variables.NOTIFI is not',
        'webhooks.1.variables.WEBHOOK_SECRETS is set',
        'webhooks.1.variables.WEBHOOK_URL is set',
        'webhooks.2.ownTable must be',
        'webhooks.2.reportTokenSecret needs a',
      ].toSorted(),
    );
    expect(lines.join()).not.toContain('hunter2');
  });

  it.each(['Shop', 'a-dlq', 'dlq', 'a--b', '2nd', 'a'.repeat(21)])('is not named %s', (name) => {
    expect(refused({ apiUrl, webhooks: [{ ...shop, name }] })).toEqual([
      `webhooks.0.name expected 1–20 of \`a-z\`, \`0-9\` and single \`-\` between them, beginning with a letter, not ending with \`dlq\`, got "${name}"`,
    ]);
  });

  it('is one of five at most', () => {
    const six = Array.from({ length: 6 }, (_, at) => ({ ...shop, name: `shop${at}`, ownTable: at > 0 }));
    expect(refused({ apiUrl, webhooks: six.slice(1) })).toEqual([]);
    expect(refused({ apiUrl, webhooks: six })).toEqual(['webhooks expected at most 5']);
  });

  it('is what a sweep needs, and the task of operators', () => {
    expect(refused({ apiUrl, notifySweep: 'rate(1 hour)' })).toEqual(['notifySweep needs webhooks']);
    expect(refused({ apiUrl, notifySweep: 'rate(1 hour)', webhooks: [shop], operatorTask: false })).toEqual([
      'notifySweep needs operatorTask=true: the task runs `waybill`',
    ]);
    const swept = (notifySweep: string) => refused({ apiUrl, notifySweep, webhooks: [shop] }).length;
    expect(['rate(1 hour)', 'rate(15 minutes)', 'cron(0 6 * * ? *)'].map(swept)).toEqual([0, 0, 0]);
    expect(['rate(1 hours)', 'rate(0 minutes)', 'hourly', 'cron()'].map(swept)).toEqual([1, 1, 1, 1]);
  });
});

it('docs/deployment-context.md has what the schemas have', async () => {
  await expect(contextPage(contextKeys)).toMatchFileSnapshot('../../../docs/deployment-context.md');
});
