import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import type { Environment } from './service-process.ts';

/** Milliseconds that a process may take until it answers. */
const startLimitMs = 20_000;
const askEveryMs = 100;

/** What can be kept, with its entry file. */
const entries = {
  API: '../../../api/src/main.ts',
  notifier: '../../../notifier/src/main.ts',
  receiver: '../receiver/main.ts',
  'simulated Scan Event API': '../../../carrier/src/main.ts',
} as const;

/**
 * Starts a process that outlives this one, as kept engines do. Its output goes nowhere: a pipe to this process would
 * break. Resolves with its pid once it answers at this address, whatever it answers; rejects when it ends, or does not
 * answer in 20 s.
 */
export async function startKept(name: keyof typeof entries, url: string, env: Environment): Promise<number> {
  const entry = fileURLToPath(new URL(entries[name], import.meta.url));
  const child = spawn(process.execPath, [...nodeFlags, entry], {
    detached: true,
    env: { HTTP_PORT: '0', ...env, HTTP_HOST: '127.0.0.1' },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The ${name} that was to be kept ended with ${signal ?? `exit code ${code}`}`);
  });
  try {
    await Promise.race([ended, untilAnswered(name, url)]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  child.unref();
  return child.pid ?? 0;
}

async function untilAnswered(name: string, url: string): Promise<void> {
  const from = performance.now();
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(startLimitMs) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return;
    if (performance.now() - from > startLimitMs) {
      throw new Error(`The ${name} that was to be kept did not answer within ${startLimitMs / 1_000} s`);
    }
    await delay(askEveryMs);
  }
}
