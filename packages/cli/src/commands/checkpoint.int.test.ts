import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { checkpointShape } from '@waybill/operations/checkpoint/read-checkpoint.ts';
import { actShape } from '@waybill/operations/record/operation-shape.ts';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { describe, expect, test } from 'vitest';
import { useCommandLine } from '../../test/cli-rig.ts';

const { engines, run } = useCommandLine(process.env);

async function put(feed: string, fields: Record<string, unknown>) {
  const { dynamodb, resources } = engines();
  const Item = { feed, ...fields };
  await DynamoDBDocumentClient.from(dynamodb).send(new PutCommand({ TableName: resources.checkpointsTable, Item }));
  const store = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed });
  return { store };
}

const act = ['--yes', '--because', 'a test'];
const held = { lastEventId: 110_581, fencingToken: 7, leaseCounter: 40, leaseHolder: 'a/0', openGaps: '1 2s.1.0' };

describe('waybill checkpoint show', () => {
  test('shows the own feed, a named one, or all, and says where there is none', async () => {
    expect(await run(['checkpoint', 'show'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'waybill: The feed scan-events has no checkpoint yet\n  Try: waybill checkpoint show --all\n',
    });
    await put('scan-events', { ...held, caughtUpAtUtc: '2026-11-28T22:15:30.000Z' });
    await put('north', { lastEventId: 3 });
    const own = await run(['checkpoint', 'show'], { columns: 80, env: { NO_COLOR: '1' } });
    for (const text of [
      /^position +110581$/m,
      /^lease +held by a\/0, 40 writes$/m,
      /^caught up +2026-11-28 22:15:30Z \(/m,
      /^open gaps +1$/m,
    ])
      expect(own.stdout).toMatch(text);
    const json = await run(['checkpoint', 'show', '--feed', 'north', '--json']);
    expect(checkpointShape.parse(JSON.parse(json.stdout))).toMatchObject({ feed: 'north', lastEventId: 3 });
    const all = await run(['checkpoint', 'show', '--all', '--json']);
    const feeds = all.stdout
      .trimEnd()
      .split('\n')
      .map((line) => checkpointShape.parse(JSON.parse(line)).feed);
    expect(feeds).toEqual(['north', 'scan-events']);
    expect(await run(['checkpoint', 'show', '--all', '--feed', 'north'])).toMatchObject({ code: 2 });
  });
});

describe('waybill checkpoint set', () => {
  test('shows old and new, who holds the lease, and what is read again, and sets it', async () => {
    const { store } = await put('west', held);
    const dry = await run(['checkpoint', 'set', '83268', '--feed', 'west', '--dry-run'], { columns: 80 });
    expect(dry.code).toBe(0);
    for (const text of [
      'from 110581 to 83268: reading goes on at 83269',
      'held by a/0',
      '27,313 read again',
      '27,314 write units',
    ])
      expect(dry.stdout.replaceAll('\n', ' ')).toContain(text);
    expect(await store.read()).toMatchObject({ lastEventId: 110_581, token: 7 });
    const set = await run(['checkpoint', 'set', '83268', '--feed', 'west', ...act, '--json']);
    expect(set.code).toBe(0);
    expect(actShape.parse(JSON.parse(set.stdout))).toMatchObject({
      outcome: 'done',
      plan: { samples: [{ oldLastEventId: 110_581 }] },
    });
    expect(await store.read()).toMatchObject({ lastEventId: 83_268, token: 8, holder: undefined });
  });

  test('asks for the name of the feed to be typed, where no flag says it', async () => {
    const { store } = await put('scan-events', held);
    const args = ['checkpoint', 'set', '5', '--because', 'a test'];
    expect(await run(args, { columns: 80, typed: ['y'] })).toMatchObject({ code: 4 });
    expect(await run([...args, '--yes'], { columns: 80 })).toMatchObject({ code: 2 });
    expect(await run(args)).toMatchObject({ code: 2 });
    expect(await store.read()).toMatchObject({ lastEventId: 110_581 });
    expect(await run(args, { columns: 80, typed: ['scan-events'] })).toMatchObject({ code: 0 });
    expect(await store.read()).toMatchObject({ lastEventId: 5, token: 8 });
  });
});
