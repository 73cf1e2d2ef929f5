import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from './fifo.ts';

test('returns what was pushed, in order, however pushes and shifts alternate', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: undefined }), { maxLength: 200 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === undefined) {
          expect(fifo.shift()).toBe(model.shift());
        } else {
          fifo.push(step);
          model.push(step);
        }
        expect(fifo.length).toBe(model.length);
        const looked: number[] = [];
        expect(fifo.some((entry) => looked.push(entry) === 3)).toBe(model.length >= 3);
        expect(looked).toEqual(model.slice(0, 3));
      }
    }),
  );
});
