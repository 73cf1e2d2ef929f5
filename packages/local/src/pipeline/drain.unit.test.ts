import { describe, expect, test } from 'vitest';
import { DrainWatch, type Snapshot, untilDrained, untilEmpty } from './drain.ts';

const empty = { visible: 0, inFlight: 0 };
const quiet: Snapshot = { position: 9, pages: 0, queue: empty, isAtEnd: true };

/** What the watch says of each snapshot in turn. */
const answers = (...snapshots: Partial<Snapshot>[]) => {
  const watch = new DrainWatch();
  return snapshots.map((snapshot) => watch.isDrained({ ...quiet, ...snapshot }));
};

describe('a feed is drained', () => {
  test('when three pages were read from its end on and the queue was empty twice since', () => {
    expect(answers({ pages: 5 }, { pages: 6 }, { pages: 7 }, { pages: 8 }, { pages: 9 })).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  test('not while messages are visible or in flight', () => {
    const queue = (visible: number, inFlight: number) => ({ pages: 9, queue: { visible, inFlight } });
    expect(answers({ pages: 5 }, queue(1, 0), queue(0, 1), queue(0, 0), queue(0, 1), queue(0, 0), queue(0, 0))).toEqual(
      [...Array(6).fill(false), true],
    );
  });

  test('not by pages that came before the end, or again when more appeared', () => {
    const more = { pages: 99, isAtEnd: false };
    expect(answers({ pages: 5, isAtEnd: false }, { pages: 90, isAtEnd: false }, { pages: 91 }, more)).not.toContain(
      true,
    );
    expect(answers({ pages: 5 }, { pages: 98 }, more, { pages: 100 }, { pages: 101 })).not.toContain(true);
  });

  test('not by the counters of a restarted poller', () => {
    expect(answers({ pages: 500 }, { pages: 2 }, { pages: 2 }, { pages: 2 })).not.toContain(true);
    expect(answers({ pages: 500 }, { pages: 2 }, { pages: 5 }, { pages: 5 }).at(-1)).toBe(true);
  });
});

test('waiting for the drain ends with its signal, and says how far it got', async () => {
  const signal = AbortSignal.timeout(50);
  await expect(untilDrained({ snapshot: async () => quiet, everyMs: 1, signal })).rejects.toThrow('"position":9');
});

test('waiting for an empty queue ends when it was empty twice in a row', async () => {
  const contents = [{ visible: 1, inFlight: 0 }, empty, { visible: 0, inFlight: 1 }, empty, empty];
  await untilEmpty(async () => contents.shift() ?? empty, AbortSignal.timeout(5_000));
  expect(contents).toEqual([]);
});
