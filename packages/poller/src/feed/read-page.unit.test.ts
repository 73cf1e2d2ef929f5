import { systemClock } from '@waybill/shared/clock.ts';
import { describe, expect, test } from 'vitest';
import { measured, recordedLog } from '../../test/observed.ts';
import { PageReader } from './read-page.ts';
import { TokenBucket } from './token-bucket.ts';

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
    for (const _ of lengths) full.push((await reader.read(1, systemClock, signal))?.isFull);
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
