import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Engines, startEngines } from '@waybill/local/engines/engines.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const entry = fileURLToPath(new URL('main.ts', import.meta.url));
let embedded: Engines | undefined;
let engine: Readonly<Record<string, string>>;

// The engines that the environment names, if it names both; else the embedded ones.
beforeAll(async () => {
  const { AWS_ENDPOINT_URL_SQS: sqs, AWS_ENDPOINT_URL_DYNAMODB: dynamodb } = process.env;
  if (!sqs || !dynamodb) embedded = await startEngines();
  engine = {
    AWS_ENDPOINT_URL_SQS: embedded?.sqsEndpoint ?? sqs ?? '',
    AWS_ENDPOINT_URL_DYNAMODB: embedded?.dynamodbEndpoint ?? dynamodb ?? '',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
});
afterAll(() => embedded?.stop());

/** Runs it to its end with these variables and no others of its own. */
async function run(args: readonly string[], variables: Readonly<Record<string, string>>) {
  const { PATH, NODE_V8_COVERAGE, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_V8_COVERAGE, NODE_COMPILE_CACHE, ...variables };
  const child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, ...said };
}

describe('npm run provision, as a process', () => {
  test('creates what is missing and ends with 0; a second time as well', async () => {
    const args = ['--prefix', `m${randomUUID().slice(0, 8)}-`];
    expect(await run(args, engine)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^created /m) });
    expect(await run(args, engine)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^exists /m) });
  });

  test('uses the endpoint that it is given, although the SDK is set to ignore endpoints', async () => {
    const args = ['--prefix', `m${randomUUID().slice(0, 8)}-`];
    expect(await run(args, { ...engine, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })).toMatchObject({ code: 0 });
  });

  test('ends with 2 before any request, when no engine is given', async () => {
    expect(await run([], {})).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('or --aws') });
  });

  test('ends with 1 and says who does not answer', async () => {
    const away = { ...engine, AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' };
    expect(await run(['--wait', '0'], away)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^npm run provision failed: SQS at http:\/\/127.0.0.1:1 does not answer/),
    });
  });

  test('explains itself', async () => {
    expect(await run(['--help'], {})).toMatchObject({ code: 0, stdout: expect.stringContaining('--fix') });
  });
});
