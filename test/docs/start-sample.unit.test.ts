import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { withSample } from './start-sample.ts';

const readme = readFileSync(fileURLToPath(import.meta.resolve('../../README.md')), 'utf8');

it("README.md's sample of npm start is what npm start prints", async () => {
  await expect(withSample(readme)).toMatchFileSnapshot('../../README.md');
});

it('fits 80 columns', () => {
  const [sample = ''] = /^```\nWaybill on Node[\s\S]*?^```$/m.exec(readme) ?? [];
  expect(sample.split('\n').length).toBeGreaterThan(20);
  for (const line of sample.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
});
