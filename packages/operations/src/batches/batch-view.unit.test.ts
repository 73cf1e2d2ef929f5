import { describe, expect, test } from 'vitest';
import { batchShape, batchView } from './batch-view.ts';

const sent = {
  batchId: 'b-1',
  state: 'sent',
  accepted: 20,
  rejected: 1,
  packs: 2,
  createdAtUtc: '2026-11-28T10:00:00Z',
};
const status = (fields: object) => batchView({ ...sent, ...fields })?.status;

describe('the status of a batch', () => {
  test('follows from what is confirmed, settled and failed', () => {
    expect(status({ state: 'sending', pending: new Set([1]) })).toBe('receiving');
    expect(status({ pending: new Set([1, 2]) })).toBe('queued');
    expect(status({ pending: new Set([2]) })).toBe('processing');
    expect(status({ pending: new Set([2]), failed: new Set(['event-1']) })).toBe('processing');
    expect(status({})).toBe('completed');
    expect(status({ failed: new Set(['event-1']) })).toBe('failed');
  });

  test('does not say queued where the number of packs is not known', () => {
    expect(status({ packs: undefined, pending: new Set([1]) })).toBe('processing');
  });
});

test('a batch fits its shape, without attributes of later releases', () => {
  const view = batchView({ ...sent, failed: new Set(['event-2', 'event-1']), bodySha256: 'aa', note: 1 });
  expect(batchShape.parse(view)).toEqual({
    batchId: 'b-1',
    status: 'failed',
    accepted: 20,
    rejected: 1,
    packs: 2,
    packsPending: 0,
    failed: ['event-1', 'event-2'],
    createdAtUtc: '2026-11-28T10:00:00Z',
    startedAtUtc: null,
    finishedAtUtc: null,
  });
});

test('a batch has an end once nothing of it is pending', () => {
  const finishedAtUtc = '2026-11-28T10:00:05Z';
  const end = (fields: object) => batchView({ ...sent, finishedAtUtc, ...fields })?.finishedAtUtc;
  expect(end({})).toBe(finishedAtUtc);
  expect(end({ failed: new Set(['event-1']) })).toBe(finishedAtUtc);
  expect(end({ pending: new Set([1]) })).toBeNull();
  expect(end({ state: 'sending' })).toBeNull();
});

test('an item that is not a batch is not shown as one', () => {
  expect(batchView({ batchId: 'b-1' })).toBeUndefined();
});
