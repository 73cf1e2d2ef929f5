import { expect, test } from 'vitest';
import { OverdueReturns } from './overdue-returns.ts';

const message = (messageId: string, receiveCount: number) => ({
  messageId,
  receiveCount,
  receiptHandle: 'handle',
  body: '',
  attributes: {},
  sentAtMs: 0,
});

test('a message within its receives is never stuck; one beyond them after three returns', () => {
  const overdue = new OverdueReturns({ maxReceiveCount: 3 });
  const counts = [1, 2, 3, 4, 5, 6, 7, 8];
  expect(counts.map((count) => overdue.isStuck(message('a', count)))).toEqual([
    ...[false, false, false],
    ...[false, false, false],
    ...[true, true],
  ]);
});

test('a thousand messages are remembered: the next one is stuck at once, and they are so after their returns', () => {
  const overdue = new OverdueReturns({ maxReceiveCount: 1 });
  const ids = Array.from({ length: 1_001 }, (_, index) => `m${index}`);
  const stuck = () => ids.filter((id) => overdue.isStuck(message(id, 2)));
  expect(stuck()).toEqual(['m1000']);
  expect(stuck()).toEqual(ids);
});

test('without a redrive policy the count says nothing', () => {
  const overdue = new OverdueReturns({ maxReceiveCount: Number.POSITIVE_INFINITY });
  expect(overdue.isStuck(message('a', 1_000))).toBe(false);
});
