import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TroubleMaker } from './trouble-maker.ts';
import { type TroubleName, troubleNames } from './troubles.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lines that were said, longer than a terminal is wide. */
const tooLong: string[] = [];

/** A run whose parts write down what they are told. */
function opened() {
  const calls: string[] = [];
  const note = (part: string) => (told: unknown) => void calls.push(`${part} ${JSON.stringify(told) ?? 'well'}`);
  const maker = new TroubleMaker({
    carrier: { refuse: note('carrier') },
    release: { break: () => void calls.push('release broken'), fix: () => void calls.push('release well') },
    engines: { throttle: async (told) => note('engine')(told) },
    parcelsTable: 'parcels',
    receiver: { misbehave: note('receiver') },
    say: (text) => {
      calls.push(text.split(':')[0] ?? '');
      tooLong.push(...text.split('\n').filter((line) => line.length > 79));
    },
  });
  return { maker, calls };
}

const partOf: Readonly<Record<TroubleName, string>> = {
  'carrier-503': 'carrier',
  'malformed-scans': 'release',
  'throttled-table': 'engine',
  'webhook-401': 'receiver',
};

test.each(troubleNames)(
  '%s is made in one part of the run, told, and undone by itself when nobody undoes it',
  async (name) => {
    const { maker, calls } = opened();
    await maker.begin(name, 5_000);
    expect(calls).toEqual([expect.stringMatching(new RegExp(`^${partOf[name]} (?!well)`)), 'Trouble on demand']);
    expect(maker.current).toBe(name);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(calls.slice(2)).toEqual([`${partOf[name]} well`, 'Trouble over']);
    expect(maker.current).toBeUndefined();
    expect(tooLong).toEqual([]);
  },
);

test('there is one trouble at a time, and what is over is not ended twice', async () => {
  const { maker, calls } = opened();
  await maker.begin('carrier-503', 5_000);
  await maker.begin('webhook-401', 5_000);
  await maker.end();
  await maker.end();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls).toEqual([
    ...['carrier "unavailable"', 'Trouble on demand', 'carrier well', 'Trouble over'],
    ...['receiver "unauthorized"', 'Trouble on demand', 'receiver well', 'Trouble over'],
  ]);
});
