import { expect, test } from 'vitest';
import { shellLines } from './shell-lines.ts';

test('a command line goes on below itself, and is never broken within quotes', () => {
  expect(shellLines('  waybill replay --from 1 --because "it has expired"', 34)).toEqual([
    '  waybill replay --from 1 \\',
    '    --because "it has expired"',
  ]);
  expect(shellLines('  waybill status', 80)).toEqual(['  waybill status']);
});
