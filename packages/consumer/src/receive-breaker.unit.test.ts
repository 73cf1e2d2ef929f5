import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf } from '../test/list-handler.ts';
import { type ListRigOptions, listRig } from '../test/list-rig.ts';
import { engineError, pass, useVirtualTime } from '../test/service-rig.ts';

beforeEach(useVirtualTime);

const cutOff = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

/** A consumer at the defaults before a proxy, which cuts what `cuts` says of an answer: its messages, and how long it took. */
function behindProxy(cuts: (taken: readonly ReceivedMessage[]) => boolean, options: ListRigOptions = {}) {
  const all = listRig({ receivers: 4, ...options });
  const seen = { cuts, used: 0 };
  all.queue.beforeAnswer = (taken) => {
    if (!seen.cuts(taken)) return;
    seen.used += taken.length;
    throw cutOff();
  };
  const putHealthy = (count: number) => {
    for (let id = 1; id <= count; id += 1) all.queue.put(bodyOf(id));
  };
  return { ...all, seen, putHealthy };
}

const withMessages = (taken: readonly unknown[]) => taken.length > 0;
const nothing = () => false;

/** Ends a poll of the rig's queue after this many seconds, as a proxy with an idle limit does. */
function idleLimit({ queue }: ReturnType<typeof listRig>, seconds: number) {
  const { receive } = queue;
  Object.assign(queue, {
    receive: (options: Parameters<typeof receive>[0] = {}) => {
      const waitSeconds = options.waitSeconds ?? 20;
      if (waitSeconds <= seconds) return receive(options);
      return receive({ ...options, waitSeconds: seconds }).then((taken) => {
        if (taken.length === 0) throw cutOff();
        return taken;
      });
    },
  });
}

describe('while the answers of receives are lost', () => {
  test.each([200, 40, 10, 1])('ten minutes cost %i healthy messages few receives and none of them', async (count) => {
    const { queue, seen, putHealthy, service, list, stop } = behindProxy(withMessages);
    putHealthy(count);
    service.start();
    await pass(600);
    expect(seen.used).toBeGreaterThanOrEqual(2);
    expect(seen.used).toBeLessThanOrEqual(30);
    expect(queue.deadLetters).toEqual([]);
    seen.cuts = nothing;
    await pass(1_900);
    expect(list.ids).toHaveLength(count);
    expect(queue.deadLetters).toEqual([]);
    expect(queue.messages).toEqual([]);
    expect(service.ready().ok).toBe(true);
    await stop();
  });

  test('an hour costs tens of receives, and no healthy message of 200', async () => {
    const { queue, seen, putHealthy, service, stop } = behindProxy(withMessages);
    putHealthy(200);
    service.start();
    await pass(3_600);
    expect(seen.used).toBeLessThanOrEqual(50);
    expect(queue.deadLetters).toEqual([]);
    await stop();
  });

  test('begun in the middle of the work, they cost what was asked for at that moment, and little more', async () => {
    const { queue, seen, putHealthy, service, list, stop } = behindProxy(nothing);
    list.before = () => new Promise((resolve) => setTimeout(resolve, 50));
    putHealthy(2_000);
    service.start();
    await pass(0.3);
    seen.cuts = withMessages;
    await pass(600);
    expect(seen.used).toBeGreaterThan(2);
    expect(seen.used).toBeLessThanOrEqual(4 * 10 + 8);
    expect(queue.deadLetters).toEqual([]);
    await stop();
  });

  test('readiness is off until a message arrives, never on in between, and says why', async () => {
    const { seen, putHealthy, service, stop } = behindProxy(withMessages);
    putHealthy(200);
    service.start();
    await pass(35);
    for (let seconds = 0; seconds < 600; seconds += 1) {
      expect(service.ready()).toMatchObject({
        ok: false,
        parts: { receives: { ok: false, detail: expect.stringContaining('socket hang up') } },
      });
      await pass(1);
    }
    expect(service.live().ok).toBe(true);
    seen.cuts = nothing;
    await pass(121);
    expect(service.ready().ok).toBe(true);
    await stop();
  });

  test('what comes on its last receive after two that were lost has its record before its work', async () => {
    const { queue, seen, journal, service, stop } = behindProxy((taken) =>
      taken.some(({ receiveCount }) => receiveCount < 3),
    );
    queue.put(bodyOf(1));
    service.start();
    await pass(1_800);
    expect(seen.used).toBe(2);
    expect(journal.lines(/^(recorded|stored|deleted)/)).toEqual([
      'recorded item-1 REPEATEDLY_INTERRUPTED',
      'stored 1',
      'deleted m1',
    ]);
    await stop();
  });

  test('a stop during a look at the queue begins no poll any more, and is over when the look is', async () => {
    const { queue, putHealthy, service, stop } = behindProxy(withMessages);
    putHealthy(1);
    service.start();
    await pass(35);
    queue.before = (operation) => {
      if (operation === 'depth') throw engineError('ServiceUnavailable');
      return [];
    };
    await pass(20);
    // The next look finds SQS well again, after which a poll is due at once.
    const looking = Promise.withResolvers<readonly number[]>();
    queue.before = (operation) => (operation === 'depth' ? looking.promise : []);
    await pass(20);
    const polls = queue.receives;
    setTimeout(() => looking.resolve([]), 8_000);
    expect(await stop()).toBe(8);
    expect(queue.receives).toBe(polls);
  });

  test('only one failure costs nothing but the receive of what it held', async () => {
    let failures = 0;
    const { seen, putHealthy, service, list, queue, stop } = behindProxy((taken) => {
      failures += taken.length > 0 ? 1 : 0;
      return failures === 1;
    });
    putHealthy(50);
    service.start();
    await pass(35);
    expect(list.ids).toHaveLength(50);
    expect(queue.asked.some(({ maxMessages }) => maxMessages === undefined)).toBe(true);
    expect(seen.used).toBe(10);
    expect(service.ready().ok).toBe(true);
    await stop();
  });
});

