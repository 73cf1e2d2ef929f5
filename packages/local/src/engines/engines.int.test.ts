import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { type Engines, startEngines } from './engines.ts';

type Endpoints = Pick<Engines, 'sqsEndpoint' | 'dynamodbEndpoint' | 'pids'>;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function started(): Promise<Engines> {
  const engines = await startEngines();
  cleanups.push(() => engines.stop());
  return engines;
}

const goOn = 'setInterval(() => {}, 60_000);';

/** A process that starts engines, does `then` with them, and tells where they are. */
async function startedElsewhere(then = goOn): Promise<{ parent: ChildProcess; engines: Endpoints }> {
  const program = `
    const { startEngines } = await import(${JSON.stringify(new URL('./engines.ts', import.meta.url).href)});
    const engines = await startEngines();
    ${then}
    console.log(JSON.stringify(engines));`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => parent.kill('SIGKILL'));
  const [line] = await once(createInterface(parent.stdout), 'line');
  return { parent, engines: JSON.parse(line) };
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}

async function bothAnswer({ sqsEndpoint, dynamodbEndpoint }: Endpoints): Promise<boolean> {
  return (await answers(sqsEndpoint)) && (await answers(dynamodbEndpoint));
}

async function untilGone({ sqsEndpoint, dynamodbEndpoint }: Endpoints): Promise<void> {
  const patience = { timeout: 10_000 };
  await expect.poll(() => answers(sqsEndpoint), patience).toBe(false);
  await expect.poll(() => answers(dynamodbEndpoint), patience).toBe(false);
}

describe('engines', () => {
  test('answer from the moment they are there until they are stopped, which may be said twice', async () => {
    const engines = await started();
    expect(await bothAnswer(engines)).toBe(true);
    await Promise.all([engines.stop(), engines.stop()]);
    await engines.stop();
    expect(await answers(engines.sqsEndpoint)).toBe(false);
    expect(await answers(engines.dynamodbEndpoint)).toBe(false);
  });

  test.runIf(process.platform === 'linux')('are not to be reached from other machines', async () => {
    const { sqsEndpoint, dynamodbEndpoint } = await started();
    for (const endpoint of [sqsEndpoint, dynamodbEndpoint]) {
      // Another address of the same machine: who listens on all interfaces answers there too.
      const socket = connect({ host: '127.0.0.2', port: Number(new URL(endpoint).port) });
      const [refusal] = await once(socket, 'error');
      expect(refusal).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  test.runIf(process.platform !== 'win32')(
    'ignore the signals that end a whole group, as others still need them',
    async () => {
      const engines = await started();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        for (const pid of engines.pids) process.kill(pid, signal);
        expect(await bothAnswer(engines), signal).toBe(true);
      }
    },
  );

  test.each(['SIGKILL', 'SIGINT'] as const)('end when their parent does, by %s', async (signal) => {
    const { parent, engines } = await startedElsewhere();
    expect(await bothAnswer(engines)).toBe(true);
    parent.kill(signal);
    await untilGone(engines);
  });

  test('end with a parent that exits without stopping them', async () => {
    const { parent, engines } = await startedElsewhere('setTimeout(() => process.exit(3), 50);');
    if (parent.exitCode === null) await once(parent, 'exit');
    await untilGone(engines);
  });

  test('live on when they are kept, until they are killed', async () => {
    const { parent, engines } = await startedElsewhere(`await engines.keep(); ${goOn}`);
    cleanups.push(() => {
      for (const pid of engines.pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // Gone, as it should be.
        }
      }
    });
    const ended = once(parent, 'exit');
    parent.kill('SIGKILL');
    await ended;
    for (const pid of engines.pids) process.kill(pid, 'SIGINT');
    expect(await bothAnswer(engines)).toBe(true);
    for (const pid of engines.pids) process.kill(pid, 'SIGTERM');
    await untilGone(engines);
  });

  test('let the parent that kept them come to its end', async () => {
    const { parent, engines } = await startedElsewhere('await engines.keep();');
    cleanups.push(() => engines.pids.map((pid) => process.kill(pid, 'SIGTERM')));
    await expect.poll(() => parent.exitCode).toBe(0);
    expect(await bothAnswer(engines)).toBe(true);
  });

  test('are not started when it is too late already, and what was begun is ended', async () => {
    await expect(startEngines({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  test('tell when one of them ends that nobody stopped', async () => {
    const engines = await started();
    const [sqs] = engines.pids;
    if (sqs !== undefined) process.kill(sqs, 'SIGKILL');
    expect((await engines.failed).message).toBe('The SQS engine ended by itself with SIGKILL');
  });

  test('survive a client that is killed in the middle of a request', async () => {
    const engines = await started();
    for (const endpoint of [engines.sqsEndpoint, engines.dynamodbEndpoint]) {
      const socket = connect({ host: '127.0.0.1', port: Number(new URL(endpoint).port) });
      await once(socket, 'connect');
      const head =
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 100\r\n\r\n';
      await new Promise((resolve) => socket.write(`${head}{"half":`, resolve));
      socket.resetAndDestroy();
      await once(socket, 'close');
      for (let request = 0; request < 5; request++) expect(await answers(endpoint)).toBe(true);
    }
  });
});
