import { expect, test } from 'vitest';
import { commandOf } from './waybill-command-of.ts';
import { waybillLines, waybillSpans } from './waybill-lines.ts';

const lines = waybillLines().map(({ args }) => args.join(' '));

test('the runbook has commands in blocks and in its text', () => {
  expect(lines.length).toBeGreaterThan(10);
  expect(waybillSpans().length).toBeGreaterThan(2);
});

test.each([...waybillSpans(), ...lines])('`waybill %s` is a command with these flags', (text) => {
  const command = commandOf(text.split(' '));
  expect(command).toBeDefined();
  const flags = [...text.matchAll(/(?<= )--[a-z-]+/g)].map(([flag]) => flag);
  expect(flags.filter((flag) => !command?.flags.includes(flag))).toEqual([]);
});
