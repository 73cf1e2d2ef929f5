import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isTest, readSources } from './sources.ts';

const most = 250;

test('no source file is longer than 250 lines, tests and what is generated excepted', () => {
  const long = [...readSources(fileURLToPath(import.meta.resolve('../..')))]
    .map(([path, text]) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ path, lines }) => lines > most && !isTest(path) && !path.includes('/generated/'))
    .map(({ path, lines }) => `${path}: ${lines} lines`);
  expect(long).toEqual([]);
});
