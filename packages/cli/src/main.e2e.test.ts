import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { awsJsonService } from '../../shared/test/local-service.ts';

const bin = fileURLToPath(new URL('../bin/waybill.mjs', import.meta.url));

type Started = { readonly interrupt: () => void; readonly ended: Promise<Ended> };
type Ended = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
};

/** Starts it with these variables and nothing of the developer's own; `pipe` is what a shell pipes its stdout to. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}, pipe?: string): Started {
  const begunAt = performance.now();
  const own = {
    PATH: process.env['PATH'],
    NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    HOME: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...env,
  };
  const line = `"$@" | ${pipe}; exit "\${PIPESTATUS[0]}"`;
  const child =
    pipe === undefined
      ? spawn(process.execPath, [bin, ...args], { env: own, stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn('bash', ['-c', line, 'bash', process.execPath, bin, ...args], {
          env: own,
          stdio: ['ignore', 'pipe', 'pipe'],
        });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({
    ...{ code, ...said, seconds: (performance.now() - begunAt) / 1_000 },
  }));
  return { interrupt: () => void child.kill('SIGINT'), ended };
}

const run = (...given: Parameters<typeof start>) => start(...given).ended;
const keys = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
const table = { OPERATIONS_TABLE: 'dev-waybill-operations' };

/** An item of the operations table as DynamoDB's API has it. */
function storedOperation(at: number) {
  const plan = {
    ...{ count: 1, isMoreThan: false, byReason: {}, oldestUtc: null, newestUtc: null, samples: [], notLookedAt: [] },
    ...{ cost: { sqsRequests: 0, readUnits: 0, writeUnits: 0, dollars: 0 }, warnings: ['x'.repeat(200)] },
  };
  return {
    operationId: { S: `20261128T000000-${at.toString(16).padStart(8, '0')}` },
    kind: { S: 'erase' },
    by: { S: 'local:tester' },
    because: { S: 'it was asked for' },
    filter: { M: {} },
    plan: { S: JSON.stringify(plan) },
    startedAtUtc: { S: '2026-11-28T00:00:00.000Z' },
  };
}

describe('waybill, as a process', () => {
  test('prints its version and its help, and ends', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(await run(['--help'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('operations') });
  });

  test('ends quietly when who reads it has gone', async () => {
    expect(await run(['completion', 'bash'], {}, 'head -1')).toMatchObject({
      ...{ code: 0, stderr: '', stdout: '# waybill completion for bash: source <(waybill completion bash)\n' },
    });
    // Far more than fits into a pipe: `head` has gone long before it is written.
    const items = Array.from({ length: 5_000 }, (_, at) => storedOperation(at));
    const { url } = await awsJsonService(() => ({ Items: items, Count: items.length, ScannedCount: items.length }));
    const env = { ...table, ...keys, AWS_ENDPOINT_URL_DYNAMODB: url };
    const args = ['operations', 'list', '--limit', '5000'];
    expect(await run([...args, '--json'], env, 'head -1')).toMatchObject({
      ...{ code: 0, stderr: '', stdout: expect.stringMatching(/^\{"operationId":[^\n]+\}\n$/) },
    });
    expect(await run(args, env, 'true')).toMatchObject({ code: 0, stderr: '', stdout: '' });
    expect(await run(['--help'], {}, 'true')).toMatchObject({ code: 0, stderr: '', stdout: '' });
  });

  test('ends with 2 where no region is set, within 10 s', async () => {
    const ended = await run(['operations', 'list'], { ...table, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
    expect(ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^waybill: no AWS region is set/),
    });
    expect(ended.seconds).toBeLessThan(10);
  });

  test('ends with 1 where there are no credentials, within 10 s', async () => {
    const ended = await run(['operations', 'list'], { ...table, AWS_REGION: 'eu-west-1' });
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^waybill: no AWS credentials for DynamoDB/),
    });
    expect(ended.stderr).toContain('Try: aws sso login');
    expect(ended.seconds).toBeLessThan(10);
  });

  test('ends at once with 130 on Ctrl-C, whatever it waits for', async () => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const silent = createServer(() => isAsked());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { interrupt, ended } = start(['operations', 'list'], {
      ...{ ...table, ...keys, AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}` },
    });
    await asked;
    const interruptedAt = performance.now();
    await delay(20);
    interrupt();
    expect(await ended).toMatchObject({ code: 130, stdout: '', stderr: '' });
    expect(performance.now() - interruptedAt).toBeLessThan(2_000);
  });
});
