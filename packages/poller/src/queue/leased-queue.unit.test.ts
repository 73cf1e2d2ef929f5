import { systemClock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { EntryFailure, MessageSender, OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leasedSender } from '../../test/leased-sender.ts';
import { recordedLog } from '../../test/observed.ts';
import { type LeasedQueueDependencies, leasedQueue, mostCalls } from './leased-queue.ts';

const never = new AbortController().signal;
const message = (body: string): OutgoingMessage => ({ body });
const large = (name: string) => message(name.padEnd(limits.sendBytes, '.'));

/** A queue whose calls are answered when the test says. */
function heldQueue() {
  const calls: {
    readonly bodies: readonly string[];
    readonly answer: (failures?: readonly EntryFailure[]) => Promise<void>;
    readonly fail: (error: Error) => Promise<void>;
  }[] = [];
  const sender: MessageSender = {
    sendBatch: (messages) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly EntryFailure[]>();
      const settled = () => new Promise<void>((done) => setImmediate(done));
      calls.push({
        bodies: messages.map(({ body }) => body.replace(/\.+$/, '')),
        answer: (failures = []) => {
          resolve(failures);
          return settled();
        },
        fail: (error) => {
          reject(error);
          return settled();
        },
      });
      return promise;
    },
  };
  return { calls, sender, bodies: () => calls.map((call) => call.bodies) };
}

const refused = (index: number): EntryFailure => ({ index, code: 'InternalError', detail: 'try again' });

describe('sends at the same time', () => {
  test('go alone and at once while few are under way', () => {
    const { sender, bodies } = heldQueue();
    const queue = leasedSender(sender, never);
    void queue.sendBatch([message('a')]);
    void queue.sendBatch([message('b'), message('c')]);
    expect(bodies()).toEqual([['a'], ['b', 'c']]);
  });

  test('beyond that go together in one call, as soon as another returns', async () => {
    const { sender, calls, bodies } = heldQueue();
    const queue = leasedSender(sender, never);
    for (const name of ['a', 'b', 'c', 'd', 'e']) void queue.sendBatch([message(name)]);
    expect(bodies()).toEqual([['a'], ['b']]);
    await calls[0]?.answer();
    expect(bodies()).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
  });

  test('leave at once where they fill a call, by number or by size', () => {
    const { sender, bodies } = heldQueue();
    const queue = leasedSender(sender, never);
    for (const name of ['a', 'b']) void queue.sendBatch([message(name)]);
    for (let index = 0; index < limits.batchEntries; index += 1) void queue.sendBatch([message(String(index))]);
    for (const name of ['large', 'larger']) void queue.sendBatch([large(name)]);
    // The last one might be joined by another yet.
    expect(bodies().slice(2)).toEqual([[...'0123456789'], ['large']]);
  });

  test('each get the failures of their own entries', async () => {
    const { sender, calls } = heldQueue();
    const queue = leasedSender(sender, never);
    const early = [queue.sendBatch([message('a')]), queue.sendBatch([message('b')])];
    const late = [queue.sendBatch([message('c')]), queue.sendBatch([message('d'), message('e')])];
    await calls[0]?.answer();
    await calls[1]?.answer([refused(0)]);
    await calls[2]?.answer([refused(2)]);
    expect(await Promise.all([...early, ...late])).toEqual([[], [refused(0)], [], [refused(1)]]);
  });

  test('all fail with the call that carried them, and no others do', async () => {
    const { sender, calls } = heldQueue();
    const queue = leasedSender(sender, never);
    const sends = ['a', 'b', 'c', 'd'].map((name) => queue.sendBatch([message(name)]));
    const outcomes = Promise.allSettled(sends);
    await calls[0]?.answer();
    await calls[2]?.fail(new Error('connection cut'));
    await calls[1]?.answer();
    const reason = expect.objectContaining({ message: 'connection cut' });
    expect(await outcomes).toEqual([
      { status: 'fulfilled', value: [] },
      { status: 'fulfilled', value: [] },
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
  });

  test('never take more calls than there are sockets, however many there are', async () => {
    const { sender, calls } = heldQueue();
    const queue = leasedSender(sender, never);
    const sends = Array.from({ length: 64 * 4 }, (_, index) => queue.sendBatch([large(String(index))]));
    expect(calls).toHaveLength(mostCalls);
    for (let index = 0; index < sends.length; index += 1) {
      expect(calls.length).toBeLessThanOrEqual(index + mostCalls);
      await calls[index]?.answer();
    }
    expect(await Promise.all(sends)).toEqual(sends.map(() => []));
  });

  test('all leave though the signal aborts: a page that is half sent is finished', async () => {
    const { sender, calls, bodies } = heldQueue();
    const ending = new AbortController();
    const queue = leasedSender(sender, ending.signal);
    const outcomes = Promise.all(['a', 'b', 'c'].map((name) => queue.sendBatch([message(name)])));
    ending.abort();
    for (const index of [0, 1, 2]) await calls[index]?.answer();
    expect(await outcomes).toEqual([[], [], []]);
    expect(bodies()).toEqual([['a'], ['b'], ['c']]);
  });

  test('that have not left are given up where a call fails after the signal aborted; those under way are waited for', async () => {
    const { sender, calls, bodies } = heldQueue();
    const ending = new AbortController();
    const queue = leasedSender(sender, ending.signal);
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map((name) => queue.sendBatch([message(name)])));
    ending.abort();
    await calls[0]?.fail(new Error('connection cut'));
    await calls[1]?.answer();
    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { message: 'connection cut' } },
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'STOPPED' } },
    ]);
    expect(bodies()).toEqual([['a'], ['b']]);
  });
});

