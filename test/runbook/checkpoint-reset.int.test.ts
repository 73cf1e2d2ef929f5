import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AttributeValue, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { openPlace } from '@waybill/local/engines/place.ts';
import { provision } from '@waybill/provisioner/provision.ts';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { scans } from '../../packages/poller/test/memory-feed.ts';
import { rig } from '../../packages/poller/test/poller-rig.ts';

const runbook = readFileSync(new URL('../../infra/RUNBOOK.md', import.meta.url), 'utf8');

/** The runbook's `aws dynamodb update-item`, read as the AWS CLI reads it. */
function resetCommand(table: string): UpdateItemCommand {
  const [, command = ''] = /^(aws dynamodb update-item [\s\S]*?[^\\])$/m.exec(runbook) ?? [];
  const option = (name: string) => new RegExp(`--${name} '([^']+)'`).exec(command)?.[1] ?? '';
  const json = (name: string): Record<string, AttributeValue> => JSON.parse(option(name));
  expect(command).toContain('--table-name "$ENVIRONMENT-waybill-checkpoints"');
  return new UpdateItemCommand({
    TableName: table,
    Key: json('key'),
    UpdateExpression: option('update-expression'),
    ConditionExpression: option('condition-expression'),
    ExpressionAttributeValues: json('expression-attribute-values'),
    ReturnValues: 'ALL_NEW',
  });
}

/** The last EventId that counts as done in the runbook, and the next one that is read. */
const [done, next] = [83_268, 83_269];
const stops: (() => Promise<unknown>)[] = [];
let dynamodb: DynamoDBClient;
let table: string;

beforeAll(async () => {
  const { clients, stop } = await openPlace(process.env);
  dynamodb = clients.dynamodb;
  const { checkpointsTable } = await provision({ ...clients, prefix: `${randomUUID()}-` });
  table = checkpointsTable;
  return stop;
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

test('the reset in the runbook makes a running poller stop, take its lease again and read from there', async () => {
  const checkpoints = dynamoDbCheckpointStore({ dynamodb, tableName: table, feed: 'scan-events' });
  const { feed, queue, lines, open } = rig(scans(83_000, 83_500), {
    firstEventId: 83_000,
    leaseMs: 2_000,
    pollIntervalMs: 50,
    deps: { checkpoints },
  });
  const poller = open();
  stops.push(() => poller.stop());
  poller.start();
  await vi.waitFor(async () => expect((await checkpoints.read())?.lastEventId).toBe(83_500), { timeout: 20_000 });
  const before = await checkpoints.read();
  const asked = feed.requests.length;
  const sent = queue.eventIds.length;

  const { Attributes } = await dynamodb.send(resetCommand(table));

  expect(Attributes?.['lastEventId']).toEqual({ N: String(done) });
  expect(Number(Attributes?.['fencingToken']?.N)).toBe((before?.token ?? 0) + 1);
  expect(Attributes?.['leaseHolder']).toBeUndefined();
  await vi.waitFor(() => expect(queue.eventIds.length).toBeGreaterThanOrEqual(sent + 83_500 - done), {
    timeout: 20_000,
  });
  expect(lines.map(({ msg }) => msg)).toContain('lease lost, standing by');
  // From its own id on: a page may end between two contents of one id.
  expect(feed.requests.slice(asked).map(({ fromEventId }) => fromEventId)).toContain(done);
  const again = queue.eventIds.slice(sent).toSorted((a, b) => a - b);
  expect(again).toEqual(Array.from({ length: 83_500 - done }, (_, index) => next + index));
  await vi.waitFor(
    async () =>
      expect(await checkpoints.read()).toMatchObject({ lastEventId: 83_500, token: (before?.token ?? 0) + 2 }),
    { timeout: 20_000 },
  );
});

test('the reset of a feed that was never read is refused, so that a mistyped name makes no item', async () => {
  const command = resetCommand(table);
  command.input.Key = { feed: { S: 'scan-event' } };
  await expect(dynamodb.send(command)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
});
