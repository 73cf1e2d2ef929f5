import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { processSecrets } from '../../packages/shared/test/planted.ts';
import { rigs } from './rig.ts';

const openRig = rigs();

test('wrong variables are shown all at once, with exit code 2, before anything is connected', async (context) => {
  const rig = await openRig(context);
  const [sqs, dynamodb] = [await rig.proxy('SQS'), await rig.proxy('DYNAMODB')];
  const endpoints = { AWS_ENDPOINT_URL_SQS: sqs.url, AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url };
  const poller = rig.poller({
    ...endpoints,
    SCAN_API_URL: 'ftp://carrier.example',
    SCAN_API_LIMIT: '10001',
    CHECKPOINTS_TABLE: '',
    LOG_LEVEL: 'loud',
  });
  const processor = rig.processor({
    ...endpoints,
    RECEIVERS: 'four',
    FAILURES_TABLE: undefined,
    STOP_TIMEOUT_SECONDS: '5',
  });
  const { service: api } = await rig.webApi({
    ...endpoints,
    API_TOKENS: `[{"name":"a","scopes":["admin"],"sha256":"${processSecrets.token}"}]`,
    STOP_TIMEOUT_SECONDS: '5',
  });
  const receiver = await rig.receiver();
  const notifier = rig.notifier(receiver, {
    ...endpoints,
    WEBHOOK_URL: `http://10.0.0.1/in?key=${processSecrets.queryKey}`,
    WEBHOOK_SECRETS: `${processSecrets.webhookSecret} ${processSecrets.token}`,
    NOTIFICATIONS_TABLE: undefined,
    NOTIFY: 'pickup arrival',
    NOTIFY_REQUIREMENTS: 'moon',
    STOP_TIMEOUT_SECONDS: '5',
  });
  expect(await poller.ended).toEqual({ code: 2, signal: null });
  expect(await notifier.ended).toEqual({ code: 2, signal: null });
  expect(await api.ended).toEqual({ code: 2, signal: null });
  expect(await processor.ended).toEqual({ code: 2, signal: null });
  const text = (log: readonly string[]) => log.join('\n');
  for (const line of [
    /SCAN_API_URL expected an http\(s\) URL .* got "ftp:/,
    'SCAN_API_LIMIT expected a whole number 1–10,000, got "10001"',
    'CHECKPOINTS_TABLE is required',
    /LOG_LEVEL expected one of .* got "loud"/,
  ])
    expect(text(poller.log())).toMatch(line);
  for (const line of [
    'FAILURES_TABLE is required',
    'RECEIVERS expected a whole number 1–64, got "four"',
    'STOP_TIMEOUT_SECONDS must be at least RECEIVE_WAIT_SECONDS + 10',
  ])
    expect(text(processor.log())).toMatch(line);
  for (const line of [
    'API_TOKENS entry 1: scopes expected an array of read, ingest, operate',
    'API_TOKENS entry 1: sha256 expected the SHA-256 of the token',
    'STOP_TIMEOUT_SECONDS must be at least 15',
  ])
    expect(text(api.log())).toMatch(line);
  for (const line of [
    /WEBHOOK_URL may not be called: .*WEBHOOK_ALLOWED_CIDRS/,
    'WEBHOOK_SECRETS secret 2: expected whsec_',
    'NOTIFICATIONS_TABLE is required',
    /NOTIFY expected some of pickup, delivery.*, got "arrival"/,
    /NOTIFY_REQUIREMENTS expected some of .*, got "moon"/,
    'STOP_TIMEOUT_SECONDS must be at least RECEIVE_WAIT_SECONDS + 10',
  ])
    expect(text(notifier.log())).toMatch(line);
  expect([rig.api, receiver].map((each) => each.counts().requests)).toEqual([0, 0]);
  expect([sqs.connections(), dynamodb.connections()]).toEqual([0, 0]);
});

test('a table with another key is refused with exit code 1, and nothing was read or received', async (context) => {
  const rig = await openRig(context, { events: 100 });
  await rig.send(['{"version":1,"events":[]}']);
  const TableName = `${rig.resources.parcelsTable}-other`;
  await rig.clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  const poller = rig.poller({ CHECKPOINTS_TABLE: TableName });
  const processor = rig.processor({ PARCELS_TABLE: TableName });
  const notifier = rig.notifier(await rig.receiver(), { NOTIFICATIONS_TABLE: TableName });
  const { service: api } = await rig.webApi({ PARCELS_TABLE: TableName });
  for (const service of [poller, processor, notifier, api]) {
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.log().join('\n')).toMatch(/"level":"fatal".*TABLE_MISMATCH/);
    expect(service.log().join('\n')).toContain(TableName);
  }
  expect(rig.api.counts().requests).toBe(0);
  expect(await rig.queue()).toEqual({ visible: 1, inFlight: 0 });
});
