import { systemClock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { TokenBucket } from '@waybill/shared/scan-api/token-bucket.ts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { measured, recordedLog } from '../../test/observed.ts';
import { pass, useVirtualTime } from '../../test/poller-rig.ts';
import { PageReader } from './read-page.ts';

const signal = new AbortController().signal;

/** A reader of a feed that answers with pages of these lengths, one after the other. */
function readerOf(limit: number, lengths: readonly number[]) {
  const pages = lengths.values();
  return new PageReader({
    feed: { read: async () => Array.from({ length: pages.next().value ?? 0 }, () => ({})) },
    bucket: new TokenBucket({ perSecond: 1_000, clock: systemClock }),
    random: () => 0,
    log: recordedLog().log,
    metrics: measured().metrics,
    limit,
    reportHealth: () => undefined,
  });
}

describe('a page is full', () => {
  const fullness = async (limit: number, lengths: readonly number[]) => {
    const reader = readerOf(limit, lengths);
    const full: (boolean | undefined)[] = [];
    for (const _ of lengths) {
      const page = await reader.read(1, systemClock, signal);
      full.push(page?.kind === 'page' ? reader.isFull(page, true) : undefined);
    }
    return full;
  };

  test('when it holds as many elements as were asked for', async () => {
    expect(await fullness(100, [100, 99, 100])).toEqual([true, false, true]);
  });

  test('when it holds as many as a server gives that caps the limit', async () => {
    expect(await fullness(100, [50, 50, 49])).toEqual([true, true, false]);
  });

  test('as before, after a page larger than asked for: that says nothing of the cap', async () => {
    expect(await fullness(100, [50, 130, 50, 49])).toEqual([true, true, true, false]);
  });
});

describe('when the feed asks to wait', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Eight readers of a feed that says 429 once; when each request began, and when the wait was over. */
  async function readers(retryAfterMs: number) {
    useVirtualTime();
    const begun: number[] = [];
    const { log, lines } = recordedLog();
    let refusedAt: number | undefined;
    const bucket = new TokenBucket({ perSecond: 4, clock: systemClock });
    const open = () =>
      new PageReader({
        feed: {
          read: async () => {
            begun.push(performance.now());
            await systemClock.sleep(50, signal);
            if (begun.length < 6 || refusedAt !== undefined) return [];
            refusedAt = performance.now();
            throw new WaybillError('FEED_UNAVAILABLE', 'busy', { details: { status: 429, retryAfterMs } });
          },
        },
        bucket,
        random: () => 0,
        log,
        metrics: measured().metrics,
        limit: 100,
        reportHealth: () => undefined,
      });
    const reader = open();
    const ended = Promise.all([
      ...Array.from({ length: 4 }, () => reader.read(1, systemClock, signal)),
      ...Array.from({ length: 3 }, () => reader.readOptional(1, 1, systemClock, signal)),
      reader.readOnce(1, 1, systemClock, signal),
      // Of another lease, in the same process.
      open().read(1, systemClock, signal),
    ]);
    await pass(700_000);
    await ended;
    return { begun, until: (refusedAt ?? 0) + retryAfterMs, refusedAt: refusedAt ?? 0, lines };
  }

  test('no request begins before that time, not even one that waits for its token', async () => {
    const { begun, until, refusedAt } = await readers(20_000);
    const after = begun.filter((at) => at > refusedAt);
    expect(after.length).toBeGreaterThanOrEqual(3);
    for (const at of after) expect(at).toBeGreaterThanOrEqual(until);
  });

  test('the tokens that were taken meanwhile are no reason to ask faster than allowed afterwards', async () => {
    const { begun, until } = await readers(20_000);
    expect(begun.filter((at) => at >= until && at < until + 900).length).toBeLessThanOrEqual(4 + 4);
  });

  test('for a year, it is asked again after five minutes, which is said', async () => {
    const { begun, refusedAt, lines } = await readers(31_536_000_000);
    expect(begun.filter((at) => at > refusedAt && at < refusedAt + 300_000)).toEqual([]);
    expect(begun.some((at) => at >= refusedAt + 300_000)).toBe(true);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        askedSeconds: 31_536_000,
        msg: 'Retry-After too long: waiting for a part of it',
      }),
    );
  });
});
