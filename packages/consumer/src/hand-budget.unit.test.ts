import { describe, expect, test } from 'vitest';
import { imageHeapBytes } from '../test/image-heap.ts';
import { HandBudget } from './hand-budget.ts';

const receiveBytes = 10 * 262_144;

/** A budget under the images' flags, unless told otherwise, with this much text in hand. */
function budgetWith({ heapBytes = imageHeapBytes, text = 0 } = {}) {
  return new HandBudget({ heapBytes, inHand: { bytes: text } });
}

describe('the budget of what is in hand', () => {
  test('grows with the heap, and so do the receives at once', () => {
    const most = [96, 216, 536, 2_072].map((mib) => budgetWith({ heapBytes: mib * 2 ** 20 }).mostReceives);
    expect(most).toEqual([3, 10, 31, 131]);
  });

  test('refuses a heap that holds no receive, and says what it needs', () => {
    expect(() => budgetWith({ heapBytes: 60 * 2 ** 20 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(/60 MiB .* needs 68 MiB/) }),
    );
    expect(budgetWith({ heapBytes: 68 * 2 ** 20 }).mostReceives).toBe(1);
  });

  test('counts text, the text that receives may bring, and work alike', () => {
    const budget = budgetWith();
    let receives = 0;
    while (budget.fitsReceives(receives + 1)) receives += 1;
    expect(receives).toBe(43);
    expect(budgetWith({ text: 40 * receiveBytes }).fitsReceives(3)).toBe(true);
    expect(budgetWith({ text: 41 * receiveBytes }).fitsReceives(3)).toBe(false);
    const end = budget.begin(41 * receiveBytes, 1_000_000);
    expect(budget.fitsReceives(3)).toBe(false);
    end();
    expect(budget.fitsReceives(receives)).toBe(true);
  });

  test('expects of a message what the last one took for its length', () => {
    const budget = budgetWith();
    budget.begin(100 * 2 ** 20, 4_000_000);
    // 9 MiB are left, and a character took 26 bytes.
    expect(budget.fits(350_000)).toBe(true);
    expect(budget.fits(400_000)).toBe(false);
  });

  test('lets a message of any size be worked on alone', () => {
    const budget = budgetWith();
    expect(budget.fits(2 ** 40)).toBe(true);
    const end = budget.begin(2 ** 40, 1);
    expect(budget.fits(1)).toBe(false);
    end();
    expect(budget.fits(2 ** 40)).toBe(true);
  });
});
