import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Usage } from './preload.ts';

/** Milliseconds after which a process that does not answer is taken for hung. */
const answerLimitMs = 20_000;
/** Characters of a process's output that are shown when it fails. */
const shownOutput = 4_000;

const preload = new URL('./preload.ts', import.meta.url).href;

type Question = string | Readonly<Record<string, unknown>>;

/** A child process that is measured from outside. */
export class MeasuredProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #failed: Promise<never>;
  #output = '';
  #stopping = false;

  /** @param nodeFlags for example `--cpu-prof`, for profiling */
  constructor(name: string, entry: URL, env: Readonly<Record<string, string>>, nodeFlags: readonly string[] = []) {
    this.name = name;
    this.#child = spawn(process.execPath, [...nodeFlags, '--import', preload, entry.pathname], {
      // No inherited variable can configure the SDK or Node: only `env` does.
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NODE_V8_COVERAGE: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const keep = (chunk: unknown) => {
      this.#output = `${this.#output}${chunk}`.slice(-shownOutput);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#failed = new Promise((_, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => {
        if (!this.#stopping) reject(new Error(`The ${name} ended with ${signal ?? code}:\n${this.#output}`));
      });
    });
    this.#failed.catch(() => undefined);
  }

  /** The end of the process's output. */
  get output(): string {
    return this.#output;
  }

  usage(): Promise<Usage> {
    return this.ask('usage', (message) =>
      typeof message === 'object' && message !== null && 'usage' in message && isUsage(message.usage)
        ? message.usage
        : undefined,
    );
  }

  /** Sends a question and resolves with the first message in which `read` finds its answer. */
  async ask<T>(question: Question, read: (message: unknown) => T | undefined, limitMs = answerLimitMs): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const listen = (message: unknown) => {
      const answer = read(message);
      if (answer !== undefined) resolve(answer);
    };
    const late = setTimeout(
      () => reject(new Error(`The ${this.name} did not answer within ${limitMs} ms:\n${this.#output}`)),
      limitMs,
    );
    this.#child.on('message', listen);
    this.#child.send(question);
    try {
      return await this.orFailed(promise);
    } finally {
      clearTimeout(late);
      this.#child.off('message', listen);
    }
  }

  /** Rejects when the process ends before the promise settles. */
  async orFailed<T>(promise: Promise<T>): Promise<T> {
    return await Promise.race([promise, this.#failed]);
  }

  /** Ends the process at once; with SIGTERM in order, so that it can write a profile. */
  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }
}

function isUsage(value: unknown): value is Usage {
  return typeof value === 'object' && value !== null && 'cpuMicros' in value && 'calls' in value;
}
