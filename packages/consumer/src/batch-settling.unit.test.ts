import { createHash } from 'node:crypto';
import { WaybillError } from '@waybill/shared/error.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf } from '../test/list-handler.ts';
import { listRig } from '../test/list-rig.ts';
import { engineError, pass, useVirtualTime } from '../test/service-rig.ts';
import { mostSplitOff } from './settle-failed.ts';

beforeEach(useVirtualTime);

/** A consumer with batches; its list rejects what `rejected` has. */
function batchRig() {
  const rig = listRig({ hasBatches: true });
  const rejected = new Set<number>();
  rig.list.before = (item) => {
    if (rejected.has(item)) throw new WaybillError('STORE_REJECTED', 'the item is at fault');
  };
  const batch = rig.batches.add('b1', 2);
  const put = (body: string, attributes: Record<string, string> = {}) =>
    rig.queue.put(body, { attributes: { batchId: 'b1', ...attributes } });
  /** What the batch waits for and has as failed. */
  const state = () => ({ pending: [...batch.pending], failed: [...batch.failed].sort() });
  const redrive = () => {
    for (const { body, attributes } of rig.queue.deadLetters.splice(0))
      rig.queue.put(body, { attributes: { ...attributes } });
  };
  const written = () => rig.journal.lines(/^batch b/);
  return { ...rig, rejected, put, state, redrive, written };
}

describe('a part of a batch', () => {
  test('that succeeded is not pending any more: after its work and before its delete, in one update', async () => {
    const { journal, put, state, service, stop } = batchRig();
    put(bodyOf(1, 2), { batchPart: '1' });
    service.start();
    await pass(1);
    expect(state()).toEqual({ pending: [0], failed: [] });
    expect(journal.lines(/^(stored|batch b|deleted)/)).toEqual([
      'stored 1',
      'stored 2',
      'batch b1: settle 1 -',
      'deleted m1',
    ]);
    await stop();
  });

  test('without events is settled, too', async () => {
    const { put, state, service, stop } = batchRig();
    put(bodyOf(), { batchPart: '0' });
    service.start();
    await pass(1);
    expect(state()).toEqual({ pending: [1], failed: [] });
    await stop();
  });

  test('of which some failed says so in one update: after the records, before anything is split off', async () => {
    const { journal, put, state, service, stop } = batchRig();
    put(bodyOf(1, -2, -3), { batchPart: '0' });
    service.start();
    await pass(0.5);
    expect(journal.lines(/^(recorded|batch b|sent|deleted)/).slice(0, 5)).toEqual([
      'recorded item-2 INVALID_ITEM',
      'recorded item-3 INVALID_ITEM',
      'batch b1: fail 0 item-2 item-3',
      'sent m2',
      'sent m3',
    ]);
    expect(state()).toEqual({ pending: [1], failed: ['item-2', 'item-3'] });
    await stop();
  });

  test('of one event counts as failed at its first failure, and is cured by a redrive, though it names no record', async () => {
    const { queue, failures, rejected, put, state, redrive, written, service, stop } = batchRig();
    rejected.add(5);
    put(bodyOf(5), { batchPart: '0' });
    service.start();
    await pass(1);
    expect(queue.deadLetters).toHaveLength(1);
    expect(state()).toEqual({ pending: [1], failed: ['item-5'] });
    expect(written()[0]).toBe('batch b1: fail 0 item-5');
    rejected.clear();
    redrive();
    await pass(1);
    expect(state()).toEqual({ pending: [1], failed: [] });
    expect(written().at(-1)).toBe('batch b1: settle 0 item-5');
    expect(failures.records.get('item-5')?.attempts).toBe(3);
    await stop();
  });

  test('of which too much failed counts as failed whole, and is cured whole, its record resolved', async () => {
    const { queue, failures, rejected, put, state, redrive, service, stop } = batchRig();
    const items = Array.from({ length: mostSplitOff + 1 }, (_, index) => index + 1);
    for (const item of items) rejected.add(item);
    const body = bodyOf(...items);
    const failureId = `body-${createHash('sha256').update(body).digest('hex')}`;
    put(body, { batchPart: '1' });
    service.start();
    await pass(5);
    expect(queue.deadLetters).toHaveLength(1);
    expect(state()).toEqual({ pending: [0], failed: [failureId] });
    rejected.clear();
    redrive();
    await pass(5);
    expect(state()).toEqual({ pending: [0], failed: [] });
    expect(failures.records.get(failureId)).toMatchObject({ resolved: true });
    await stop();
  });

  test('of which too much failed, and of which a few fail after a redrive, is failed by these alone', async () => {
    const { failures, rejected, put, state, redrive, service, stop } = batchRig();
    const items = Array.from({ length: mostSplitOff + 1 }, (_, index) => index + 1);
    for (const item of items) rejected.add(item);
    const body = bodyOf(...items);
    const failureId = `body-${createHash('sha256').update(body).digest('hex')}`;
    put(body, { batchPart: '1' });
    service.start();
    await pass(5);
    expect(state()).toEqual({ pending: [0], failed: [failureId] });
    rejected.clear();
    rejected.add(7);
    redrive();
    await pass(5);
    expect(state()).toEqual({ pending: [0], failed: ['item-7'] });
    expect(failures.records.get(failureId)).toMatchObject({ resolved: true });
    rejected.clear();
    redrive();
    await pass(5);
    expect(state()).toEqual({ pending: [0], failed: [] });
    await stop();
  });

  test('that comes again when it is settled is looked for once, and changes nothing', async () => {
    const { put, state, written, service, stop } = batchRig();
    put(bodyOf(1, 2), { batchPart: '0' });
    put(bodyOf(1, 2), { batchPart: '0' });
    service.start();
    await pass(1);
    expect(state()).toEqual({ pending: [1], failed: [] });
    expect(written().toSorted()).toEqual(['batch b1: cure', 'batch b1: settle 0 -', 'batch b1: settle 0 -']);
    await stop();
  });

  test('that crashed between its failure and its split, and succeeds then, takes its failures back', async () => {
    const { queue, batches, failures, rejected, put, state, service, stop } = batchRig();
    put(bodyOf(1, 2, 3), { batchPart: '0' });
    // What the process that crashed had done.
    await batches.fail({ batchId: 'b1', part: 0, failureIds: ['item-2'] });
    await failures.record({
      failureId: 'item-2',
      reason: 'STORE_REJECTED',
      detail: '',
      body: '2',
      parcelId: undefined,
    });
    rejected.clear();
    service.start();
    await pass(1);
    expect(queue.messages).toEqual([]);
    expect(state()).toEqual({ pending: [1], failed: [] });
    expect(failures.records.get('item-2')).toMatchObject({ resolved: true });
    await stop();
  });

  test('is held while the batch cannot be written: nothing is split off, deleted or used up', async () => {
    const { queue, journal, batches, put, state, service, stop } = batchRig();
    put(bodyOf(1, -2), { batchPart: '0' });
    put(bodyOf(3), { batchPart: '1' });
    let down = true;
    batches.before = () => {
      if (down) throw engineError('AccessDeniedException');
    };
    service.start();
    await pass(120);
    expect(service.ready()).toMatchObject({ ok: false, parts: { breaker: { ok: false } } });
    expect(journal.lines(/^(sent|deleted|visibility m\d+ 0)/)).toEqual([]);
    expect(queue.messages.map(({ receiveCount }) => receiveCount)).toEqual([1, 1]);
    down = false;
    await pass(15);
    expect(state()).toEqual({ pending: [], failed: ['item-2'] });
    await stop();
  });
});

