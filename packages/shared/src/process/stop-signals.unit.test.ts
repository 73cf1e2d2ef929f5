import { expect, test } from 'vitest';
import { onceEach, sameSignalMs } from './stop-signals.ts';

test('a signal that comes twice by one Ctrl-C, from the terminal and from npm, counts once', () => {
  let now = 0;
  const received: string[] = [];
  const receive = onceEach<'SIGINT' | 'SIGTERM'>(
    (signal) => received.push(`${signal} ${now}`),
    () => now,
  );
  receive('SIGINT');
  now = 2;
  receive('SIGINT');
  receive('SIGTERM');
  now = sameSignalMs + 3;
  receive('SIGINT');
  expect(received).toEqual(['SIGINT 0', 'SIGTERM 2', `SIGINT ${sameSignalMs + 3}`]);
});

test('a signal that comes again and again, faster than that, counts each time after the while', () => {
  let now = 0;
  const received: number[] = [];
  const receive = onceEach<'SIGINT'>(
    () => received.push(now),
    () => now,
  );
  for (; now <= 600; now += 150) receive('SIGINT');
  expect(received).toEqual([0, 300, 600]);
});
