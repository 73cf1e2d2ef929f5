import type { CheckpointStore } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import { type Clock, systemClock } from '@waybill/shared/clock.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MemoryCheckpoints } from '../../test/memory-checkpoints.ts';
import { measured, recordedLog } from '../../test/observed.ts';
import { pass, seeded, useVirtualTime } from '../../test/poller-rig.ts';
import { Lease } from './lease.ts';
import { standBy, type TakenLease } from './stand-by.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const leaseMs = 15_000;
const open = new AbortController().signal;
const { log } = recordedLog();

function waitFor(checkpoints: CheckpointStore, options: { seed?: number; former?: string; signal?: AbortSignal } = {}) {
  const { seed = 1, former, signal = open } = options;
  return standBy({ checkpoints, clock: systemClock, random: seeded(seed), log, leaseMs, former }, signal);
}

function hold(taken: TakenLease, checkpoints: CheckpointStore, clock: Clock = systemClock): Lease {
  const { metrics } = measured();
  const lease = new Lease(taken, {
    checkpoints,
    clock,
    random: seeded(9),
    log,
    metrics,
    leaseMs,
    completeness: () => ({ openGaps: undefined, watermark: undefined }),
  });
  lease.start(clock);
  return lease;
}

async function taken(waiting: Promise<TakenLease | undefined>): Promise<TakenLease> {
  const lease = await waiting;
  if (!lease) throw new Error('not taken');
  return lease;
}

describe('standing by', () => {
  test('takes the lease of a new feed at once', async () => {
    const store = new MemoryCheckpoints();
    expect(await waitFor(store.open())).toMatchObject({ token: 1, lastEventId: undefined });
    expect(store.calls).toMatchObject({ read: 1, acquire: 1 });
  });

  test('takes a released lease at once, and its position', async () => {
    const store = new MemoryCheckpoints();
    store.item = { lastEventId: 77, token: 4, counter: 9, holder: undefined };
    expect(await waitFor(store.open())).toMatchObject({ token: 5, lastEventId: 77 });
  });

  test('waits a whole lease of its own time for a silent holder, and checks three times in it', async () => {
    const store = new MemoryCheckpoints();
    store.item = { lastEventId: 77, token: 4, counter: 9, holder: 'other' };
    const start = performance.now();
    const waiting = waitFor(store.open()).then(() => performance.now() - start);
    await pass(leaseMs - 1);
    expect(store.calls).toMatchObject({ read: 3, acquire: 0 });
    await pass(1);
    expect(await waiting).toBe(leaseMs);
  });

  test('waits anew with every sign of life', async () => {
    const store = new MemoryCheckpoints();
    store.item = { lastEventId: 77, token: 4, counter: 9, holder: 'other' };
    const stopping = new AbortController();
    const waiting = waitFor(store.open(), { signal: stopping.signal });
    for (let turn = 0; turn < 100; turn += 1) {
      await pass(leaseMs - 1_000);
      store.item = { ...store.item, counter: store.item.counter + 1 };
    }
    expect(store.calls.acquire).toBe(0);
    stopping.abort();
    expect(await waiting).toBeUndefined();
  });

  test('need not wait for the lease that this process held itself', async () => {
    const store = new MemoryCheckpoints();
    store.item = { lastEventId: 77, token: 4, counter: 9, holder: 'mine/0' };
    expect(await waitFor(store.open(), { former: 'mine/0' })).toMatchObject({ token: 5 });
  });

  test.each(['throws', 'is repeated by the client and refused by its own success'])(
    'recognises its own success when the answer to it %s',
    async (how) => {
      const store = new MemoryCheckpoints();
      let isLost = true;
      store.after = (operation) => {
        if (operation !== 'acquire' || !isLost) return;
        isLost = false;
        if (how === 'throws') throw new Error('socket hang up');
      };
      const real = store.open();
      const repeating: CheckpointStore = {
        ...real,
        acquire: async (seen, holder) => {
          await real.acquire(seen, holder);
          return real.acquire(seen, holder);
        },
      };
      const waiting = waitFor(how === 'throws' ? real : repeating);
      await pass(5_000);
      expect(await waiting).toMatchObject({ token: 1 });
      expect(store.item?.token).toBe(1);
    },
  );

  test('asks an engine that is down with a growing wait, and takes the lease when it is back', async () => {
    const store = new MemoryCheckpoints();
    store.before = () => {
      throw new Error('away');
    };
    const waiting = waitFor(store.open());
    await pass(60_000);
    expect(store.calls.read).toBeGreaterThan(5);
    expect(store.calls.read).toBeLessThan(60);
    store.before = () => undefined;
    await pass(5_000);
    expect(await waiting).toMatchObject({ token: 1 });
  });
});

