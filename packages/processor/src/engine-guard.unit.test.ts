import { systemClock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { engineError, pass, useVirtualTime } from '../test/processor-rig.ts';
import { type BreakerState, EngineGuard } from './engine-guard.ts';

beforeEach(useVirtualTime);

const never = new AbortController().signal;

function guarded(concurrency = 64) {
  const states: BreakerState[] = [];
  const errors: unknown[] = [];
  const guard = new EngineGuard({
    clock: systemClock,
    random: () => 0.5,
    concurrency,
    onEngineError: (error) => void errors.push(error),
    onStateChange: (state) => void states.push(state),
  });
  return { guard, states, errors };
}

/** An engine that fails until it is mended, and counts what reaches it, at once and in all. */
function engine(error: () => unknown = () => engineError('InternalServerError')) {
  const seen = { calls: 0, atOnce: 0, mostAtOnce: 0, down: true };
  const call = async () => {
    seen.calls += 1;
    seen.atOnce += 1;
    seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
    await systemClock.sleep(10, never);
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
      const held = Array.from({ length: pieces }, (_, piece) => guard.hold(`parcel-${piece}`, call, never));
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
    const held = guard.hold('parcel-1', call, never);
    await pass(5);
    expect(guard.state).toBe('open');
    seen.down = false;
    await pass(30);
    expect(await held).toBe('done');
  });

  test('is asked by a single probe at a time, some seconds apart, whatever is waiting', async () => {
    const { guard } = guarded(8);
    const { seen, call } = engine();
    const held = Array.from({ length: 100 }, (_, piece) => guard.hold(`parcel-${piece}`, call, never));
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

  test('is back within the longest wait for a probe and the longest backoff', async () => {
    const { guard } = guarded();
    const { seen, call } = engine();
    const held = guard.hold('parcel-1', call, never);
    await pass(3_600);
    seen.down = false;
    await pass(12.1);
    expect(guard.state).toBe('closed');
    expect(await held).toBe('done');
  });
});

describe('what says nothing about the engine', () => {
  test('an item that the store rejects is rejected at once, and opens nothing', async () => {
    const { guard, states, errors } = guarded();
    for (let piece = 0; piece < 20; piece += 1) {
      const rejection = new WaybillError('STORE_REJECTED', 'the item is at fault');
      await expect(guard.hold('parcel-1', () => Promise.reject(rejection), never)).rejects.toBe(rejection);
    }
    expect(states).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('a rejected item that happened to be the probe has found the engine well', async () => {
    const { guard } = guarded();
    const { call } = engine();
    const held = new AbortController();
    const failing = guard.hold('parcel-1', call, held.signal);
    await pass(5);
    held.abort();
    await expect(failing).rejects.toThrow();
    await pass(30);
    const rejection = new WaybillError('STORE_REJECTED', 'the item is at fault');
    await expect(guard.hold('parcel-2', () => Promise.reject(rejection), never)).rejects.toBe(rejection);
    expect(guard.state).toBe('closed');
  });

  test.each(['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'])(
    'one hot parcel, throttled again and again with %s while all is quiet, opens nothing',
    async (name) => {
      const { guard, states } = guarded();
      const { seen, call } = engine(() => engineError(name));
      const held = [guard.hold('parcel-1', call, never), guard.hold('parcel-1', call, never)];
      await pass(120);
      expect(seen.calls).toBeGreaterThan(50);
      expect(states).toEqual([]);
      seen.down = false;
      await pass(5);
      expect(await Promise.all(held)).toEqual(['done', 'done']);
    },
  );

  test('a parcel that others change all the time opens nothing', async () => {
    const { guard, states } = guarded();
    const { call } = engine(() => new WaybillError('STORE_CONTENDED', 'changed by others'));
    void guard.hold('parcel-1', call, never);
    await pass(60);
    expect(states).toEqual([]);
  });

  test('but several parcels throttled in a row are a table that is, and a throttled probe has not found it well', async () => {
    const { guard, states } = guarded();
    const { seen, call } = engine(() => engineError('ThrottlingException'));
    const held = [1, 2, 3, 4, 5].map((parcel) => guard.hold(`parcel-${parcel}`, call, never));
    await pass(120);
    expect(guard.state).not.toBe('closed');
    expect(states).not.toContain('closed');
    seen.down = false;
    await pass(30);
    expect(await Promise.all(held)).toHaveLength(5);
  });
});

describe('a call that carries the writes of many parcels', () => {
  test('fails once, however many they are: it takes five such calls to open the breaker', async () => {
    const { guard, states, errors } = guarded();
    const held: Promise<unknown>[] = [];
    const stopping = new AbortController();
    const failingCall = async () => {
      const error = engineError('TimeoutError');
      for (let parcel = 1; parcel <= 25; parcel += 1) {
        const write = guard.hold(`parcel-${parcel}`, () => Promise.reject(error), stopping.signal);
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
      const held = answers.map((answer, index) => guard.hold(`parcel-${call}-${index}`, () => answer, stopping.signal));
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
    const { guard } = guarded(1);
    const { seen, call } = engine();
    const stopping = new AbortController();
    const held = [1, 2, 3].map((parcel) => guard.hold(`parcel-${parcel}`, call, stopping.signal, 'parcels'));
    const ended = Promise.allSettled(held);
    await pass(0.005);
    stopping.abort();
    await pass(1);
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(seen.calls).toBe(1);
  });

  test('lets a call under way end, and takes its answer', async () => {
    const { guard } = guarded();
    const { seen, call } = engine();
    seen.down = false;
    const stopping = new AbortController();
    const held = guard.hold('parcel-1', call, stopping.signal);
    await pass(0.005);
    stopping.abort();
    await pass(1);
    expect(await held).toBe('done');
  });
});
