import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf } from '../test/list-handler.ts';
import { listRig } from '../test/list-rig.ts';
import { pass, useVirtualTime } from '../test/service-rig.ts';
import type { BreakerState } from './guard/breaker-state.ts';
import { mostInHandPerReceiver } from './prefetch.ts';

beforeEach(useVirtualTime);

const itemsEach = 100;
const items = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

test('while much work waits, a receive is not made for each message as it comes', async () => {
  const { queue, list, service, stop } = listRig({ callsAtOnce: 1 });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  list.before = (item) => (item === 1 ? released : undefined);
  queue.put(bodyOf(1));
  service.start();
  await pass(1);
  queue.put(bodyOf(...items(100, 20)));
  await pass(1);
  const before = queue.receives;
  for (let id = 2; id <= 41; id += 1) {
    queue.put(bodyOf(id));
    await pass(0.05);
  }
  // 40 messages in two seconds.
  expect(queue.receives - before).toBeLessThanOrEqual(10);
  release();
  await pass(60);
  expect(queue.messages).toEqual([]);
  expect(service.live().ok).toBe(true);
  await stop();
});

test('a hand with no room for a receive, of which all is throttled, is no reason to look at nothing else', async () => {
  const { queue, list, service, stop } = listRig({ receivers: 1 });
  const throttled = Object.assign(new Error('throttled'), { name: 'ThrottlingException' });
  list.before = (item) => {
    if (item < 100) throw throttled;
  };
  // One more than half of what is in hand ordinarily: another receive might bring more than the other half.
  for (const item of items(1, mostInHandPerReceiver.ordinary / 2 + 1)) queue.put(bodyOf(item));
  service.start();
  await pass(60);
  queue.put(bodyOf(100));
  await pass(60);
  expect(list.ids).toEqual([100]);
  await stop();
});

describe('while far behind', () => {
  /** A queue of messages with a hundred items each, and how many are in hand when a receive is answered. */
  function deepQueue(messages: number, putMs: number) {
    const all = listRig({ callsAtOnce: 8, receivers: 4 });
    const { queue, list } = all;
    list.before = () => new Promise((resolve) => setTimeout(resolve, putMs));
    const seen = { mostInHand: 0 };
    queue.beforeAnswer = () => {
      const inHand = queue.messages.filter(({ visibleAt }) => visibleAt > Date.now()).length;
      seen.mostInHand = Math.max(seen.mostInHand, inHand);
    };
    for (let message = 0; message < messages; message += 1)
      queue.put(bodyOf(...items(message * itemsEach + 1, itemsEach)));
    return { ...all, seen };
  }

  test('more is in hand than two receives a receiver, and no more than six', async () => {
    const { queue, service, stop, seen } = deepQueue(300, 10);
    service.start();
    await pass(120);
    expect(queue.messages).toEqual([]);
    expect(seen.mostInHand).toBeGreaterThan(200);
    expect(seen.mostInHand).toBeLessThanOrEqual(4 * mostInHandPerReceiver.behind);
    expect(mostInHandPerReceiver).toEqual({ ordinary: 20, behind: 60 });
    await stop();
  });

  test('no more is taken once what is in hand is old: nothing is held for long only to be folded', async () => {
    const { list, service, stop, seen } = deepQueue(400, 10);
    const never = Promise.withResolvers<void>();
    const { before } = list;
    list.before = (item) => (item === 1 ? never.promise : before(item));
    service.start();
    await pass(9);
    expect(seen.mostInHand).toBeGreaterThan(80);
    // From here on the message with that item has been in hand for more than a quarter of its visibility.
    seen.mostInHand = 0;
    await pass(200);
    expect(seen.mostInHand).toBeGreaterThan(0);
    expect(seen.mostInHand).toBeLessThanOrEqual(80);
    never.resolve();
    await stop();
  });

  test('no more bytes are in hand than the largest messages would be in any case', async () => {
    const { queue, list, service, stop } = listRig({ callsAtOnce: 4, receivers: 1, visibilityTimeoutMs: 600_000 });
    queue.visibilitySeconds = 600;
    list.before = () => new Promise((resolve) => setTimeout(resolve, 100));
    let mostBytes = 0;
    queue.beforeAnswer = () => {
      const inHand = queue.messages.filter(({ visibleAt }) => visibleAt > Date.now());
      const bytes = inHand.reduce((sum, { body }) => sum + body.length, 0);
      mostBytes = Math.max(mostBytes, bytes);
    };
    for (let message = 0; message < 70; message += 1)
      queue.put(`${bodyOf(...items(message * 40 + 1, 40))}${' '.repeat(120_000)}`);
    service.start();
    await pass(60);
    const bytesOf20 = 20 * 262_144;
    // The receive that passes the bound brings ten more messages.
    expect(mostBytes).toBeGreaterThan(bytesOf20 / 2);
    expect(mostBytes).toBeLessThanOrEqual(bytesOf20 + 10 * 130_000);
    await stop();
  });
});

