import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { notificationShape } from '@waybill/operations/notifications/notification-view.ts';
import { actResultShape, planShape } from '@waybill/operations/record/operation-shape.ts';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
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
