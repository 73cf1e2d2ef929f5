import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeenContents } from './seen-contents.ts';

test('each content is new once, whatever lies between its sights', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 }), { maxLength: 200 }), (contents) => {
      const seenContents = new SeenContents();
      const seen = new Set<string>();
      for (const content of contents) {
        expect(seenContents.isNew(content)).toBe(!seen.has(content));
        seen.add(content);
      }
    }),
  );
});

test('forgets the contents seen longest ago, and never holds more than its capacity', () => {
  const seenContents = new SeenContents(2);
  seenContents.isNew('a');
  seenContents.isNew('b');
  seenContents.isNew('a');
  seenContents.isNew('c');
  expect(seenContents.isNew('a')).toBe(false);
  expect(seenContents.isNew('b')).toBe(true);
});

test('hundreds of thousands of contents are told apart in some megabytes', () => {
  const seenContents = new SeenContents();
  const before = process.memoryUsage().arrayBuffers;
  let again = 0;
  for (let round = 0; round < 2; round += 1)
    for (let index = 0; index < 300_000; index += 1)
      if (seenContents.isNew(`{"junk":${index}}`) === (round === 1)) again += 1;
  expect(again).toBe(0);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32_000_000);
});

test('a page of the largest size that comes with every poll is sent once', () => {
  const seenContents = new SeenContents();
  const page = Array.from({ length: 10_000 }, (_, index) => String(index));
  expect(page.filter((content) => seenContents.isNew(content))).toHaveLength(10_000);
  expect(page.filter((content) => seenContents.isNew(content))).toHaveLength(0);
});
