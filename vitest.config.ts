import type { TestProjectInlineConfiguration } from 'vitest/config';
import { configDefaults, defineConfig } from 'vitest/config';

const minutes = 60_000;

/** The tests named `*.<lane>.test.ts`, wherever they lie. `patience` is generous: it tells hanging from slow on a busy machine. */
const lane = (name: string, patience: number): TestProjectInlineConfiguration => ({
  extends: true,
  test: {
    name,
    // Unit tests keep every core busy. The others start processes and engines, which need cores of their own: after them.
    ...(name === 'unit' && { maxWorkers: '100%', sequence: { groupOrder: 1 } }),
    include: [`{packages,test,bench,infra,images}/**/*.${name}.test.ts`],
    exclude: [...configDefaults.exclude, '**/cdk.out/**', '**/fixture/**'],
    testTimeout: patience,
    hookTimeout: patience,
  },
});

export default defineConfig({
  test: {
    globalSetup: ['test/ground/on-node-24.ts'],
    setupFiles: ['test/ground/no-leaks.ts'],
    projects: [
      lane('unit', 0.5 * minutes),
      lane('int', 1 * minutes),
      lane('e2e', 2 * minutes),
      lane('sim', 25 * minutes),
      lane('deploy', 4 * minutes),
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts'],
      // What the processes that tests start cover counts too; docs/decisions/0002-coverage-of-child-processes.md
      autoAttachSubprocess: true,
      reporter: [['text', { skipFull: true, maxCols: 140 }], 'json', 'json-summary'],
      reportOnFailure: true,
      thresholds: { lines: 90 },
    },
  },
});
