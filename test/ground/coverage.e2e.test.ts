import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(import.meta.resolve('../..'));
let reports: string;

beforeAll(() => {
  reports = mkdtempSync(join(tmpdir(), 'waybill-coverage-'));
});

afterAll(() => {
  rmSync(reports, { recursive: true, force: true });
});

/**
 * Runs the fixture's tests under the project's coverage gate; the process they start greets once for each of `hours`.
 */
function runFixture(hours: readonly number[]): { readonly exitCode: number | null; readonly output: string } {
  const run = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--coverage',
      `--root=${join(root, 'test', 'ground', 'fixture')}`,
      `--coverage.reportsDirectory=${reports}`,
    ],
    { env: { ...process.env, NODE_V8_COVERAGE: '', NO_COLOR: '1', FIXTURE_HOURS: hours.join(',') }, encoding: 'utf8' },
  );
  return { exitCode: run.status, output: run.stdout + run.stderr };
}

describe('the coverage gate', () => {
  test('counts the lines that only a child process ran', () => {
    const run = runFixture([9, 21]);
    expect(run.output).toContain('1 file fully covered.');
    expect(run.exitCode).toBe(0);
  });

  test('fails a run that passes all its tests and leaves more than a tenth of the lines untouched', () => {
    const run = runFixture([9]);
    expect(run.output).toMatch(/counted\.ts .*\| 6-7 /);
    expect(run.output).toMatch(/Coverage for lines .* does not meet global threshold \(90%\)/);
    expect(run.exitCode).toBe(1);
  });
});
