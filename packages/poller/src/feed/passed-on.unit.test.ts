import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PassedOn } from './passed-on.ts';

test('each content is new once, whatever lies between its sights', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 }), { maxLength: 200 }), (contents) => {
      const passedOn = new PassedOn();
      const seen = new Set<string>();
      for (const content of contents) {
        expect(passedOn.isNew(content)).toBe(!seen.has(content));
        seen.add(content);
      }
    }),
  );
});

test('forgets the contents seen longest ago, and never holds more than its capacity', () => {
  const passedOn = new PassedOn(2);
  passedOn.isNew('a');
  passedOn.isNew('b');
  passedOn.isNew('a');
  passedOn.isNew('c');
  expect(passedOn.isNew('a')).toBe(false);
  expect(passedOn.isNew('b')).toBe(true);
});

test('a page of the largest size that comes with every poll is passed on once', () => {
  const passedOn = new PassedOn();
  const page = Array.from({ length: 10_000 }, (_, index) => String(index));
  expect(page.filter((content) => passedOn.isNew(content))).toHaveLength(10_000);
  expect(page.filter((content) => passedOn.isNew(content))).toHaveLength(0);
});
