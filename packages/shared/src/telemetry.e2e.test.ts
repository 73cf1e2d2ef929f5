import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isMetricLine, published } from '../test/embedded-metric-format.ts';

const script = fileURLToPath(new URL('../test/two-writers.ts', import.meta.url));
const rounds = 300;

test('log and metrics share a standard output that is read late: every line is whole, and none is lost', async () => {
  const child = spawn(process.execPath, [script, String(rounds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  // Nobody reads yet: the first lines fill the pipe, and the process has to wait.
  await once(child.stdout, 'readable');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  expect(await exit).toEqual([0, null]);

  const logged = lines.filter((line) => !isMetricLine(line)).map((line) => JSON.parse(line));
  expect(logged.map(({ round }) => round)).toEqual([...Array(rounds).keys(), undefined]);
  expect(logged.at(-1)).toMatchObject({ msg: 'stopped' });

  const metrics = lines.filter(isMetricLine).flatMap(published);
  const sum = (name: string, keys: number) =>
    metrics
      .filter((metric) => metric.name === name && Object.keys(metric.dimensions).length === keys)
      .reduce((total, { value }) => total + (typeof value === 'number' ? value : Number.NaN), 0);
  expect(new Set(metrics.map(({ at }) => at)).size).toBeGreaterThan(10);
  expect(sum('waybill.feed.events', 0)).toBe(rounds);
  expect(sum('waybill.processor.failures', 0)).toBe(10 * rounds);
  expect(sum('waybill.processor.failures', 1)).toBe(10 * rounds);
});
