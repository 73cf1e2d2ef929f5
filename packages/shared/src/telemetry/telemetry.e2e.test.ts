import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isMetricLine, published } from '../../test/embedded-metric-format.ts';

const script = fileURLToPath(new URL('../../test/two-writers.ts', import.meta.url));
const rounds = 3;

test('log and metrics share a standard output that is read slowly: every line is whole, and none is lost', async () => {
  const child = spawn(process.execPath, [script, String(rounds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  // Slower than it is written: the pipe is full, and refuses what does not fit, most of the time.
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) {
    chunks.push(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const lines = Buffer.concat(chunks).toString().trimEnd().split('\n');
  expect(await exit).toEqual([0, null]);

  const logged = lines.filter((line) => !isMetricLine(line)).map((line) => JSON.parse(line));
  expect(logged.map(({ round }) => round)).toEqual([...Array(rounds).keys(), undefined]);
  expect(logged.at(-1)).toMatchObject({ msg: 'stopped' });

  const metrics = lines.filter(isMetricLine).flatMap(published);
  const sum = (name: string, keys: number) =>
    metrics
      .filter((metric) => metric.name === name && Object.keys(metric.dimensions).length === keys)
      .reduce((total, { value }) => total + (typeof value === 'number' ? value : Number.NaN), 0);
  expect(sum('waybill.feed.events', 0)).toBe(rounds);
  expect(sum('waybill.processor.failures', 0)).toBe(1_900 * rounds);
  expect(sum('waybill.processor.failures', 1)).toBe(1_900 * rounds);
});
