import { unpack } from '@waybill/shared/domain/pack.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import { expect, test } from 'vitest';
import { batchIdOf } from './batch-ids.ts';
import { messagesOf, preparePush } from './prepare-push.ts';

const element = (EventId: number) => ({
  EventId,
  ParcelId: EventId,
  Type: 'PICKUP',
  CreatedDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
});
const batchId = batchIdOf(0, () => 0.5);

test.each([1_024, 61_440, limits.billedRequestBytes, limits.sendBytes])(
  'a pack of at most %i bytes takes no further billed request with its attributes, nor outgrows a message',
  async (messageMaxBytes) => {
    const { packs } = await preparePush(
      Array.from({ length: 6_000 }, (_, index) => element(index + 1)),
      messageMaxBytes,
    );
    const billed = Math.ceil(messageMaxBytes / limits.billedRequestBytes) * limits.billedRequestBytes;
    for (const message of messagesOf(packs, batchId, 0)) {
      expect(message.body.length).toBeLessThanOrEqual(messageMaxBytes);
      expect(sizeOf(message)).toBeLessThanOrEqual(billed);
    }
  },
);

test('each element is an event in a pack or a rejection with its place', async () => {
  const { accepted, rejected, packs } = await preparePush(
    [7, element(1), { ...element(2), Type: '' }, element(3)],
    1_024,
  );
  expect(accepted).toBe(2);
  expect(rejected.map(({ index, code, path }) => ({ index, code, path }))).toEqual([
    { index: 0, code: 'NOT_AN_OBJECT', path: '' },
    { index: 2, code: 'INVALID_TYPE', path: 'Type' },
  ]);
  expect(packs.map((body) => unpack(body))).toMatchObject([
    { kind: 'pack', elements: [{ event: { eventId: 1 } }, { event: { eventId: 3 } }] },
  ]);
});

test('others get their turn between elements that are refused', async () => {
  let turns = 0;
  const elsewhere = setInterval(() => {
    turns += 1;
  }, 0);
  await preparePush(
    Array.from({ length: 2_000 }, () => ({ EventId: 'x' })),
    61_440,
  );
  clearInterval(elsewhere);
  expect(turns).toBeGreaterThan(3);
});

test('others get their turn between packs', async () => {
  let turns = 0;
  const elements = Array.from({ length: 900 }, (_, index) => ({
    ...element(index + 1),
    StatusCode: '€'.repeat(1_000),
  }));
  const elsewhere = setInterval(() => {
    turns += 1;
  }, 0);
  const { packs } = await preparePush(elements, 61_440);
  clearInterval(elsewhere);
  expect(packs.length).toBeGreaterThan(80);
  expect(turns).toBeGreaterThan(3);
});

test('the same elements make the same packing, and another size another one', async () => {
  const elements = Array.from({ length: 30 }, (_, index) => element(index + 1));
  const [one, again, other] = await Promise.all([1_024, 1_024, 1_500].map((size) => preparePush(elements, size)));
  expect(again).toEqual(one);
  expect(other?.packing).not.toBe(one?.packing);
});
