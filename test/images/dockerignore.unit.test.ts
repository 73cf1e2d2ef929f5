import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildContext } from './build-context.ts';
import { root } from './dockerfile.ts';

const context = buildContext();

test('docker gets sources, manifests and the bundler, and nothing else of the checkout', () => {
  const unexpected = context.filter(
    (file) =>
      !/^(package(-lock)?\.json|\.npmrc|(infra|test|bench|packages\/\w+)\/package\.json)$/.test(file) &&
      !/^packages\/\w+\/src\/[\w./-]+\.ts$|^packages\/shared\/src\/process\/on-node-24\.mjs$/.test(file) &&
      !/^packages\/api\/src\/operator-page\/assets\/page-files\/[\w-]+\.(js|css|svg)$/.test(file) &&
      !/^images\/[\w-]+\.ts$/.test(file),
  );
  expect(unexpected).toEqual([]);
  expect(context).toEqual(expect.arrayContaining(['packages/poller/src/main.ts', 'images/main.ts', '.npmrc']));
});

test('docker gets no tests', () => {
  expect(context.filter((file) => file.includes('.test.'))).toEqual([]);
});

test('what docker gets stays below 3 MB', () => {
  const bytes = context.reduce((sum, file) => sum + statSync(join(root, file)).size, 0);
  expect(bytes).toBeLessThan(3_000_000);
});
