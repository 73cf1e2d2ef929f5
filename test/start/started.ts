import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { until } from '../processes/until.ts';

const root = fileURLToPath(import.meta.resolve('../..'));
export const main = fileURLToPath(import.meta.resolve('@waybill/local/main.ts'));

/** `npm start`, or what it runs, with everything that it prints. */
export class Start {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  #output = '';

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // A process group of its own, as in a shell: Ctrl-C is a signal to all of it.
    this.process = spawn(command, args, {
      cwd: root,
      detached: true,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [this.process.stdout, this.process.stderr]) {
      output?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
      });
    }
    this.ended = once(this.process, 'close');
  }

  /** @param program another one than what `npm start` runs */
  static direct(
    context: Pick<TestContext, 'onTestFinished'>,
    args: readonly string[],
    env?: Record<string, string>,
    program = main,
  ) {
    const start = new Start(process.execPath, [program, ...args], env);
    context.onTestFinished(async () => {
      if (start.process.exitCode === null && start.process.signalCode === null) start.process.kill('SIGTERM');
      await start.ended;
    });
    return start;
  }

  get output(): string {
    return this.#output;
  }

  /** The exit code, once it has ended. */
  async code(): Promise<number | null> {
    await this.ended;
    return this.process.exitCode;
  }

  /** Waits until it has printed this. Rejects when it ends before, with what it has printed. */
  async says(what: string, text: RegExp): Promise<void> {
    const ended = this.ended.then(() => {
      throw new Error(`It ended before it was so that ${what}:\n${this.#output}`);
    });
    await Promise.race([until(what, () => text.test(this.#output)), ended]).catch((error: unknown) => {
      throw new Error(`${error}\n${this.#output}`);
    });
  }

  /** Ctrl-C, as the terminal sends it. */
  interrupt(): void {
    if (this.process.pid) process.kill(-this.process.pid, 'SIGINT');
  }

  /** The processes that it started: two engines, poller, processor, notifier and API. */
  async sixChildren(): Promise<number[]> {
    await until('engines, poller, processor, notifier and API run', () => this.#children().length === 6);
    return this.#children();
  }

  #children(): number[] {
    const table = execFileSync('/bin/ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
    const rows = table.split('\n').map((row) => row.trim().split(/\s+/).map(Number));
    return rows.flatMap(([pid = 0, parent]) => (parent === this.process.pid ? [pid] : []));
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function allGone(pids: readonly number[]): Promise<void> {
  await until('nothing is left running', () => !pids.some(isRunning));
}

/** Signs in to the page by the link that was printed last, as the form does, and returns what reads a screen of it. */
export async function signedIn(output: string): Promise<(path: string) => Promise<string>> {
  const links = [...output.matchAll(/^ {2}(http:\/\/127\.0\.0\.1:\d+)\/sign-in#(\S+)$/gm)];
  const [, url = '', token = ''] = links.at(-1) ?? [];
  const signIn = await fetch(`${url}/sign-in`, {
    method: 'POST',
    body: new URLSearchParams({ token }),
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin' },
  });
  const [cookie = ''] = signIn.headers.getSetCookie();
  return async (path) => {
    const response = await fetch(url + path, { headers: { cookie: cookie.split(';')[0] ?? '', accept: 'text/html' } });
    return `${response.status} ${await response.text()}`;
  };
}
