import { type Clock, type Random, systemClock } from '@waybill/shared/clock.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import { isThrottling } from '@waybill/shared/throttling.ts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { engineError, pass, useVirtualTime } from '../../test/service-rig.ts';
import type { BreakerState } from './breaker-state.ts';
import { type Fault, Guard } from './guard.ts';

beforeEach(useVirtualTime);

const never = new AbortController().signal;

function faultOf(error: unknown): Fault {
  if (hasCode(error, 'STORE_REJECTED')) return 'item';
  if (hasCode(error, 'STORE_CONTENDED')) return 'others';
  return isThrottling(error) ? 'throttled' : 'engine';
}

function guarded(options: { readonly concurrency?: number; readonly clock?: Clock; readonly random?: Random } = {}) {
  const { concurrency = 64, clock = systemClock, random = () => 0.5 } = options;
  const states: BreakerState[] = [];
  const errors: unknown[] = [];
  const guard = new Guard({
    clock,
    random,
    engine: 'the engine',
    lanes: { work: concurrency },
    faultOf,
    signal: never,
    onEngineError: (error) => void errors.push(error),
    onStateChange: (state) => void states.push(state),
  });
  return { guard, states, errors };
}

/** An engine that fails until it is mended, each call after `seconds`, and counts what reaches it, at once and in all. */
function engine(error: () => unknown = () => engineError('InternalServerError'), seconds = 0.01) {
  const seen = { calls: 0, atOnce: 0, mostAtOnce: 0, down: true };
  const call = async () => {
    seen.calls += 1;
    seen.atOnce += 1;
    seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
    await systemClock.sleep(seconds * 1_000, never);
    seen.atOnce -= 1;
    if (seen.down) throw error();
    return 'done';
  };
  return { seen, call };
}

describe('an engine that fails', () => {
  test.each([
    'AccessDeniedException',
    'ResourceNotFoundException',
    'ExpiredTokenException',
    'UnrecognizedClientException',
    'CredentialsProviderError',
    'InternalServerError',
    'KMSAccessDeniedException',
    'TimeoutError',
    'SomethingNobodyHasHeardOf',
  ])('with %s is taken to be down after five failures, of one piece of work or of several', async (name) => {
    for (const pieces of [1, 5]) {
      const { guard, states } = guarded();
      const { seen, call } = engine(() => engineError(name));
      const held = Array.from({ length: pieces }, (_, piece) => guard.execute(`item-${piece}`, call, never));
      await pass(5);
      expect(states[0]).toBe('open');
      seen.down = false;
      await pass(30);
      expect(await Promise.all(held)).toEqual(held.map(() => 'done'));
      expect(guard.state).toBe('closed');
    }
  });

  test('with what is no Error at all, too', async () => {
    const { guard } = guarded();
    const { seen, call } = engine(() => 'gone');
    const held = guard.execute('item-1', call, never);
    await pass(5);
    expect(guard.state).toBe('open');
    seen.down = false;
    await pass(30);
    expect(await held).toBe('done');
  });

  test('is asked by a single probe at a time, some seconds apart, whatever is waiting', async () => {
    const { guard } = guarded({ concurrency: 8 });
    const { seen, call } = engine();
    const held = Array.from({ length: 100 }, (_, piece) => guard.execute(`item-${piece}`, call, never));
    await pass(2);
    // What was under way when the breaker opened, what took the place of the first four, and a probe or two: not all that waited.
    expect(seen.calls).toBeLessThanOrEqual(8 + 4 + 2);
    seen.mostAtOnce = 0;
    const before = seen.calls;
    await pass(300);
    expect(seen.mostAtOnce).toBe(1);
    expect(seen.calls - before).toBeGreaterThan(25);
    expect(seen.calls - before).toBeLessThan(65);
    seen.down = false;
    await pass(30);
    expect(await Promise.all(held)).toHaveLength(100);
  });

  test('is back within the longest wait for a probe', async () => {
    const { guard } = guarded();
    const { seen, call } = engine();
    const held = guard.execute('item-1', call, never);
    await pass(3_600);
    seen.down = false;
    await pass(10.1);
    expect(guard.state).toBe('closed');
    expect(await held).toBe('done');
  });
});

test('a wall clock that is set back keeps no engine down', async () => {
  const { guard } = guarded();
  const { seen, call } = engine();
  const held = guard.execute('item-1', call, never);
  await pass(60);
  vi.setSystemTime(Date.now() - 3_600_000);
  seen.down = false;
  await pass(10.1);
  expect(await held).toBe('done');
  expect(guard.state).toBe('closed');
});

