import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** Runs the app as `cdk synth -c …` does, with context and folder in variables. */
function cdkApp(context: Record<string, unknown>) {
  const outdir = mkdtempSync(join(tmpdir(), 'waybill-main-'));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], {
    env: { PATH: process.env['PATH'], CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: outdir },
    encoding: 'utf8',
  });
  return { status, stdout, stderr, files: readdirSync(outdir) };
}

it('a wrong context ends the app with its lines only: no stack trace, nothing synthesized', () => {
  expect(cdkApp({ stacks: 'data', alarmEmail: 'none', environment: 'Prod', maxProcessors: 'many' })).toEqual({
    status: 2,
    stdout: '',
    stderr: [
      'The context is wrong (docs/deployment-context.md; -c key=value or infra/cdk.context.json):',
      '  environment expected 1–16 of `a-z`, `0-9` and single `-` between them, beginning with a letter, got "Prod"',
      '  maxProcessors expected a whole number 1–100, got "many"',
      '',
    ].join('\n'),
    files: [],
  });
});

it('a right one is synthesized without an account, a region or a network', () => {
  const { status, stderr, files } = cdkApp({ stacks: 'data', alarmEmail: 'none' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(files).toContain('waybill-dev-data.template.json');
});
