import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock, watchedClock } from './clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Whether the promise is settled once everything that could settle it has run. */
async function isDone(sleep: Promise<void>): Promise<boolean> {
  let done = false;
  void sleep.then(() => {
    done = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  return done;
}

describe('a sleep', () => {
  test('ends after its time and not before', async () => {
    const sleep = systemClock.sleep(1_000, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(999);
    expect(await isDone(sleep)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isDone(sleep)).toBe(true);
  });

  test('ends at once, without an error, when it is aborted', async () => {
    const abort = new AbortController();
    const sleep = systemClock.sleep(1_000, abort.signal);
    abort.abort();
    expect(await isDone(sleep)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not begin when it was aborted before', async () => {
    expect(await isDone(systemClock.sleep(1_000, AbortSignal.abort()))).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves no listener on a signal that lives as long as the process', async () => {
    const { signal } = new AbortController();
    const sleep = systemClock.sleep(1_000, signal);
    await vi.advanceTimersByTimeAsync(1_000);
    await sleep;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('shares one listener with all sleeps under its signal: thousands of them would stop the process', async () => {
    const abort = new AbortController();
    const first = systemClock.sleep(1_000, abort.signal);
    const others = Array.from({ length: 999 }, () => systemClock.sleep(2_000, abort.signal));
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await first;
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    abort.abort();
    await Promise.all(others);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
});

describe('monotonic time', () => {
  test('does not follow the wall clock when that is set', () => {
    const before = systemClock.monotonic();
    vi.setSystemTime(0);
    expect(systemClock.now()).toBe(0);
    expect(systemClock.monotonic()).toBe(before);
    vi.advanceTimersByTime(250);
    expect(systemClock.monotonic() - before).toBe(250);
  });
});

describe('a watched clock', () => {
  const watched = () => {
    let ticks = 0;
    const clock = watchedClock(systemClock, () => {
      ticks += 1;
    });
    return { clock, ticks: () => ticks };
  };

  test('ticks when a sleep begins and when it ends, and while it lasts does not', async () => {
    const { clock, ticks } = watched();
    const sleep = clock.sleep(1_000, new AbortController().signal);
    expect(ticks()).toBe(1);
    await vi.advanceTimersByTimeAsync(999);
    expect(ticks()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await sleep;
    expect(ticks()).toBe(2);
  });

  test('ticks when it measures, and tells the same time', () => {
    const { clock, ticks } = watched();
    expect(clock.monotonic()).toBe(systemClock.monotonic());
    expect(ticks()).toBe(1);
  });

  test('does not tick by the wall clock: what is recorded is not a turn of the loop', () => {
    const { clock, ticks } = watched();
    expect(clock.now()).toBe(systemClock.now());
    expect(ticks()).toBe(0);
  });
});