test.each(['ServiceUnavailable', 'InternalServerError', 'AccessDenied', 'ThrottlingException', 'TimeoutError'])(
  'an outage of SQS as a whole, by %s, is over some seconds after its end',
  async (name) => {
    const { queue, list, service, putHealthy, stop } = behindProxy(nothing);
    let isDown = true;
    queue.before = () => {
      if (isDown) throw engineError(name);
      return [];
    };
    putHealthy(50);
    service.start();
    await pass(300);
    expect(list.ids).toEqual([]);
    isDown = false;
    await pass(11);
    expect(list.ids).toHaveLength(50);
    expect(service.ready().ok).toBe(true);
    expect(queue.messages).toEqual([]);
    await stop();
  },
);

test.each(['AccessDenied', 'ThrottlingException', 'ExpiredTokenException'])(
  'a receive that is refused by %s used up nothing: it is tried again as before',
  async (name) => {
    const { queue, list, service, putHealthy, stop } = behindProxy(nothing);
    let isRefused = true;
    queue.before = (operation) => {
      if (isRefused && operation === 'receive') throw engineError(name);
      return [];
    };
    putHealthy(50);
    service.start();
    await pass(300);
    expect(queue.receives).toBeGreaterThan(40);
    isRefused = false;
    await pass(11);
    expect(list.ids).toHaveLength(50);
    await stop();
  },
);

describe('a proxy that ends a connection after 8 s', () => {
  test('before an idle queue is found out and lived with: shorter polls, kept; a longer one is tried seldom', async () => {
    const rig = behindProxy(nothing);
    idleLimit(rig, 8);
    rig.service.start();
    await pass(60);
    expect(rig.service.ready().ok).toBe(true);
    const cut = () => rig.queue.asked.filter(({ waitSeconds }) => waitSeconds === 8).length;
    expect(cut()).toBe(2);
    rig.queue.put(bodyOf(1));
    await pass(1);
    expect(rig.list.ids).toEqual([1]);
    await pass(3_600);
    // After 1, 3, 7, 15, 31 minutes.
    expect(cut() - 2).toBeLessThanOrEqual(6);
    expect(rig.service.ready().ok).toBe(true);
    await rig.stop();
  });

  test('once it is gone, polls are long again', async () => {
    const rig = behindProxy(nothing);
    const { receive } = rig.queue;
    idleLimit(rig, 8);
    rig.service.start();
    await pass(40);
    Object.assign(rig.queue, { receive });
    await pass(240);
    rig.queue.asked.splice(0);
    await pass(60);
    expect(rig.queue.asked.length).toBeGreaterThan(1);
    expect(rig.queue.asked.every(({ waitSeconds }) => waitSeconds === undefined)).toBe(true);
    await rig.stop();
  });

  test('keeps a busy queue at its full rate, with all its receivers', async () => {
    const rate = async (limited: boolean) => {
      const rig = behindProxy(nothing);
      if (limited) idleLimit(rig, 8);
      rig.list.before = () => new Promise((resolve) => setTimeout(resolve, 100));
      rig.service.start();
      await pass(60);
      rig.putHealthy(5_000);
      await pass(5);
      const done = rig.list.ids.length;
      expect(rig.queue.deadLetters).toEqual([]);
      await rig.stop();
      return done;
    };
    const unlimited = await rate(false);
    expect(await rate(true)).toBeGreaterThanOrEqual(unlimited * 0.95);
    expect(unlimited).toBeGreaterThan(1_000);
  });
});