describe('a held lease', () => {
  test('is renewed three times in its length while idle', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    await pass(leaseMs * 4);
    expect(store.calls.renew).toBe(12);
    expect(lease.lost.aborted).toBe(false);
    await lease.close();
  });

  test('writes one position at a time, the newest next, and lets few pages wait for it', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    let writing = 0;
    let most = 0;
    store.before = async () => {
      most = Math.max(most, ++writing);
      await new Promise((resolve) => setTimeout(resolve, 100));
      writing -= 1;
    };
    let moved = 0;
    const moving = (async () => {
      for (; moved < 100; moved += 1) await lease.moveTo(moved + 1, open);
    })();
    await pass(50);
    expect(moved).toBeLessThan(10);
    await pass(5_000);
    await moving;
    expect(most).toBe(1);
    expect(store.moves.length).toBeLessThan(30);
    expect(store.item?.lastEventId).toBe(100);
    await Promise.all([lease.close(), pass(1_000)]);
  });

  test('gathers the positions of pages that follow each other closely into a write for every few of them', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    for (let moved = 1; moved <= 100; moved += 1) {
      await lease.moveTo(moved, open);
      await pass(10);
    }
    expect(store.moves.length).toBe(25);
    expect(store.item?.lastEventId).toBe(100);
    await lease.close();
  });

  test('writes a position at once after a pause, and else no later than a quarter of a second after the last write', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    await pass(250);
    await lease.moveTo(1, open);
    await pass(0);
    expect(store.item?.lastEventId).toBe(1);
    await lease.moveTo(2, open);
    await pass(249);
    expect(store.item?.lastEventId).toBe(1);
    await pass(1);
    expect(store.item?.lastEventId).toBe(2);
    await lease.close();
  });

  test('is lost for good, and at once, when the token is another', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    store.reset(5);
    await pass(leaseMs / 3);
    expect(lease.lost.reason).toMatchObject({ code: 'LEASE_LOST' });
    const { renew } = store.calls;
    await expect(lease.moveTo(99, open)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(lease.ensureHeld(open)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await lease.close();
    expect(store.calls).toMatchObject({ renew, release: 0 });
    expect(store.item?.lastEventId).toBe(5);
  });

  test('is lost when its item was deleted and another has taken the first token again', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    await lease.moveTo(7, open);
    await pass(1);
    store.item = undefined;
    expect(await waitFor(store.open(), { seed: 2 })).toMatchObject({ token: 1 });
    const next = store.item;
    await pass(leaseMs / 3);
    expect(lease.lost.reason).toMatchObject({ code: 'LEASE_LOST' });
    expect(store.item).toEqual(next);
  });

  test('outlives a hiccup of the table', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    store.before = () => {
      throw new Error('throttled');
    };
    await pass(leaseMs - 2_000);
    store.before = () => undefined;
    await pass(leaseMs);
    expect(lease.lost.aborted).toBe(false);
    await lease.close();
  });

  test('is lost when it could not be renewed for its whole length', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    store.before = () => {
      throw new Error('away');
    };
    await pass(leaseMs + 2_000);
    expect(lease.lost.aborted).toBe(true);
  });

  test('a holder that was frozen past it finds out before it may send', async () => {
    const store = new MemoryCheckpoints();
    let frozenMs = 0;
    const clock: Clock = { ...systemClock, monotonic: () => performance.now() + frozenMs };
    const first = hold(await taken(waitFor(store.open())), store.open(), clock);
    frozenMs = leaseMs;
    store.item = { lastEventId: 9, token: 2, counter: 50, holder: 'the next' };
    await expect(first.ensureHeld(open)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(first.moveTo(100, open)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(store.item.lastEventId).toBe(9);
  });

  test('a stop does not wait for a renewal that an engine refuses', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    store.before = () => {
      throw new Error('away');
    };
    await pass(leaseMs * 0.7);
    const sending = lease.ensureHeld(AbortSignal.abort());
    sending.catch(() => undefined);
    await pass(2_100);
    await expect(sending).rejects.toMatchObject({ code: 'STOPPED' });
    await lease.close();
  });

  test('is released by a close, its last position written before', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    await lease.moveTo(42, open);
    await lease.close();
    expect(store.item).toMatchObject({ lastEventId: 42, holder: undefined });
  });

  test('is released only when the position that waited for a write in flight is written too', async () => {
    const store = new MemoryCheckpoints();
    const lease = hold(await taken(waitFor(store.open())), store.open());
    store.before = () => new Promise((resolve) => setTimeout(resolve, 100));
    await lease.moveTo(42, open);
    await pass(50);
    await lease.moveTo(43, open);
    await Promise.all([lease.close(), pass(1_000)]);
    expect(store.item).toMatchObject({ lastEventId: 43, holder: undefined });
  });
});

