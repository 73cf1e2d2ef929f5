import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startProgress } from './progress-line.ts';

/** Progress on a clock that a test moves. */
function rig(isTerminal: boolean) {
  const said: string[] = [];
  const stderr = new Writable({
    write: (chunk, _encoding, done) => {
      said.push(String(chunk));
      done();
    },
  });
  const over = new AbortController();
  let now = 0;
  let sleeper: { until: number; wake: () => void } | undefined;
  const clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms: number) =>
      new Promise<void>((resolve) => {
        sleeper = { until: now + ms, wake: resolve };
      }),
  };
  const line = startProgress({
    ...{ stderr, clock, isTerminal, columns: 40 },
    what: 'waybill replay',
    over: over.signal,
  });
  const pass = async (seconds: number) => {
    for (let each = 0; each < seconds * 2; each += 1) {
      now += 500;
      if (sleeper && now >= sleeper.until) sleeper.wake();
      await turn();
    }
  };
  return { line, said, pass, over };
}

const redrawn = (text: string) => `\r\u001B[K${text}`;

test('on a terminal progress is a line that is redrawn each second, and cleared before something else is said', async () => {
  const { line, said, pass, over } = rig(true);
  await pass(0.5);
  expect(said).toEqual([]);
  await pass(0.5);
  line.show({ what: 'sent', done: 1_500, total: 10_000 });
  await pass(1);
  expect(said).toEqual([redrawn('waybill replay: 1 s'), redrawn('sent: 1,500 of 10,000 (15 %), 2 s')]);
  line.clear();
  expect(said.at(-1)).toBe(redrawn(''));
  const goOn = line.pause();
  await pass(3);
  expect(said).toHaveLength(3);
  goOn();
  line.show({ what: 'a very long word for what it does', done: 1 });
  await pass(1);
  expect(said.at(-1)).toHaveLength(39 + redrawn('').length);
  over.abort();
  await pass(3);
  expect(said).toHaveLength(4);
});

test('without a terminal progress is a line every 10 s', async () => {
  const { line, said, pass } = rig(false);
  await pass(9);
  expect(said).toEqual([]);
  await pass(1);
  line.show({ what: 'sent', done: 7 });
  await pass(10);
  expect(said).toEqual(['waybill replay: 10 s\n', 'sent: 7, 20 s\n']);
});
