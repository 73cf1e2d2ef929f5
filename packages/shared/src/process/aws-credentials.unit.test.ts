import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { limitedCredentials } from './aws-credentials.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2025, 0, 1), toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const minutes = 60_000;

/** A source that gives each search a promise of the test's own. */
function source() {
  const searches: (PromiseWithResolvers<{ key: string; expiration?: Date }> & { isOver: AbortSignal })[] = [];
  const credentials = limitedCredentials((isOver) => {
    const search = { ...Promise.withResolvers<{ key: string; expiration?: Date }>(), isOver };
    searches.push(search);
    return search.promise;
  }, systemClock);
  const answer = (index: number, key: string, lifeMs?: number) =>
    searches[index]?.resolve({ key, ...(lifeMs !== undefined && { expiration: new Date(Date.now() + lifeMs) }) });
  return { credentials, searches, answer };
}

const outcomeOf = (call: Promise<{ key: string }>) =>
  call.then(
    ({ key }) => key,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

describe('credentials', () => {
  test('that are never answered fail each call after 4 s, and are looked for again after 15 s', async () => {
    const { credentials, searches } = source();
    for (const second of [0, 4, 8, 12, 16]) {
      const outcome = outcomeOf(credentials());
      await vi.advanceTimersByTimeAsync(4_000);
      expect([second, await outcome]).toEqual([second, 'CREDENTIALS_UNAVAILABLE']);
    }
    expect(searches.map(({ isOver }) => isOver.aborted)).toEqual([true, false]);
  });

  test('that come late are used by the calls that follow', async () => {
    const { credentials, searches, answer } = source();
    const first = outcomeOf(credentials());
    await vi.advanceTimersByTimeAsync(9_000);
    answer(0, 'late');
    expect(await first).toBe('CREDENTIALS_UNAVAILABLE');
    expect(await outcomeOf(credentials())).toBe('late');
    expect(searches).toHaveLength(1);
  });

  test('are found by the next search after one that hung for good', async () => {
    const { credentials, answer } = source();
    const first = outcomeOf(credentials());
    await vi.advanceTimersByTimeAsync(15_000);
    await first;
    const second = outcomeOf(credentials());
    answer(1, 'found');
    expect(await second).toBe('found');
  });

  test('are looked for once for all calls at a time, and not again while they are good', async () => {
    const { credentials, searches, answer } = source();
    const calls = [1, 2, 3].map(() => outcomeOf(credentials()));
    answer(0, 'shared', 60 * minutes);
    expect(await Promise.all(calls)).toEqual(['shared', 'shared', 'shared']);
    await vi.advanceTimersByTimeAsync(54 * minutes);
    expect(await outcomeOf(credentials())).toBe('shared');
    expect(searches).toHaveLength(1);
  });

  test('that expire soon are used without a wait while new ones are looked for, every 15 s if that hangs', async () => {
    const { credentials, searches, answer } = source();
    const first = credentials();
    answer(0, 'old', 10 * minutes);
    await first;
    await vi.advanceTimersByTimeAsync(6 * minutes);
    for (let second = 0; second < 31; second += 1) {
      expect(await outcomeOf(credentials())).toBe('old');
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(searches).toHaveLength(4);
    answer(3, 'new', 60 * minutes);
    await vi.advanceTimersByTimeAsync(0);
    expect(await outcomeOf(credentials())).toBe('new');
  });

  test('that expire soon and whose source refuses are looked for every 5 s, and not with every call', async () => {
    const { credentials, searches, answer } = source();
    const first = credentials();
    answer(0, 'old', 10 * minutes);
    await first;
    await vi.advanceTimersByTimeAsync(6 * minutes);
    for (let call = 0; call < 100; call += 1) {
      expect(await outcomeOf(credentials())).toBe('old');
      searches.at(-1)?.reject(new Error('refused'));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(searches).toHaveLength(3);
  });

  test('that have expired are not used any more', async () => {
    const { credentials, answer } = source();
    const first = credentials();
    answer(0, 'old', 1 * minutes);
    await first;
    await vi.advanceTimersByTimeAsync(1 * minutes);
    const second = outcomeOf(credentials());
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await second).toBe('CREDENTIALS_UNAVAILABLE');
  });

  test('that are refused say why and what to look at, and are asked for by the next call', async () => {
    const { credentials, searches } = source();
    const call = credentials();
    searches[0]?.reject(new Error('no role'));
    await expect(call).rejects.toThrow(/\(Error: no role\).*metadata endpoint/);
    void outcomeOf(credentials());
    expect(searches).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(20_000);
  });
});
