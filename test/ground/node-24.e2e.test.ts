import { execSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('npm runs scripts on Node 24, whichever Node runs npm', () => {
  const path = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const ofTheMachine = (process.env[path] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const version = execSync('npm exec --call "node --version"', {
    cwd: fileURLToPath(import.meta.resolve('../..')),
    env: { ...process.env, [path]: ofTheMachine.join(delimiter) },
    encoding: 'utf8',
  });
  expect(version.trim()).toMatch(/^v24\./);
});
