import { expect, test } from 'vitest';
import { LastLines } from './last-lines.ts';

test('keeps the last lines, however they were cut in transit', () => {
  const lines = new LastLines(2);
  for (const chunk of ['one\ntw', 'o\n\nth', 'ree\nfo']) lines.add(chunk);
  expect(lines.raw()).toEqual(['two', 'three']);
  expect(lines.show()).toEqual(['two', 'three', 'fo']);
});

test('shows log lines in words, and anything else as it came', () => {
  const lines = new LastLines(9);
  const time = '2026-01-02T03:04:05.678Z';
  lines.add(`${JSON.stringify({ level: 'warn', time, msg: 'feed not read', err: { message: 'cut off' } })}\n`);
  lines.add(`${JSON.stringify({ level: 'info', time, msg: 'stopped' })}\n{"half":\n{"no":"message"}\nSyntaxError: x\n`);
  expect(lines.show()).toEqual([
    '03:04:05.678 warn feed not read: cut off',
    '03:04:05.678 info stopped',
    '{"half":',
    '{"no":"message"}',
    'SyntaxError: x',
  ]);
});
