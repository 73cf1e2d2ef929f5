import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import type { Environment } from './service-process.ts';

/** Milliseconds that the API may take until it answers. */
const startLimitMs = 20_000;
const askEveryMs = 100;

/**
 * Starts an API that outlives this process, as kept engines do. Its output goes nowhere: a pipe to this process would
 * break. Resolves with its pid once it answers, whatever it answers; rejects when it ends, or does not answer in 20 s.
 */
export async function startKeptApi(url: string, env: Environment): Promise<number> {
  const entry = fileURLToPath(new URL('../../../api/src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [...nodeFlags, entry], {
    detached: true,
    env: { ...env, HTTP_HOST: '127.0.0.1', HTTP_PORT: '0' },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The API that was to be kept ended with ${signal ?? `exit code ${code}`}`);
  });
  try {
    await Promise.race([ended, untilAnswered(url)]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  child.unref();
  return child.pid ?? 0;
}

async function untilAnswered(url: string): Promise<void> {
  const from = performance.now();
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(startLimitMs) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return;
    if (performance.now() - from > startLimitMs) {
      throw new Error(`The API that was to be kept did not answer within ${startLimitMs / 1_000} s`);
    }
    await delay(askEveryMs);
  }
}