describe('several holders', () => {
  /** What befalls one process: its calls are slow, fail before or after they took effect, or it is frozen as a whole. */
  const anyFate = fc.record({
    delaysMs: fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 1, maxLength: 12 }),
    failures: fc.array(fc.constantFrom('none', 'none', 'none', 'before', 'after'), { minLength: 1, maxLength: 12 }),
    frozen: fc.array(fc.record({ fromMs: fc.nat({ max: 100_000 }), ms: fc.nat({ max: 60_000 }) }), { maxLength: 3 }),
  });

  test('never move the checkpoint back, nor send or move it after another has taken over, whatever befalls them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyFate, { minLength: 2, maxLength: 3 }), async (fates) => {
        const store = new MemoryCheckpoints();
        const begin = performance.now();
        /** Sends under a lease that another had taken over by then. */
        let late = 0;
        const stopping = new AbortController();
        const thaw = (fate: (typeof fates)[number]) => {
          const at = performance.now() - begin;
          const ends = fate.frozen.filter(({ fromMs, ms }) => at >= fromMs && at < fromMs + ms);
          return Math.max(0, ...ends.map(({ fromMs, ms }) => fromMs + ms - at));
        };
        const lives = fates.map(async (fate, index) => {
          let calls = 0;
          const random = seeded(index + 1);
          const clock: Clock = {
            ...systemClock,
            sleep: async (ms, signal) => {
              await systemClock.sleep(ms, signal);
              await systemClock.sleep(thaw(fate), stopping.signal);
            },
          };
          const checkpoints = store.open(async (call) => {
            calls += 1;
            const failure = fate.failures[calls % fate.failures.length];
            await clock.sleep(fate.delaysMs[calls % fate.delaysMs.length] ?? 0, stopping.signal);
            if (failure === 'before') throw new Error('not sent');
            const result = await call();
            if (failure === 'after') throw new Error('answer lost');
            await clock.sleep(fate.delaysMs[(calls * 7) % fate.delaysMs.length] ?? 0, stopping.signal);
            return result;
          });
          while (!stopping.signal.aborted) {
            const options = { checkpoints, clock, random, log, leaseMs, former: undefined };
            const lease = await standBy(options, stopping.signal);
            if (!lease) return;
            const held = new Lease(lease, {
              ...options,
              metrics: measured().metrics,
              completeness: (watermark) => ({ openGaps: undefined, watermark }),
            });
            held.start(clock);
            let position = lease.lastEventId ?? 0;
            while (!held.lost.aborted && !stopping.signal.aborted) {
              position += 1;
              await held.ensureHeld(stopping.signal).then(
                () => {
                  if (store.item?.token !== lease.token) late += 1;
                },
                () => undefined,
              );
              await held.moveTo(position, stopping.signal).catch(() => undefined);
              await clock.sleep(500, stopping.signal);
            }
            await held.close();
          }
        });
        await pass(200_000);
        stopping.abort();
        await pass(100_000);
        await Promise.all(lives);
        expect(late).toBe(0);
        for (const [index, move] of store.moves.entries()) {
          const before = store.moves[index - 1];
          expect(move.to).toBeGreaterThanOrEqual(move.from ?? 0);
          expect(move.token).toBeGreaterThanOrEqual(before?.token ?? 0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