test('every message goes out once and in order, in calls that SQS takes', async () => {
  const sends = fc.array(
    fc.array(fc.integer({ min: 1, max: 26_000 }), { minLength: 1, maxLength: limits.batchEntries }),
  );
  await fc.assert(
    fc.asyncProperty(sends, async (sizes) => {
      const sent: string[] = [];
      const sender: MessageSender = {
        sendBatch: async (messages) => {
          expect(messages.length).toBeLessThanOrEqual(limits.batchEntries);
          expect(messages.reduce((sum, one) => sum + sizeOf(one), 0)).toBeLessThanOrEqual(limits.sendBytes);
          sent.push(...messages.map(({ body }) => body));
          await new Promise<void>((resolve) => setImmediate(resolve));
          return [];
        },
      };
      const queue = leasedSender(sender, never);
      let name = 0;
      const batches = sizes.map((ofOne) => ofOne.map((size) => message(`${++name}`.padEnd(size, '.'))));
      await Promise.all(batches.map((batch) => queue.sendBatch(batch)));
      expect(sent).toEqual(batches.flat().map(({ body }) => body));
    }),
  );
});

describe('a call under a lease', () => {
  const leased = (queue: MessageSender, lease: LeasedQueueDependencies['lease']) =>
    leasedQueue({ queue, lease, clock: systemClock, log: recordedLog().log, reportHealth: () => undefined }, never);

  test('leaves in the same turn while the lease is held for certain', () => {
    const { sender, bodies } = heldQueue();
    const ensureHeld = () => Promise.reject(new Error('asked'));
    void leased(sender, { heldUntil: Number.POSITIVE_INFINITY, ensureHeld }).sendBatch([message('a')]);
    expect(bodies()).toEqual([['a']]);
  });

  test('that had to wait for another checks the lease again, and leaves once that is renewed', async () => {
    const { sender, calls, bodies } = heldQueue();
    const renewed = Promise.withResolvers<void>();
    const lease = { heldUntil: Number.POSITIVE_INFINITY, ensureHeld: () => renewed.promise };
    const queue = leased(sender, lease);
    for (const name of ['a', 'b', 'c']) void queue.sendBatch([message(name)]);
    lease.heldUntil = Number.NEGATIVE_INFINITY;
    await calls[0]?.answer();
    expect(bodies()).toEqual([['a'], ['b']]);
    renewed.resolve();
    await calls[1]?.answer();
    expect(bodies()).toEqual([['a'], ['b'], ['c']]);
  });

  test('never leaves once the lease is lost', async () => {
    const { sender, bodies } = heldQueue();
    const lost = new WaybillError('LEASE_LOST', 'taken over');
    const queue = leased(sender, { heldUntil: Number.NEGATIVE_INFINITY, ensureHeld: () => Promise.reject(lost) });
    await expect(queue.sendBatch([message('a')])).rejects.toBe(lost);
    expect(bodies()).toEqual([]);
  });
});
