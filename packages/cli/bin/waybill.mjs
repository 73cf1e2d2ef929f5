#!/usr/bin/env node
// Runs on any Node: it starts the command line on Node 24, which npm has put into node_modules, when this is another one.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = new URL('../src/main.ts', import.meta.url);
const node24 = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));

if (process.version.startsWith('v24.')) {
  await import(main.href);
} else if (existsSync(node24)) {
  const child = spawn(node24, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends SIGINT to both; a SIGTERM to this process is for the child.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', ({ message }) => fail(`node_modules/.bin/node does not start: ${message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
} else {
  fail(
    `this is Node ${process.version}, and Waybill needs Node 24. Try: npm ci (with ignore-scripts, npm rebuild after it)`,
  );
}

function fail(what) {
  process.stderr.write(`waybill: ${what}\n`);
  process.exitCode = 2;
}
