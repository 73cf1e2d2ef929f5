import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { secondLook } from './second-look.ts';

const key = { AttributeName: 'parcelId', KeyType: 'HASH' } as const;
const well = {
  KeySchema: [key],
  AttributeDefinitions: [
    { AttributeName: 'parcelId', AttributeType: 'N' },
    { AttributeName: 'statusCode', AttributeType: 'S' },
  ],
};
const withIndex = {
  ...well,
  GlobalSecondaryIndexes: [{ IndexName: 'by-status', KeySchema: [{ AttributeName: 'statusCode', KeyType: 'HASH' }] }],
};

/** A table whose description is made at each look. */
function tableOf(describe: () => unknown) {
  let looks = 0;
  let nowMs = 0;
  const send = async (command: unknown) => {
    expect(command).toBeInstanceOf(DescribeTableCommand);
    looks += 1;
    return { Table: await describe() };
  };
  // All that a look needs of a client.
  const dynamodb = { send } as unknown as DynamoDBClient;
  const look = secondLook({ dynamodb, tableName: 'parcels', clock: { monotonic: () => nowMs } });
  return { look, looks: () => looks, pass: (ms: number) => (nowMs += ms) };
}

test('an index that came later is the reason, by its name, for all that ask within ten seconds', async () => {
  const { look, looks, pass } = tableOf(() => withIndex);
  const asked = await Promise.allSettled([look(), look(), look()]);
  pass(9_999);
  asked.push(...(await Promise.allSettled([look()])));
  for (const answer of asked) {
    expect(answer).toMatchObject({ reason: { code: 'TABLE_MISMATCH', message: expect.stringContaining('by-status') } });
  }
  expect(looks()).toBe(1);
});

test('what was seen is looked for again after ten seconds', async () => {
  const seen = [well, withIndex, well];
  const { look, looks, pass } = tableOf(() => seen.shift());
  await expect(look()).resolves.toBeUndefined();
  pass(10_000);
  await expect(look()).rejects.toMatchObject({ code: 'TABLE_MISMATCH' });
  pass(10_000);
  await expect(look()).resolves.toBeUndefined();
  expect(looks()).toBe(3);
});

test('a look that fails says nothing', async () => {
  const { look } = tableOf(() => {
    throw new Error('not allowed');
  });
  await expect(look()).resolves.toBeUndefined();
});
