import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeldText } from './held-text.ts';
import { simulateFeed } from './simulated-feed.ts';

test('returns the same bytes that it was given, from any chunk, packed away or not', () => {
  const json = simulateFeed({ seed: 1, shares: { bad: 0 } })
    .take(5_000)
    .map((element) => element.json)
    .toArray();
  const text = new HeldText(2);
  for (const one of json) text.push(one);

  expect(text.length).toBe(5_000);
  fc.assert(
    fc.property(fc.array(fc.nat(4_999)), fc.nat(4_999), fc.nat(1_200), (scattered, from, length) => {
      const run = json.slice(from, from + length).map((_, place) => from + place);
      const indexes = [...scattered, ...run];
      const expected = indexes.map((index) => json[index]).join();
      expect(text.answer(indexes).toString()).toBe(`{"ScanEvents":[${expected}]}`);
      expect(text.json(from)).toBe(json[from]);
    }),
  );
});