test('what failed last is what a probe tries: records that cannot be written are not found well by other work', async () => {
  const { guard, states } = guarded();
  const { call } = engine(() => engineError('AccessDeniedException'));
  void guard.execute('event-1', call, never, 'records');
  await pass(10);
  for (let item = 1; item <= 10; item += 1) void guard.execute(`item-${item}`, async () => {}, never, 'work');
  await pass(60);
  expect(states).not.toContain('closed');
});

describe('what says nothing about the engine', () => {
  test('an item that the store rejects is rejected at once, and opens nothing', async () => {
    const { guard, states, errors } = guarded();
    for (let piece = 0; piece < 20; piece += 1) {
      const rejection = new WaybillError('STORE_REJECTED', 'the item is at fault');
      await expect(guard.execute('item-1', () => Promise.reject(rejection), never, 'work')).rejects.toBe(rejection);
    }
    expect(states).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('a rejected item that happened to be the probe has found the engine well', async () => {
    const { guard } = guarded();
    const { call } = engine();
    const held = new AbortController();
    const failing = guard.execute('item-1', call, held.signal, 'work');
    await pass(5);
    held.abort();
    await expect(failing).rejects.toThrow();
    await pass(30);
    const rejection = new WaybillError('STORE_REJECTED', 'the item is at fault');
    await expect(guard.execute('item-2', () => Promise.reject(rejection), never, 'work')).rejects.toBe(rejection);
    expect(guard.state).toBe('closed');
  });

  test.each(['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'])(
    'one hot item, throttled again and again with %s while another is stored now and then, opens nothing',
    async (name) => {
      const { guard, states } = guarded();
      const { seen, call } = engine(() => engineError(name));
      const held = [guard.execute('item-1', call, never), guard.execute('item-1', call, never)];
      for (let times = 0; times < 20; times += 1) {
        await pass(6);
        await guard.execute('item-2', async () => 'done', never);
      }
      expect(seen.calls).toBeGreaterThan(50);
      expect(states).toEqual([]);
      seen.down = false;
      await pass(5);
      expect(await Promise.all(held)).toEqual(['done', 'done']);
    },
  );

  test('an item that others change all the time opens nothing', async () => {
    const { guard, states } = guarded();
    const { call } = engine(() => new WaybillError('STORE_CONTENDED', 'changed by others'));
    void guard.execute('item-1', call, never, 'work');
    await pass(60);
    expect(states).toEqual([]);
  });

  test('but several items throttled in a row are a table that is, and a throttled probe has not found it well', async () => {
    const { guard, states } = guarded();
    const { seen, call } = engine(() => engineError('ThrottlingException'));
    const held = [1, 2, 3, 4, 5].map((item) => guard.execute(`item-${item}`, call, never));
    await pass(120);
    expect(guard.state).not.toBe('closed');
    expect(states).not.toContain('closed');
    seen.down = false;
    await pass(30);
    expect(await Promise.all(held)).toHaveLength(5);
  });
});

describe('an engine that throttles whatever there is, little as it may be,', () => {
  test.each([1, 3])('is taken to be down within 10 s with %i writes in hand', async (writes) => {
    for (const luck of [0, 0.5, 0.999]) {
      const { guard, states } = guarded({ random: () => luck });
      const { seen, call } = engine(() => engineError('ThrottlingException'));
      const held = Array.from({ length: writes }, (_, item) => guard.execute(`item-${item}`, call, never));
      await pass(6.9);
      expect(states).toEqual([]);
      await pass(3.1);
      expect(states[0]).toBe('open');
      await pass(120);
      expect(states).not.toContain('closed');
      seen.down = false;
      await pass(10.1);
      expect(guard.state).toBe('closed');
      await Promise.all(held);
    }
  });

  test.each([
    ['a success', () => Promise.resolve()],
    ['an item that it rejects', () => Promise.reject(new WaybillError('STORE_REJECTED', 'the item is at fault'))],
  ])('is found well by %s, and has the whole time again from then on', async (_, answer) => {
    const { guard, states } = guarded();
    const { call } = engine(() => engineError('ThrottlingException'));
    void guard.execute('item-1', call, never, 'work');
    for (let times = 0; times < 5; times += 1) {
      await pass(6);
      await guard.execute('item-2', answer, never, 'work').catch(() => undefined);
    }
    expect(states).toEqual([]);
    await pass(10);
    expect(states[0]).toBe('open');
  });
});

describe('a hot item that is all there is', () => {
  /** One that has been throttled, and nothing else stored, for five minutes. */
  async function hotAlone(lane: 'work' | 'records' = 'work') {
    const { guard } = guarded();
    const { seen, call } = engine(() => engineError('ThrottlingException'));
    void guard.execute('hot', call, never, lane);
    await pass(300);
    expect(guard.state).toBe('open');
    return { guard, seen };
  }

  test.each([
    ['work', 'work'],
    ['work', 'records'],
    ['records', 'work'],
    ['records', 'records'],
  ] as const)('of the lane %s, is not the next probe when another comes, of the lane %s', async (hot, lane) => {
    const { guard, seen } = await hotAlone(hot);
    expect(guard.needsFreshProbe).toBe(true);
    const before = seen.calls;
    const other = guard.execute('another', async () => seen.calls, never, lane);
    expect(guard.needsFreshProbe).toBe(false);
    await pass(10);
    expect(await other).toBe(before);
  });

  test('needs one more for each other that is throttled, too, and none while one is tried', async () => {
    const { guard } = await hotAlone();
    const other = engine(() => engineError('ThrottlingException'), 0.5);
    void guard.execute('another', other.call, never, 'work');
    while (other.seen.calls === 0) {
      expect(guard.needsFreshProbe).toBe(false);
      await pass(0.1);
    }
    expect(guard.needsFreshProbe).toBe(false);
    await pass(0.5);
    expect(guard.needsFreshProbe).toBe(true);
  });
});

test('an engine that is down for another reason than throttling needs no other item to tell', async () => {
  const { guard } = guarded();
  const { call } = engine();
  void guard.execute('item-1', call, never, 'work');
  for (let second = 0; second < 60; second += 1) {
    await pass(1);
    expect(guard.needsFreshProbe).toBe(false);
  }
  expect(guard.state).not.toBe('closed');
});

describe('an engine whose calls take their time to fail', () => {
  test.each([4.5, 6.99, 8])('after %d s each, one at a time, is taken to be down within 15 s', async (seconds) => {
    for (const luck of [0, 0.999]) {
      const { guard, states } = guarded({ random: () => luck });
      const { seen, call } = engine(() => engineError('TimeoutError'), seconds);
      // A quiet time before is no time of failures.
      await guard.execute('item-1', async () => {}, never);
      await pass(3_600);
      const held = guard.execute('item-1', call, never);
      await pass(Math.min(7, seconds) - 0.01);
      expect(states).toEqual([]);
      await pass(15 - Math.min(7, seconds) + 0.01);
      expect(states[0]).toBe('open');
      seen.down = false;
      await pass(30);
      expect(await held).toBe('done');
    }
  });

  test('but one such call, while others are answered, opens nothing', async () => {
    const { guard, states } = guarded();
    const { seen, call } = engine(() => engineError('TimeoutError'), 8);
    const held = guard.execute('item-1', call, never);
    for (let times = 0; times < 60; times += 1) {
      await pass(1);
      void guard.execute('item-2', async () => {}, never);
    }
    expect(seen.calls).toBeGreaterThan(5);
    expect(states).toEqual([]);
    seen.down = false;
    await pass(30);
    await held;
  });
});

describe('an outage that holds 24,000 writes', () => {
  const writes = 24_000;

  /** A clock that counts what it is asked to wait for. */
  function heldWrites() {
    let sleeps = 0;
    const clock = {
      ...systemClock,
      sleep: (ms: number, signal: AbortSignal) => {
        sleeps += 1;
        return systemClock.sleep(ms, signal);
      },
    };
    const stopping = new AbortController();
    const { guard, states } = guarded({ clock });
    let stored = 0;
    let [down, calls, atOnce, mostAtOnce] = [true, 0, 0, 0];
    const call = async () => {
      calls += 1;
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      await systemClock.sleep(5, never);
      atOnce -= 1;
      if (down) throw engineError('InternalServerError');
      stored += 1;
    };
    const held = Array.from({ length: writes }, (_, item) =>
      guard.execute(`item-${item}`, call, stopping.signal, 'work'),
    );
    const counts = () => ({ calls, sleeps, stored, mostAtOnce });
    const mend = () => {
      [down, mostAtOnce] = [false, 0];
    };
    return { guard, states, held, stopping, counts, mend };
  }

  test('costs the probes and nothing else: neither a timer nor an attempt for what is held', async () => {
    const { held, stopping, counts } = heldWrites();
    await pass(5);
    const before = counts();
    expect(before.calls).toBeLessThanOrEqual(64 + 4 + 2);
    await pass(600);
    const during = counts();
    // A probe every 5 to 10 seconds, and one wait before each.
    expect(during.calls - before.calls).toBeGreaterThanOrEqual(60);
    expect(during.calls - before.calls).toBeLessThanOrEqual(120);
    expect(during.sleeps - before.sleeps).toBe(during.calls - before.calls);
    stopping.abort();
    await Promise.allSettled(held);
  });

  test('ends with the next probe, and what is held goes on by its slots, not all at once', async () => {
    const { guard, held, counts, mend } = heldWrites();
    await pass(600);
    mend();
    await pass(10.01);
    expect(guard.state).toBe('closed');
    await pass((writes / 64) * 0.006);
    expect(counts()).toMatchObject({ stored: writes, mostAtOnce: 64 });
    await Promise.all(held);
  });

  test('is stopped at once: all of them reject, and none begins', async () => {
    const { held, stopping, counts } = heldWrites();
    await pass(60);
    const before = counts();
    const settled = Promise.allSettled(held);
    stopping.abort();
    await pass(0.006);
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
    await pass(60);
    expect(counts().calls).toBe(before.calls);
  });
});

describe('a call that carries the writes of many items', () => {
  test('fails once, however many they are: it takes five such calls to open the breaker', async () => {
    const { guard, states, errors } = guarded();
    const held: Promise<unknown>[] = [];
    const stopping = new AbortController();
    const failingCall = async () => {
      const error = engineError('TimeoutError');
      for (let item = 1; item <= 25; item += 1) {
        const write = guard.execute(`item-${item}`, () => Promise.reject(error), stopping.signal);
        held.push(write.catch(() => undefined));
      }
      // Before the first of them is tried again.
      await pass(0.001);
    };
    for (let calls = 1; calls <= 4; calls += 1) {
      await failingCall();
      expect(errors).toHaveLength(calls);
      expect(states).toEqual([]);
    }
    await failingCall();
    expect(states).toEqual(['open']);
    stopping.abort();
    await Promise.all(held);
  });

  test('of which some are throttled has not failed', async () => {
    const { guard, states } = guarded();
    for (let call = 1; call <= 20; call += 1) {
      const error = engineError('ThrottlingException');
      const answers = [1, 2, 3, 4, 5, 6, 7].map((statement) =>
        statement === 1 ? Promise.resolve() : Promise.reject(error),
      );
      const stopping = new AbortController();
      const held = answers.map((answer, index) =>
        guard.execute(`item-${call}-${index}`, () => answer, stopping.signal),
      );
      const settled = Promise.allSettled(held);
      await pass(0.001);
      stopping.abort();
      await pass(5);
      await settled;
    }
    expect(states).toEqual([]);
  });
});

describe('a stop', () => {
  test('ends the holding with the engine’s error, and begins no call', async () => {
    const { guard } = guarded({ concurrency: 1 });
    const { seen, call } = engine();
    const stopping = new AbortController();
    const held = [1, 2, 3].map((item) => guard.execute(`item-${item}`, call, stopping.signal, 'work'));
    const ended = Promise.allSettled(held);
    await pass(0.005);
    stopping.abort();
    await pass(1);
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(seen.calls).toBe(1);
  });

  test.each([
    ['second call', 0.005, 1],
    ['second backoff', 0.02, 2],
  ])('during its %s ends a throttled write with the engine’s own error', async (_, untilStop, failures) => {
    const { guard, errors } = guarded();
    const { seen, call } = engine(() => engineError('ThrottlingException'));
    const stopping = new AbortController();
    const held = guard.execute('item-1', call, stopping.signal);
    const rejected = expect(held).rejects.toMatchObject({ name: 'ThrottlingException' });
    while (seen.calls < 2) await pass(0.001);
    await pass(untilStop);
    expect(errors).toHaveLength(failures);
    stopping.abort();
    await pass(1);
    await rejected;
  });

  test('lets a call under way end, and takes its answer', async () => {
    const { guard } = guarded();
    const { seen, call } = engine();
    seen.down = false;
    const stopping = new AbortController();
    const held = guard.execute('item-1', call, stopping.signal);
    await pass(0.005);
    stopping.abort();
    await pass(1);
    expect(await held).toBe('done');
  });
});

describe('a call that throws at once', () => {
  const throwing = (error: () => Error) => () => {
    throw error();
  };

  test('counts as one failure, and the breaker lets no other begin', async () => {
    const { guard, states } = guarded({ concurrency: 1 });
    const stopping = new AbortController();
    let calls = 0;
    const call = throwing(() => {
      calls += 1;
      return engineError('InternalServerError');
    });
    const held = Array.from({ length: 200 }, (_, item) => guard.execute(`item-${item}`, call, stopping.signal, 'work'));
    const ended = Promise.allSettled(held);
    await pass(0.001);
    expect(calls).toBe(5);
    expect(states).toEqual(['open']);
    stopping.abort();
    await ended;
  });

  test('is rejected for its item’s fault, however many wait', async () => {
    const { guard } = guarded({ concurrency: 1 });
    const call = throwing(() => new WaybillError('STORE_REJECTED', 'the item is at fault'));
    const held = Array.from({ length: 20_000 }, (_, item) => guard.execute(`item-${item}`, call, never, 'work'));
    const ended = await Promise.allSettled(held);
    expect(ended.every((one) => one.status === 'rejected' && hasCode(one.reason, 'STORE_REJECTED'))).toBe(true);
  });
});
