import { type Random, systemClock } from '@waybill/shared/clock.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { pass, useVirtualTime } from '../../test/service-rig.ts';
import type { BreakerLimits } from './breaker-limits.ts';
import { Guard } from './guard.ts';

beforeEach(useVirtualTime);

const never = new AbortController().signal;

class Away extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(retryAfterMs?: number) {
    super('away');
    this.retryAfterMs = retryAfterMs;
  }
}

const limits: BreakerLimits = {
  failuresToOpen: 3,
  failingToOpenMs: 7_000,
  probeBackoff: { firstMs: 1_000, maxMs: 60_000 },
  workBackoff: { firstMs: 500, maxMs: 60_000 },
  askedWaitMs: (error) => (error instanceof Away ? error.retryAfterMs : undefined),
  probesOthersFirst: true,
};

/** A guard with limits of its own, before an engine of which each call throws what `fail` returns, if anything. */
function guarded(random: Random = () => 0.5) {
  const engine = {
    calls: [] as { readonly item: string; readonly atMs: number }[],
    fail: (_item: string): Error | undefined => new Away(),
  };
  const guard = new Guard({
    clock: systemClock,
    random,
    engine: 'the endpoint',
    lanes: { webhook: 4 },
    faultOf: () => 'engine',
    limits,
    signal: never,
    onEngineError: () => undefined,
    onStateChange: () => undefined,
  });
  const call = (item: string) =>
    guard.execute(
      item,
      async () => {
        engine.calls.push({ item, atMs: Date.now() });
        const error = engine.fail(item);
        if (error) throw error;
      },
      never,
      'webhook',
    );
  const waits = () => engine.calls.slice(1).map(({ atMs }, index) => atMs - (engine.calls[index]?.atMs ?? 0));
  return { guard, engine, call, waits };
}

test('the breaker opens by its own count, and is probed as often as its own limits say', async () => {
  for (const [random, share] of [
    [() => 0, 0.5],
    [() => 0.999_999, 1],
  ] as const) {
    const { guard, engine, call, waits } = guarded(random);
    void call('a');
    await pass(900);
    expect(guard.state).toBe('open');
    // Two attempts of the work, then the probes.
    const steps = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000 * share);
    for (const [index, step] of steps.entries()) expect(waits()[index + 2]).toBeCloseTo(step, -2);
    engine.fail = () => undefined;
    await pass(61);
    expect(guard.state).toBe('closed');
  }
});

describe('an error that asks to be left alone', () => {
  test.each([
    ['10 minutes', 600_000, 600_000],
    ['two hours, of which one is granted', 7_200_000, 3_600_000],
    ['less than the wait before a probe', 10, 750],
  ])('for %s opens the breaker at once, and is not probed before', async (_, asked, waited) => {
    const { guard, engine, call, waits } = guarded();
    engine.fail = () => new Away(asked);
    void call('a');
    await pass(0);
    expect(guard.state).toBe('open');
    engine.fail = () => undefined;
    await pass(waited / 1_000 + 1);
    expect(waits()).toEqual([waited]);
    expect(guard.state).toBe('closed');
  });

  test('is heard while another wait is under way', async () => {
    const { guard, engine, call } = guarded();
    const { promise: later, resolve: answer } = Promise.withResolvers<void>();
    const slow = guard.execute('slow', () => later.then(() => Promise.reject(new Away(120_000))), never, 'webhook');
    slow.catch(() => undefined);
    engine.fail = () => new Away(1_000);
    void call('a');
    await pass(0.5);
    answer();
    await pass(119);
    expect(engine.calls).toHaveLength(1);
    engine.fail = () => undefined;
    await pass(2);
    expect(engine.calls.length).toBeGreaterThan(1);
  });
});

test('an item that alone fails is not what the engine is probed with twice, as long as there is another', async () => {
  const { guard, engine, call } = guarded();
  engine.fail = (item) => (item === 'bad' ? new Away() : undefined);
  void call('bad');
  await pass(60);
  expect(guard.state).not.toBe('closed');
  expect(guard.needsFreshProbe).toBe(true);
  const others = ['b', 'c'].map(call);
  expect(guard.needsFreshProbe).toBe(false);
  await pass(61);
  await Promise.all(others);
  expect(engine.calls.filter(({ item }) => item !== 'bad')).toHaveLength(2);
});

test('a probe that asks nothing has found out nothing: the next one asks, and the breaker stays open', async () => {
  class Unasked extends Error {}
  const states: string[] = [];
  const asked: string[] = [];
  const guard = new Guard({
    clock: systemClock,
    random: () => 0.5,
    engine: 'the endpoint',
    lanes: { webhook: 4 },
    faultOf: (error) => (error instanceof Unasked ? 'unasked' : 'engine'),
    limits: { ...limits, failuresToOpen: 1 },
    signal: never,
    onEngineError: () => undefined,
    onStateChange: (state) => states.push(state),
  });
  let isAway = true;
  const call = (item: string, isDue: () => boolean) =>
    guard.execute(
      item,
      async () => {
        if (!isDue()) throw new Unasked();
        asked.push(item);
        if (isAway) throw new Away();
      },
      never,
      'webhook',
    );
  const first = call('first', () => asked.length === 0);
  await pass(0);
  const second = call('second', () => true);
  const both = Promise.allSettled([first, second]);
  // The probe is the second: it goes on failing. Then the first one's turn comes, and it asks nothing.
  await pass(10);
  expect(guard.state).toBe('open');
  expect(new Set(states)).toEqual(new Set(['open', 'half-open']));
  expect(asked.filter((item) => item === 'first')).toHaveLength(1);
  isAway = false;
  await pass(60);
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(guard.state).toBe('closed');
});