describe('of what the heap holds', () => {
  /** Messages whose work takes this much heap each, and the most that was begun and not ended. */
  function heavyQueue(messages: number, heapBytesEach: number, options: { receivers: number }) {
    const heap = { now: 0, most: 0 };
    const all = listRig({ ...options, handler: { heapBytes: () => heapBytesEach } });
    const { queue, list } = all;
    list.before = async () => {
      heap.now += heapBytesEach;
      heap.most = Math.max(heap.most, heap.now);
      await new Promise((resolve) => setTimeout(resolve, 300));
      heap.now -= heapBytesEach;
    };
    for (let id = 1; id <= messages; id += 1) queue.put(bodyOf(id));
    return { ...all, heap };
  }
  const mib = 2 ** 20;

  test('no more work is begun, whatever RECEIVERS is; the rest waits, and all is done', async () => {
    const { queue, service, stop, heap } = heavyQueue(300, 10 * mib, { receivers: 64 });
    let mostInHand = 0;
    queue.beforeAnswer = () => {
      const inHand = queue.messages.filter(({ visibleAt }) => visibleAt > Date.now()).length;
      mostInHand = Math.max(mostInHand, inHand);
    };
    service.start();
    await pass(60);
    expect(queue.messages).toEqual([]);
    expect(queue.deadLetters).toEqual([]);
    // (216 MiB - 48 MiB) * 0.65 = 109 MiB; ten messages wait and ten receives are in flight, at most.
    // What a message takes is estimated by the one before: these bodies have 3 to 5 characters.
    expect(heap.most).toBeGreaterThanOrEqual(100 * mib);
    expect(heap.most).toBeLessThanOrEqual(110 * mib);
    expect(mostInHand).toBeLessThanOrEqual(10 + 10 + 10 * 10);
    await stop();
  });

  test('a message larger than all of it is worked on alone', async () => {
    const { queue, service, stop, heap } = heavyQueue(30, 500 * mib, { receivers: 4 });
    service.start();
    await pass(60);
    expect(queue.messages).toEqual([]);
    expect(heap.most).toBe(500 * mib);
    await stop();
  });

  test('a message on its last allowed receive does not wait behind the others that do', async () => {
    const { queue, list, service, stop } = heavyQueue(8, 60 * mib, { receivers: 4 });
    queue.put(bodyOf(99), { receiveCount: 2 });
    service.start();
    await pass(2);
    expect(list.ids).toContain(99);
    expect(list.ids.length).toBeLessThan(8);
    await stop();
  });

  test('messages on their last allowed receive that wait for heap begin one by one, too', async () => {
    const { queue, list, service, stop, heap } = heavyQueue(0, 60 * mib, { receivers: 4 });
    for (let id = 1; id <= 9; id += 1) queue.put(bodyOf(id), { receiveCount: 2 });
    // Longer than the turn of each of them.
    list.before = async () => {
      heap.now += 1;
      heap.most = Math.max(heap.most, heap.now);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      heap.now -= 1;
    };
    service.start();
    await pass(60);
    expect(heap.most).toBe(1);
    expect(list.ids).toHaveLength(9);
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('more receivers than can receive at once are lowered in a line', async () => {
    const { service, stop, messages } = listRig({ receivers: 64 });
    service.start();
    await pass(1);
    expect(messages(/RECEIVERS/)).toEqual([
      'the heap holds the messages of 10 receives at once: RECEIVERS is lowered from 64 to 10',
    ]);
    await stop();
  });

  test('messages that wait are handed back at a stop, those on their last receive sent anew', async () => {
    const { queue, list, service, stop } = listRig({ receivers: 2, handler: { heapBytes: () => 500 * mib } });
    list.before = () => new Promise(() => undefined);
    for (let id = 1; id <= 9; id += 1) queue.put(bodyOf(id), { receiveCount: id > 7 ? 2 : 0 });
    service.start();
    await pass(1);
    expect(await stop()).toBeLessThan(40);
    expect(queue.deadLetters).toEqual([]);
    expect(queue.messages).toHaveLength(9);
    expect(queue.messages.every(({ visibleAt }) => visibleAt <= Date.now())).toBe(true);
    expect(queue.messages.filter(({ receiveCount }) => receiveCount > 1)).toEqual([]);
  });
});

describe('while something else is down that the work needs', () => {
  /** A consumer whose work hangs while the other breaker is open, and what that breaker shows. */
  function heldByAnother() {
    const breaker: { state: BreakerState; needsFreshProbe: boolean } = { state: 'closed', needsFreshProbe: false };
    const { promise: released, resolve } = Promise.withResolvers<void>();
    const all = listRig({ handler: { breakers: [breaker] } });
    all.list.before = () => (breaker.state === 'closed' ? undefined : released);
    const release = () => {
      breaker.state = 'closed';
      resolve();
    };
    return { ...all, breaker, release };
  }

  test('nothing more is received, whatever comes, and all of it once that is back', async () => {
    const { queue, list, breaker, release, service, stop } = heldByAnother();
    service.start();
    await pass(1);
    breaker.state = 'open';
    queue.put(bodyOf(1));
    await pass(25);
    const before = queue.receives;
    for (const item of items(2, 30)) queue.put(bodyOf(item));
    await pass(300);
    expect(queue.receives - before).toBeLessThanOrEqual(1);
    expect(queue.messages.filter(({ receiveCount }) => receiveCount === 0).length).toBeGreaterThanOrEqual(20);
    release();
    await pass(60);
    expect(list.ids).toEqual(items(1, 31));
    await stop();
  });

  test('as much as one receive brings is fetched to probe with, where what is in hand tells nothing', async () => {
    const { queue, breaker, release, service, stop } = heldByAnother();
    breaker.state = 'open';
    breaker.needsFreshProbe = true;
    for (const item of items(1, 40)) queue.put(bodyOf(item));
    service.start();
    await pass(600);
    expect(queue.messages.filter(({ receiveCount }) => receiveCount > 0)).toHaveLength(10);
    release();
    await stop();
  });
});
