import { describe, expect, test } from 'vitest';
import { createFreshness } from './freshness.ts';

type Answer = { readonly resolve: (value: number | null) => void; readonly reject: (error: Error) => void };

/** A clock that is set, and a checkpoint whose reads are answered one by one. */
function rig() {
  let nowMs = 5_000;
  const sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];
  const reads: Answer[] = [];
  const clock = {
    monotonic: () => nowMs,
    sleep: (ms: number) => new Promise<void>((wake) => void sleepers.push({ untilMs: nowMs + ms, wake })),
  };
  const read = () => new Promise<number | null>((resolve, reject) => void reads.push({ resolve, reject }));
  return {
    ask: createFreshness(read, clock).completeThroughEventId,
    reads,
    pass: (ms: number) => {
      nowMs += ms;
      for (const { untilMs, wake } of sleepers) if (untilMs <= nowMs) wake();
    },
  };
}

const away = new Error('away');

describe('what the feed is complete through', () => {
  test('is read once a second at most, and once for all who ask at the same time', async () => {
    const { ask, reads, pass } = rig();
    const asked = Array.from({ length: 100 }, ask);
    reads[0]?.resolve(7);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([7]));
    pass(999);
    expect(await ask()).toBe(7);
    expect(reads.length).toBe(1);
    pass(1);
    const next = [ask(), ask()];
    expect(reads.length).toBe(2);
    reads[1]?.resolve(9);
    expect(await Promise.all(next)).toEqual([9, 9]);
  });

  test('is null where nobody knows it yet, and follows an operator who has put the checkpoint back', async () => {
    const { ask, reads, pass } = rig();
    for (const [at, value] of [null, 9, 3].entries()) {
      const asked = ask();
      reads[at]?.resolve(value);
      expect(await asked).toBe(value);
      pass(1_000);
    }
  });

  test('is the last that is known for a minute while it cannot be read, and then an error, not null', async () => {
    const { ask, reads, pass } = rig();
    const first = ask();
    reads[0]?.resolve(7);
    await first;
    for (let second = 1; second < 60; second += 1) {
      pass(1_000);
      const asked = ask();
      reads.at(-1)?.reject(away);
      expect(await asked).toBe(7);
      // Not asked again at once.
      expect(await ask()).toBe(7);
    }
    expect(reads.length).toBe(60);
    pass(1_000);
    const late = ask();
    reads.at(-1)?.reject(away);
    await expect(late).rejects.toBe(away);
    await expect(ask()).rejects.toBe(away);
    expect(reads.length).toBe(61);
    pass(1_000);
    const back = ask();
    reads.at(-1)?.resolve(8);
    expect(await back).toBe(8);
  });

  test('rejects where it was never read', async () => {
    const { ask, reads } = rig();
    const asked = ask();
    reads[0]?.reject(away);
    await expect(asked).rejects.toBe(away);
  });

  test('makes nobody wait for more than a second for a read that hangs, and a second one is not begun', async () => {
    const { ask, reads, pass } = rig();
    const first = ask();
    reads[0]?.resolve(7);
    await first;
    pass(5_000);
    const asked = ask();
    pass(1_000);
    expect(await asked).toBe(7);
    pass(10_000);
    expect(await ask()).toBe(7);
    expect(reads.length).toBe(2);
    reads[1]?.resolve(11);
    await new Promise(setImmediate);
    const next = ask();
    expect(reads.length).toBe(3);
    pass(1_000);
    expect(await next).toBe(11);
  });
});
