import { createServer } from 'node:http';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { notificationShape } from '@waybill/operations/notifications/notification-view.ts';
import { actResultShape, planShape } from '@waybill/operations/record/operation-shape.ts';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { putItems, storeParcels, tableOf } from '../../../operations/test/parcels-rig.ts';
import { scan } from '../../../processor/test/processor-rig.ts';
import { useCommandLine } from '../../test/cli-rig.ts';

const { engines, run } = useCommandLine(process.env);

test('waybill notifications shows what was not told, and says so where nobody is notified', async () => {
  const { dynamodb } = engines();
  const env = { NOTIFICATIONS_TABLE: await tableOf(dynamodb, tables.notifications) };
  await putItems(dynamodb, env.NOTIFICATIONS_TABLE, [
    {
      notificationId: { S: 'delivery-5002' },
      state: { S: 'failed' },
      parcelId: { N: '5002' },
      milestone: { S: 'delivery' },
      attempts: { N: '4' },
      lastError: { S: 'HTTP 422' },
      unfinished: { S: 'failed#2' },
      changedAtUtc: { S: '2026-11-28T22:00:00.000Z' },
    },
  ]);
  const { stdout } = await run(['notifications', 'list'], { env, columns: 80 });
  expect(stdout.split('\n')[1]).toMatch(/^delivery-5002 +failed +4 +HTTP 422$/);
  const json = await run(['notifications', 'list', '--state', 'failed', '--json'], { env });
  expect(notificationShape.parse(JSON.parse(json.stdout))).toMatchObject({ parcelId: 5002, lastError: 'HTTP 422' });
  expect((await run(['notifications', 'show', 'delivery-5002'], { env })).stdout).toMatch(/state +failed/);
  expect(await run(['notifications', 'show', 'delivery-1'], { env })).toMatchObject({ code: 1, stdout: '' });
  expect(await run(['notifications', 'list'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('this deployment notifies nobody: NOTIFICATIONS_TABLE is not set'),
  });
});

describe('waybill notifications announce', () => {
  const act = ['--yes', '--because', 'the webhook lost its data', '--json'];

  test('announces to each queue of ANNOUNCEMENT_QUEUE_URLS, or of --queue, on record', async () => {
    const { dynamodb, sqs, resources } = engines();
    const delivered = scan(83_270, { parcelId: 5002, type: 'DELIVERY' });
    await storeParcels(dynamodb, resources.parcelsTable, [stateOf(delivered)], Date.now());
    const QueueName = `announcements-${process.pid}-${Date.now()}`;
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
    const env = { ANNOUNCEMENT_QUEUE_URLS: QueueUrl };
    const command = ['notifications', 'announce', '--parcel', '5002', '--parcel', '5003'];
    const planned = await run([...command, '--dry-run', '--json'], { env });
    expect(planShape.parse(JSON.parse(planned.stdout))).toMatchObject({
      count: 1,
      warnings: ['not announced: parcel 5003: it is not stored'],
    });
    const done = await run([...command, ...act], { env });
    expect(done.code).toBe(3);
    expect(actResultShape.parse(JSON.parse(done.stdout))).toMatchObject({ counts: { announced: 1, left: 1 } });
    const day = ['--delivered-from', '2021-05-11T00:00:00Z', '--delivered-to', '2021-05-12T00:00:00Z'];
    const range = await run(['notifications', 'announce', ...day, '--queue', QueueUrl, ...act]);
    expect([range.code, JSON.parse(range.stdout)]).toMatchObject([0, { outcome: 'done', counts: { announced: 1 } }]);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
    );
    const timeUtc = delivered.createdDateTimeUtc;
    expect(JSON.parse(Messages[0]?.Body ?? '')).toEqual({
      version: 1,
      announcements: [{ parcelId: 5002, milestone: 'delivery', eventId: 83_270, timeUtc }],
    });
  });

  test('without a queue, or with half of a choice, is a usage error', async () => {
    const usage = (args: readonly string[]) => run(['notifications', 'announce', ...args, ...act]);
    expect(await usage(['--parcel', '1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ANNOUNCEMENT_QUEUE_URLS is not set'),
    });
    for (const args of [[], ['--delivered-from', '2021-05-11T00:00:00Z'], ['--queue', 'here']])
      expect(await usage(args)).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('waybill notifications send', () => {
  const act = ['--yes', '--because', 'sweep', '--json'];

  /** A webhook that refuses the parcels of the set, and what it was asked. */
  async function webhook() {
    const refused = new Set<number>();
    const ids: string[] = [];
    const server = createServer((request, response) => {
      const id = String(request.headers['webhook-id']);
      ids.push(id);
      request.resume();
      response.writeHead(refused.has(Number(id.split('_')[2])) ? 422 : 204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return { refused, ids, url: `http://127.0.0.1:${port}/told` };
  }

  test('tells parcels on record, and later those that were not told, on a schedule', async () => {
    const { dynamodb, resources } = engines();
    const parcels = [6_001, 6_002].map((parcelId) => stateOf(scan(parcelId, { parcelId, type: 'DELIVERY' })));
    await storeParcels(dynamodb, resources.parcelsTable, parcels, Date.now());
    const { refused, ids, url } = await webhook();
    refused.add(6_002);
    const env = {
      NOTIFICATIONS_TABLE: await tableOf(dynamodb, tables.notifications),
      WEBHOOK_URL: url,
      WEBHOOK_SECRETS: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
      WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8',
    };
    const send = async (...args: readonly string[]) => {
      const { code, stdout } = await run(['notifications', 'send', ...args], { env });
      return { code, ...JSON.parse(stdout) };
    };
    const both = ['--parcel', '6001', '--parcel', '6002'];
    expect(
      planShape.parse(
        JSON.parse((await run(['notifications', 'send', ...both, '--dry-run', '--json'], { env })).stdout),
      ),
    ).toMatchObject({ count: 2 });
    expect(ids).toEqual([]);
    expect(await send(...both, ...act)).toMatchObject({
      code: 3,
      outcome: 'partly',
      counts: { notified: 1, failed: 1 },
      problems: [expect.stringMatching(/^parcel 6002: .*422/)],
    });
    expect(await send('--unfinished', ...act)).toMatchObject({
      code: 1,
      outcome: 'failed',
      plan: { byReason: { failed: 1 } },
    });
    const shown = await run(['notifications', 'show', 'delivery-6002', '--json'], { env });
    const failed = { state: 'failed', attempts: 2, notifiedCount: 0, lastStatus: 422, notifiedAtUtc: null };
    expect(notificationShape.parse(JSON.parse(shown.stdout))).toMatchObject(failed);
    refused.clear();
    expect(await send('--unfinished', ...act)).toMatchObject({ code: 0, counts: { notified: 1 } });
    expect(await send('--unfinished', ...act)).toMatchObject({ code: 0, operationId: null });
    expect(await send('--parcel', '6001', '--again', ...act)).toMatchObject({ code: 0, counts: { notified: 1 } });
    expect(ids.map((id) => id.split('_')[2])).toEqual(['6001', '6002', '6002', '6002', '6001']);
    expect(new Set(ids).size).toBe(2);
  });

  test('without a webhook, or with half of a choice, is a usage error', async () => {
    const usage = (args: readonly string[]) => run(['notifications', 'send', ...args, ...act]);
    expect(await usage(['--parcel', '1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('WEBHOOK_URL is required'),
    });
    for (const args of [
      [],
      ['--unfinished', '--parcel', '1'],
      ['--unfinished', '--again'],
      ['--parcel', '1', '--attempts', '11'],
    ])
      expect(await usage(args)).toMatchObject({ code: 2, stdout: '' });
  });
});
