import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BuiltImage } from './built-images.ts';

export type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** Node's permissions stand for the container: they refuse to read files outside the folder, to write files, and to start processes or workers. */
const confined = (folder: string) => ['--permission', `--allow-fs-read=${folder}/*`];

/** Runs a built image as docker would with `--read-only`: its own command, in its own folder, with this environment only. */
export class ImageProcess {
  readonly ended: Promise<Ending>;
  readonly #image: BuiltImage;
  readonly #env: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;
  #output = '';

  /** @param command replaces the image's own, as compose can */
  constructor(image: BuiltImage, env: Readonly<Record<string, string>>, command: readonly string[] = image.command) {
    this.#image = image;
    this.#env = { ...image.env, HOME: image.folder, HTTP_HOST: '127.0.0.1', ...env };
    const [program, ...args] = command;
    if (program !== 'node') throw new Error(`an image must start node, not ${program}`);
    this.#child = spawn(process.execPath, [...confined(image.folder), ...args], {
      cwd: image.folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [this.#child.stdout, this.#child.stderr])
      output?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
      });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Requests one of its endpoints; the status is 0 without a response. Throws with its output when it has ended. */
  async ask(path: string): Promise<{ readonly status: number; readonly text: string }> {
    if (!this.isRunning) throw new Error(`${this.#image.folder} ended:\n${this.#output}`);
    try {
      const url = `http://127.0.0.1:${this.#env['HTTP_PORT']}${path}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  }

  /** Runs the image's health check beside it, as docker does, and returns the exit code. */
  async checkHealth(): Promise<number | null> {
    const [, ...args] = this.#image.healthcheck;
    const { folder } = this.#image;
    const check = spawn(process.execPath, [...confined(folder), ...args], {
      cwd: folder,
      env: this.#env,
      stdio: 'inherit',
    });
    const [code] = await once(check, 'exit');
    return code;
  }

  async stop(): Promise<Ending> {
    if (this.isRunning) this.#child.kill('SIGTERM');
    return await this.ended;
  }

  kill(): void {
    if (this.isRunning) this.#child.kill('SIGKILL');
  }
}
