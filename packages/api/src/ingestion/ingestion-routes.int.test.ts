import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '@waybill/shared/clock.ts';
import { unpack } from '@waybill/shared/domain/pack.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { bearer, deploymentOf, openApi, tokens } from '../../test/api-rig.ts';
import { keyIdOf } from './batch-ids.ts';

const engines = useEngines(process.env);
const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const settings = { ingestSecrets: [{ name: 'carrier', secret }], messageMaxBytes: 1_024 };
const json = { 'content-type': 'application/json' };

let lastId = 0;
/** Elements with ids of their own. */
function elements(count: number) {
  return Array.from({ length: count }, () => {
    lastId += 1;
    return { EventId: lastId, ParcelId: lastId, Type: 'PICKUP', CreatedDateTimeUtc: '2021-05-11T21:11:34.1506147Z' };
  });
}
const bodyOf = (...ScanEvents: unknown[]) => JSON.stringify({ ScanEvents });

type Api = Awaited<ReturnType<typeof openApi>>;

function push({ ask }: Api, payload: string | Buffer, headers: Record<string, string> = {}) {
  return ask({ method: 'POST', url: '/v1/scan-events', headers: { ...json, ...headers }, payload });
}

function signedHeaders(payload: Buffer, id: string): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1_000);
  const hmac = createHmac('sha256', Buffer.alloc(32, 5)).update(`${id}.${timestamp}.`).update(payload).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${hmac}` };
}

/** A request without a token. */
async function pushSigned({ app }: Api, payload: Buffer, headers: Record<string, string>) {
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/scan-events',
    headers: { ...json, ...headers },
    payload,
  });
  return { status: answer.statusCode, body: answer.json() };
}

const open = (more: Parameters<typeof openApi>[0] = {}) =>
  openApi({ engines: engines(), ...more, settings: { ...settings, ...more.settings } });

async function itemOf({ deps }: Api, batchId: string) {
  const command = new GetCommand({ TableName: deps.deployment.batchesTable, Key: { batchId }, ConsistentRead: true });
  return (await deps.documents.send(command)).Item;
}

/** What of these batches is on the queue: the numbers of their parts, and ids of events. */
async function queued({ deps }: Api, batchId: string, packs: number) {
  const parts: string[] = [];
  const eventIds: number[] = [];
  const command = new ReceiveMessageCommand({
    QueueUrl: deps.deployment.scanQueueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 1,
    MessageAttributeNames: ['All'],
  });
  for (let tries = 0; tries < 20 && new Set(parts).size < packs; tries += 1) {
    const { Messages = [] } = await deps.sqs.send(command);
    for (const { Body = '', MessageAttributes = {} } of Messages) {
      if (MessageAttributes['batchId']?.StringValue !== batchId) continue;
      parts.push(MessageAttributes['batchPart']?.StringValue ?? '');
      const unpacked = unpack(Body);
      if (unpacked.kind !== 'pack') continue;
      for (const element of unpacked.elements) if ('event' in element) eventIds.push(element.event.eventId);
    }
  }
  return { parts: parts.map(Number).sort((a, b) => a - b), eventIds: eventIds.sort((a, b) => a - b) };
}

describe('POST /v1/scan-events', () => {
  test('queues what is a scan event, says what is not, and records the batch', async () => {
    const api = await open();
    const events = elements(12);
    const { status, headers, body } = await push(api, bodyOf(...events, { ...events[0], ParcelId: 0 }, 'x'));
    expect({ status, body }).toEqual({
      status: 202,
      body: {
        batchId: expect.stringMatching(/^\d{8}T\d{9}-[0-9a-f]{12}$/),
        accepted: 12,
        rejected: [
          { index: 12, code: 'INVALID_ID', path: 'ParcelId', expected: expect.any(String) },
          { index: 13, code: 'NOT_AN_OBJECT', path: '', expected: 'an object' },
        ],
      },
    });
    expect(headers).toMatchObject({ location: `/v1/batches/${body.batchId}` });
    const item = await itemOf(api, body.batchId);
    const packs = item?.['packs'];
    expect(packs).toBeGreaterThan(1);
    const parts = Array.from({ length: packs }, (_, index) => index);
    const createdAtUtc: string = item?.['createdAtUtc'];
    expect(item).toMatchObject({
      state: 'sent',
      accepted: 12,
      rejected: 2,
      pending: new Set(parts),
      createdDay: createdAtUtc.slice(0, 10),
      expiresAt: Math.floor(Date.parse(createdAtUtc) / 1_000) + 14 * 86_400,
      bodySha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await queued(api, body.batchId, packs)).toEqual({ parts, eventIds: events.map(({ EventId }) => EventId) });
    expect(api.value('waybill.ingestion.events')).toBe(12);
    expect(api.value('waybill.ingestion.rejections')).toBe(2);
  });

  test('queues nothing where nothing is acceptable, and leaves the key free', async () => {
    const api = await open();
    const key = { 'idempotency-key': 'mended-later' };
    const refused = await push(api, bodyOf('x'), key);
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'UNPROCESSABLE', rejected: [{ index: 0, code: 'NOT_AN_OBJECT', path: '', expected: 'an object' }] },
    });
    expect(await push(api, bodyOf(...elements(1)), key)).toMatchObject({ status: 202 });
  });

  test('answers a key with its batch again, compressed or not, and another body with 422', async () => {
    const api = await open();
    const key = { 'idempotency-key': 'k-1' };
    const body = bodyOf(...elements(3), 'x');
    const first = await push(api, body, key);
    expect(first.status).toBe(202);
    expect(await push(api, body, key)).toMatchObject({ status: 202, body: first.body });
    const gzip = { ...key, 'content-encoding': 'gzip' };
    expect(await push(api, gzipSync(body), gzip)).toMatchObject({ status: 202, body: first.body });
    expect(await push(api, bodyOf(...elements(1)), key)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect(await push(api, bodyOf('x'), key)).toMatchObject({ body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await push(api, body, { ...key, ...bearer(tokens.ingest) })).toMatchObject({ status: 202 });
    expect(api.value('waybill.ingestion.batches{accepted}')).toBe(2);
    expect(api.value('waybill.ingestion.batches{repeated}')).toBe(2);
  });

  test('keeps a key in no list, and without its text', async () => {
    const api = await open();
    const { body } = await push(api, bodyOf(...elements(1)), { 'idempotency-key': 'k-secret' });
    const key = await itemOf(api, keyIdOf('all', 'k-secret'));
    expect(key).toMatchObject({ keyOf: body.batchId });
    expect(JSON.stringify(key)).not.toContain('k-secret');
    const listed = await api.deps.documents.send(
      new QueryCommand({
        TableName: api.deps.deployment.batchesTable,
        IndexName: 'recent',
        KeyConditionExpression: 'createdDay = :day',
        ExpressionAttributeValues: { ':day': new Date().toISOString().slice(0, 10) },
      }),
    );
    expect(listed.Items?.every(({ batchId }) => !String(batchId).startsWith('key-'))).toBe(true);
  });

  test('lets one of two first requests win; a key whose request was given up, or that expired, is taken over', async () => {
    const later = { ms: 0 };
    const clock = { ...systemClock, now: () => Date.now() + later.ms };
    const working = sqsSender(engines().sqs, deploymentOf(engines().resources).scanQueueUrl);
    let isDown = true;
    const gates: (() => void)[] = [];
    const queue = {
      ...working,
      sendBatch: async (messages: Parameters<typeof working.sendBatch>[0]) => {
        if (isDown) await new Promise<void>((resolve) => gates.push(resolve));
        return await working.sendBatch(messages);
      },
    };
    const api = await open({ deps: { clock, queue } });
    const key = { 'idempotency-key': 'k-2' };
    const body = bodyOf(...elements(2));
    const first = push(api, body, key);
    await expect.poll(() => gates.length).toBe(1);
    const second = await push(api, body, key);
    expect(second).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
    later.ms = 16_000;
    isDown = false;
    const third = await push(api, body, key);
    expect(third).toMatchObject({ status: 202, body: { accepted: 2 } });
    for (const open of gates) open();
    expect(await first).toMatchObject({ status: 202, body: third.body });
    later.ms = 15 * 86_400_000;
    const fourth = await push(api, bodyOf(...elements(1)), key);
    expect(fourth).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(fourth.body.batchId).not.toBe(third.body.batchId);
  });

  test('is answered with 503 where SQS does not confirm every entry in time; the repetition sends the same packs', async () => {
    const working = sqsSender(engines().sqs, deploymentOf(engines().resources).scanQueueUrl);
    const sendBatch: typeof working.sendBatch = async (messages) => {
      if (messages.length > 1) await working.sendBatch(messages.slice(1));
      return [{ index: 0, code: 'InternalError', detail: '' }];
    };
    const refusing = await open({ deps: { queue: { ...working, sendBatch } }, limits: { requestMs: 500 } });
    const key = { 'idempotency-key': 'k-3' };
    const events = elements(12);
    const unconfirmed = await push(refusing, bodyOf(...events), key);
    expect(unconfirmed).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect(Number(unconfirmed.headers['retry-after'])).toBeGreaterThan(0);

    const api = await open({ deps: { clock: { ...systemClock, now: () => Date.now() + 16_000 } } });
    const { status, body } = await push(api, bodyOf(...events), key);
    expect(status).toBe(202);
    const packs = (await itemOf(api, body.batchId))?.['packs'];
    const { parts, eventIds } = await queued(api, body.batchId, packs);
    expect(new Set(parts)).toEqual(new Set(Array.from({ length: packs }, (_, index) => index)));
    expect(new Set(eventIds)).toEqual(new Set(events.map(({ EventId }) => EventId)));
  });

  test('takes a signature over the bytes as received in place of a token, its id being the key', async () => {
    const api = await open();
    const gzip = { 'content-encoding': 'gzip' };
    const payload = gzipSync(bodyOf(...elements(1)));
    const headers = { ...gzip, ...signedHeaders(payload, 'msg-1') };
    const first = await pushSigned(api, payload, headers);
    expect(first).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(await pushSigned(api, payload, headers)).toEqual(first);
    const text = bodyOf(...elements(1));
    const now = new Date();
    const byLibrary = {
      'webhook-id': 'msg-2',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign('msg-2', now, text),
    };
    expect(await pushSigned(api, Buffer.from(text), byLibrary)).toMatchObject({ status: 202 });
    expect(await pushSigned(api, Buffer.from(`${text} `), byLibrary)).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHENTICATED' },
    });
    expect(api.lines.map((line) => line['token'])).toContain('carrier');
  });

  test('is refused while the queue is full, and for what is no push', async () => {
    const full = await open({
      settings: { ...settings, maxQueueMessages: 1 },
      deps: { queue: { sendBatch: async () => [], depth: async () => 2 } },
    });
    const refused = await push(full, bodyOf(...elements(1)));
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '10' } });

    const api = await open({ settings: { bodyMaxBytes: 2_000 } });
    const one = bodyOf(...elements(1));
    expect(await push(api, one, bearer(tokens.read))).toMatchObject({ status: 403 });
    expect(await push(api, one, { 'idempotency-key': 'k'.repeat(256) })).toMatchObject({ status: 400 });
    expect(await push(api, '{"ScanEvents":[]}')).toMatchObject({ status: 400 });
    expect(await push(api, '')).toMatchObject({ status: 400 });
    expect(await push(api, one, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await push(api, one, { 'content-encoding': 'br' })).toMatchObject({ status: 415 });
    expect(await push(api, ' '.repeat(2_001))).toMatchObject({ status: 413 });
    const bomb = gzipSync(Buffer.alloc(1_000_000, 32));
    expect(await push(api, bomb, { 'content-encoding': 'gzip' })).toMatchObject({ status: 413 });
  });
});