describe('what is split off from a batch', () => {
  test('is cured by a redrive, in the update after its record is resolved', async () => {
    const { queue, journal, rejected, put, state, redrive, service, stop } = batchRig();
    rejected.add(2);
    put(bodyOf(1, 2), { batchPart: '0' });
    put(bodyOf(3, 4), { batchPart: '1' });
    service.start();
    await pass(5);
    expect(queue.deadLetters.map(({ attributes }) => attributes)).toEqual([{ batchId: 'b1', failureId: 'item-2' }]);
    expect(state()).toEqual({ pending: [], failed: ['item-2'] });
    rejected.clear();
    redrive();
    await pass(1);
    expect(state()).toEqual({ pending: [], failed: [] });
    expect(journal.lines(/^(resolved|batch b|deleted)/).slice(-3)).toMatchObject([
      'resolved item-2',
      'batch b1: settle - item-2',
      expect.stringMatching(/^deleted/),
    ]);
    await stop();
  });

  test('stays failed with every failure, and is failed again when it fails after it was cured', async () => {
    const { queue, rejected, put, state, redrive, service, stop } = batchRig();
    rejected.add(2);
    put(bodyOf(1, 2), { batchPart: '0' });
    put(bodyOf(3), { batchPart: '1' });
    service.start();
    await pass(5);
    const [dead] = queue.deadLetters;
    redrive();
    await pass(5);
    expect(state()).toEqual({ pending: [], failed: ['item-2'] });
    rejected.clear();
    redrive();
    await pass(1);
    expect(state()).toEqual({ pending: [], failed: [] });
    // SQS delivers it once more.
    rejected.add(2);
    queue.put(dead?.body ?? '', { attributes: { ...dead?.attributes } });
    await pass(1);
    expect(state()).toEqual({ pending: [], failed: ['item-2'] });
    await stop();
  });
});

describe('nothing is written of a batch', () => {
  test('where the message names none, or one that cannot be ours', async () => {
    const { queue, put, written, service, stop } = batchRig();
    queue.put(bodyOf(1), { attributes: { batchPart: '0' } });
    put(bodyOf(2), { batchId: 'x'.repeat(129), batchPart: '0' });
    put(bodyOf(3), { batchPart: 'one' });
    put(bodyOf(4));
    service.start();
    await pass(1);
    expect(queue.messages).toEqual([]);
    expect(written()).toEqual([]);
    await stop();
  });

  test('where the deployment has no table of them', async () => {
    const { queue, journal, service, stop } = listRig();
    queue.put(bodyOf(1, -2), { attributes: { batchId: 'b1', batchPart: '0' } });
    service.start();
    await pass(5);
    expect(journal.lines(/^batch b/).filter((line) => !/^batch of/.test(line))).toEqual([]);
    await stop();
  });
});
