import { expect, test } from 'vitest';
import { sharedReading } from './shared-reading.ts';

/** A clock that moves when it is told to; sleeping takes no time. */
function world() {
  let now = 0;
  const pending: PromiseWithResolvers<string>[] = [];
  const read = () => {
    const next = Promise.withResolvers<string>();
    pending.push(next);
    return next.promise;
  };
  const ask = sharedReading<string, void>(read, { monotonic: () => now, sleep: async () => undefined });
  return { ask, pending, pass: (ms: number) => (now += ms) };
}

test('many who ask at once, and within a second, cost one read', async () => {
  const { ask, pending, pass } = world();
  const asked = [ask(), ask(), ask()];
  pending[0]?.resolve('a');
  expect(await Promise.all(asked)).toEqual(['a', 'a', 'a']);
  pass(999);
  expect(await ask()).toBe('a');
  expect(pending).toHaveLength(1);
});

test('a slow read does not keep anybody waiting who can be given the answer before', async () => {
  const { ask, pending, pass } = world();
  const first = ask();
  pending[0]?.resolve('a');
  await first;
  pass(5_000);
  expect(await ask()).toBe('a');
  expect(await ask()).toBe('a');
  expect(pending).toHaveLength(2);
  pending[1]?.resolve('b');
  await pending[1]?.promise;
  expect(await ask()).toBe('b');
});

test('an answer of half a minute ago is given to nobody', async () => {
  const { ask, pending, pass } = world();
  const first = ask();
  pending[0]?.resolve('a');
  await first;
  pass(30_001);
  const next = ask();
  pending[1]?.resolve('b');
  expect(await next).toBe('b');
});

test('what fails is asked anew', async () => {
  const { ask, pending } = world();
  const first = ask();
  pending[0]?.reject(new Error('away'));
  await expect(first).rejects.toThrow('away');
  const next = ask();
  pending[1]?.resolve('a');
  expect(await next).toBe('a');
});
