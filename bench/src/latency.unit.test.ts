import { expect, test } from 'vitest';
import { writtenBy } from './counting/write-watch.ts';
import { ArrivalTimes, latencyBars } from './latency.ts';

test('an event is stored with the first write of its parcel that has it or a later one', () => {
  const times = new ArrivalTimes([
    { parcelId: 1, lastEventId: 10 },
    { parcelId: 2, lastEventId: 11 },
    { parcelId: 1, lastEventId: 12 },
    { parcelId: 1, lastEventId: 13 },
  ]);
  times.appeared(3, 100);
  times.appeared(4, 200);
  times.stored([{ parcelId: 1, lastEventId: 12 }], 300);
  expect(times.missing).toBe(2);
  times.stored([{ parcelId: 2, lastEventId: 11 }], 350);
  times.stored([{ parcelId: 1, lastEventId: 13 }], 1_300);
  expect(times.missing).toBe(0);
  expect(times.figures(0)).toEqual({ events: 4, p50: 200, p99: 1_100, most: 1_100 });
  expect(times.figures(3)).toMatchObject({ events: 1, p50: 1_100 });
});

test('the bar is held with the shorter interval', () => {
  const result = { pollIntervalMs: 1_000, events: 1, p50: 1, p99: 2_000, most: 1 };
  expect(latencyBars([result, { ...result, pollIntervalMs: 250, p99: 999 }]).map(({ passed }) => passed)).toEqual([
    true,
  ]);
  expect(latencyBars([result, { ...result, pollIntervalMs: 250, p99: 1_000 }]).map(({ passed }) => passed)).toEqual([
    false,
  ]);
});

test('a write is read from its request, and counts when its response succeeds', () => {
  const N = (value: number) => ({ N: String(value) });
  const insert = {
    Statement: `INSERT INTO "t" VALUE {'lastEventId':?,'revision':?,'parcelId':?}`,
    Parameters: [N(9), N(1), N(5)],
  };
  const update = {
    Statement: 'UPDATE "t" SET lastEventId=?,revision=? WHERE parcelId=? AND lastEventId<?',
    Parameters: [N(8), N(1), N(6), N(8)],
  };
  const asked = JSON.stringify({ Statements: [insert, update, insert] });
  const answered = JSON.stringify({ Responses: [{}, {}, { Error: { Code: 'DuplicateItem' } }] });
  const target = 'DynamoDB_20120810.BatchExecuteStatement';
  expect(writtenBy(target, asked, 200, answered)).toEqual([
    { parcelId: 5, lastEventId: 9 },
    { parcelId: 6, lastEventId: 8 },
  ]);
  expect(writtenBy(target, asked, 400, '{}')).toEqual([]);
  const single = JSON.stringify({ Key: { parcelId: N(7) }, ExpressionAttributeValues: { ':id': N(3) } });
  expect(writtenBy('DynamoDB_20120810.UpdateItem', single, 200, '{}')).toEqual([{ parcelId: 7, lastEventId: 3 }]);
});
