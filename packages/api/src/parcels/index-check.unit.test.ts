import { expect, test } from 'vitest';
import { createIndexCheck } from './index-check.ts';

const never = new AbortController().signal;

function rig() {
  let [nowMs, looks, isThere] = [0, 0, true];
  const check = async () => {
    looks += 1;
    if (!isThere) throw new Error('off');
  };
  return {
    ...createIndexCheck(check, { monotonic: () => nowMs }),
    looks: () => looks,
    pass: (ms: number) => {
      nowMs += ms;
    },
    set: (there: boolean) => {
      isThere = there;
    },
  };
}

test('an index that is there is looked at once a minute, and again after a failed read', async () => {
  const index = rig();
  await index.require(never);
  index.pass(59_999);
  await index.require(never);
  expect(index.looks()).toBe(1);
  index.pass(1);
  await index.require(never);
  expect(index.looks()).toBe(2);
  index.forget();
  await index.require(never);
  expect(index.looks()).toBe(3);
});

test('an index that is not there is looked at each time, so that a new one serves at once', async () => {
  const index = rig();
  index.set(false);
  await expect(index.require(never)).rejects.toThrow('off');
  await expect(index.require(never)).rejects.toThrow('off');
  index.set(true);
  await index.require(never);
  expect(index.looks()).toBe(3);
});
