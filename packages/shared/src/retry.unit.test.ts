import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instantClock } from '../test/instant-clock.ts';
import { systemClock } from './clock.ts';
import { backoffMs, type RetryOptions, retry } from './retry.ts';

const backoff = { firstMs: 100, maxMs: 1_000 };

function options(more: Partial<RetryOptions> = {}): RetryOptions {
  const signal = new AbortController().signal;
  return { clock: instantClock(), random: () => 0.5, signal, backoff, onFailure: () => undefined, ...more };
}

/** An operation that fails `times` times, then returns how often it was tried. */
function failing(times: number) {
  let tries = 0;
  return async () => {
    tries += 1;
    if (tries <= times) throw new Error(`failure ${tries}`);
    return tries;
  };
}

describe('backoff', () => {
  test('is a share of a ceiling that doubles from the first wait up to the most', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, share) => {
        const ceiling = Math.min(1_000, 100 * 2 ** attempt);
        expect(backoffMs(attempt, backoff, () => share)).toBeCloseTo(share * ceiling);
      }),
    );
  });

  test('is full jitter: the whole range from nothing to the ceiling', () => {
    expect(backoffMs(2, backoff, () => 0)).toBe(0);
    expect(backoffMs(2, backoff, () => 1)).toBe(400);
  });
});

describe('retry', () => {
  test('repeats until the operation succeeds and answers with its result', async () => {
    await expect(retry(failing(0), options())).resolves.toBe(1);
    await expect(retry(failing(50), options())).resolves.toBe(51);
  });

  test('waits its backoff before each repetition and announces it first', async () => {
    const clock = instantClock();
    const announced: unknown[] = [];
    const onFailure: RetryOptions['onFailure'] = (error, attempt, waitMs) =>
      announced.push([String(error), attempt, waitMs, clock.sleeps.length]);
    await retry(failing(3), options({ clock, onFailure }));
    expect(clock.sleeps).toEqual([50, 100, 200]);
    expect(announced).toEqual([
      ['Error: failure 1', 0, 50, 0],
      ['Error: failure 2', 1, 100, 1],
      ['Error: failure 3', 2, 200, 2],
    ]);
  });

  test('gives up with what onFailure throws', async () => {
    const onFailure = (_: unknown, attempt: number) => {
      if (attempt === 2) throw new Error('enough');
    };
    await expect(retry(failing(9), options({ onFailure }))).rejects.toThrow('enough');
  });

  test('rejects with the last error once aborted, even in mid-wait', async () => {
    const abort = new AbortController();
    const patient = { firstMs: 3_600_000, maxMs: 3_600_000 };
    const onFailure = () => void setImmediate(() => abort.abort());
    const repeating = retry(
      failing(9),
      options({ clock: systemClock, backoff: patient, signal: abort.signal, onFailure }),
    );
    await expect(repeating).rejects.toThrow('failure 1');
  });

  test('tries once, though aborted before, and neither waits nor announces', async () => {
    const clock = instantClock();
    const onFailure = () => expect.unreachable();
    const aborted = options({ clock, onFailure, signal: AbortSignal.abort() });
    await expect(retry(failing(1), aborted)).rejects.toThrow('failure 1');
    await expect(retry(failing(0), aborted)).resolves.toBe(1);
    expect(clock.sleeps).toEqual([]);
  });
});
