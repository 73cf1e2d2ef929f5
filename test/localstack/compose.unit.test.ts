import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiVariables } from '@waybill/api/config.ts';
import { nameVariables } from '@waybill/cli/tools/read-names.ts';
import { notifierVariables } from '@waybill/notifier/config.ts';
import { pollerVariables } from '@waybill/poller/config.ts';
import { processorVariables } from '@waybill/processor/config.ts';
import { commonVariables } from '@waybill/shared/process/process-config.ts';
import { announcementQueue, scanQueue, tables } from '@waybill/shared/resources.ts';
import { DCLinter } from 'dclint';
import { describe, expect, test } from 'vitest';
import { imageNames } from '../../images/programs.ts';
import { dockerfileText, readStages, stepsOf } from '../images/dockerfile.ts';
import { composeFile, readCompose } from './compose.ts';

const services = readCompose();
const own = Object.entries(services).filter(([, { build }]) => build !== undefined);

describe('docker-compose.localstack.yml', () => {
  test('fits the schema of compose files, and a linter finds nothing wrong', () => {
    const linter = new DCLinter({
      // Services are in the order in which they start; the quotes are those of JSON.
      rules: {
        'services-alphabetical-order': 0,
        'service-keys-order': 0,
        'service-dependencies-alphabetical-order': 0,
        'top-level-properties-order': 0,
        'require-quotes-in-ports': [2, { quoteType: 'double' }],
      },
      quiet: false,
      debug: false,
      exclude: [],
    });
    const results: unknown = linter.lintFiles([fileURLToPath(composeFile)], false);
    expect(results).toEqual([expect.objectContaining({ messages: [] })]);
  });

  test('runs the last LocalStack that needs no account, and says why', () => {
    expect(services['localstack']?.image).toMatch(/^localstack\/localstack:4\.14\.0@sha256:[0-9a-f]{64}$/);
    expect(readFileSync(composeFile, 'utf8')).toContain('4.14.0 is the last version that starts without an account');
  });

  test('opens ports on 127.0.0.1 only, none twice', () => {
    const ports = Object.values(services).flatMap((service) => service.ports);
    expect(ports.length).toBeGreaterThan(3);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(new Set(ports.map((port) => port.split(':')[1])).size).toBe(ports.length);
  });

  test('waits until LocalStack and the API are healthy and the provisioner has finished', () => {
    const waits = Object.entries(services).map(([name, { depends_on }]) => [
      name,
      Object.fromEntries(Object.entries(depends_on).map(([other, { condition }]) => [other, condition])),
    ]);
    const provisioned = { provisioner: 'service_completed_successfully' };
    expect(Object.fromEntries(waits)).toEqual({
      localstack: {},
      provisioner: { localstack: 'service_healthy' },
      'scan-api': {},
      poller: { ...provisioned, 'scan-api': 'service_healthy' },
      api: provisioned,
      processor: provisioned,
      receiver: {},
      notifier: { ...provisioned, receiver: 'service_started' },
      waybill: {},
    });
  });

  test('lets callers into the API by the token that it names, and holds its hash', () => {
    const [, token = ''] = /Its one token is `(waybill_\S+)`/.exec(readFileSync(composeFile, 'utf8')) ?? [];
    const entries = apiVariables.API_TOKENS.parse(services['api']?.environment['API_TOKENS']);
    expect(entries.map(({ sha256 }) => sha256)).toEqual([createHash('sha256').update(token).digest('hex')]);
  });

  test('builds every image of the Dockerfile', () => {
    const built = new Set(own.map(([, { build }]) => build?.target));
    expect([...built].toSorted()).toEqual([...imageNames].toSorted());
  });

  test('gives its own containers no file to write, no capability and no privilege', () => {
    for (const [, service] of own) {
      expect(service).toMatchObject({ init: true, read_only: true, cap_drop: ['ALL'] });
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
    }
  });

  test('gives each process longer to stop than they give themselves', () => {
    const longest = commonVariables.STOP_TIMEOUT_SECONDS.parse(undefined);
    for (const name of ['poller', 'processor', 'api', 'notifier'])
      expect(Number.parseInt(services[name]?.stop_grace_period ?? '', 10)).toBeGreaterThan(longest);
  });

  test('names queue and tables as resources.ts does, and no unknown variables of the processes', () => {
    const sdk = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    const unknown = (name: string, known: object) =>
      Object.keys(services[name]?.environment ?? {}).filter((each) => !(each in known) && !sdk.includes(each));
    expect(unknown('poller', pollerVariables)).toEqual([]);
    expect(unknown('processor', processorVariables)).toEqual([]);
    expect(unknown('api', apiVariables)).toEqual([]);
    expect(unknown('notifier', notifierVariables)).toEqual([]);
    for (const name of ['poller', 'processor', 'notifier', 'api', 'waybill'])
      expect(services[name]?.environment['ACTIVITY_TABLE']).toBe(tables.activity.name);
    const SCAN_QUEUE_URL = expect.stringMatching(new RegExp(`/${scanQueue.name}$`));
    expect(services['poller']?.environment).toMatchObject({
      SCAN_QUEUE_URL,
      CHECKPOINTS_TABLE: tables.checkpoints.name,
    });
    expect(services['processor']?.environment).toMatchObject({
      SCAN_QUEUE_URL,
      PARCELS_TABLE: tables.parcels.name,
      FAILURES_TABLE: tables.failures.name,
      BATCHES_TABLE: tables.batches.name,
      ANNOUNCEMENT_QUEUE_URLS: expect.stringMatching(new RegExp(`/${announcementQueue.name}$`)),
    });
    expect(services['notifier']?.environment).toMatchObject({
      NOTIFICATION_QUEUE_URL: services['processor']?.environment['ANNOUNCEMENT_QUEUE_URLS'],
      PARCELS_TABLE: tables.parcels.name,
      NOTIFICATIONS_TABLE: tables.notifications.name,
      FAILURES_TABLE: tables.failures.name,
      WEBHOOK_SECRETS: services['receiver']?.environment['WEBHOOK_SECRETS'],
    });
    expect(services['api']?.environment).toMatchObject({
      SCAN_QUEUE_URL,
      PARCELS_TABLE: tables.parcels.name,
      CHECKPOINTS_TABLE: tables.checkpoints.name,
      FAILURES_TABLE: tables.failures.name,
      OPERATIONS_TABLE: tables.operations.name,
      BATCHES_TABLE: tables.batches.name,
    });
  });

  test('gives the command line every name that it needs, and does not start it with the others', () => {
    const { environment = {}, profiles } = services['waybill'] ?? {};
    const names = { ...nameVariables, ...commonVariables, ...pollerVariables };
    const sdk = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    expect(Object.keys(environment).filter((name) => !(name in names) && !sdk.includes(name))).toEqual([]);
    expect(environment).toMatchObject({
      SCAN_QUEUE_URL: services['poller']?.environment['SCAN_QUEUE_URL'],
      PARCELS_TABLE: tables.parcels.name,
      CHECKPOINTS_TABLE: tables.checkpoints.name,
      FAILURES_TABLE: tables.failures.name,
      OPERATIONS_TABLE: tables.operations.name,
      BATCHES_TABLE: tables.batches.name,
    });
    expect(profiles).toEqual(['operator']);
  });

  test('reaches each container at the port that its image listens on', () => {
    const exposed = stepsOf(readStages(dockerfileText), 'poller', 'EXPOSE').at(-1)?.text;
    const ofApi = stepsOf(readStages(dockerfileText), 'api', 'EXPOSE').at(-1)?.text;
    expect(ofApi).toBe(String(apiVariables.API_PORT.parse(undefined)));
    for (const [name, { ports }] of own)
      expect(ports.filter((port) => !port.endsWith(`:${name === 'api' ? ofApi : exposed}`))).toEqual([]);
    expect(services['poller']?.environment['SCAN_API_URL']).toMatch(new RegExp(`^http://scan-api:${exposed}/`));
  });
});
