import { expect, test } from 'vitest';
import { recordedLog } from '../../test/observed.ts';
import { PageBudget } from './page-budget.ts';

/** Room for one page only. */
const smallest = () => new PageBudget({ heapBytes: 0, log: recordedLog().log });
const never = new AbortController().signal;

test('a reader that stops while it waits for room takes none, and the next one gets it', async () => {
  const budget = smallest();
  const held = await budget.take(10, never);
  const stopped = new AbortController();
  const gaveUp = budget.take(10, stopped.signal);
  const waits = budget.take(10, never);
  stopped.abort();
  expect(await gaveUp).toBeUndefined();
  held?.release();
  const next = await waits;
  expect(next).toBeDefined();
});

test('a reader that stops in front of smaller pages lets them pass', async () => {
  const budget = new PageBudget({ heapBytes: 64 * 2 ** 20 + 300_000, log: recordedLog().log });
  await budget.take(100, never);
  const stopped = new AbortController();
  const gaveUp = budget.take(1_000, stopped.signal);
  const waits = budget.take(1, never);
  stopped.abort();
  expect(await gaveUp).toBeUndefined();
  expect(await waits).toBeDefined();
});
