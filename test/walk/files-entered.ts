import { Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';

type Range = { readonly startOffset: number; readonly count: number };

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * What a reader of a walk need not open: tools that every part uses, none of which passes an event on. The rooms of
 * processes and telemetry, and what stands beside them.
 */
const tools = /^packages\/shared\/src\/((process|telemetry)\/.*|[^/]+)$/;

/**
 * The sources in which a function is called between {@link begin} and {@link end}, by V8's own counting, and those that
 * wait when it begins: what a reader opens who follows an event from the one moment to the other.
 */
export class FilesEntered {
  readonly #session = new Session();
  readonly #files = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  }

  /** To be called where the walk begins: whoever waits for what comes next stands in this call's stack, also behind an `await`. */
  begin(): void {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 100;
    const { stack = '' } = new Error('where the walk begins');
    Error.stackTraceLimit = stackTraceLimit;
    for (const [url] of stack.matchAll(/file:\/\/[^\s)]+?\.ts/g)) this.#add(url);
    this.#called();
  }

  /** Ends the walk: the files entered, from the repository's root, in the order of the alphabet. */
  end(): string[] {
    for (const url of this.#called()) this.#add(url);
    this.#session.disconnect();
    return [...this.#files].sort();
  }

  #add(url: string): void {
    if (!url.startsWith('file://')) return;
    const path = fileURLToPath(url).replace(root, '');
    if (/^packages\/[^/]+\/src\//.test(path) && !tools.test(path)) this.#files.add(path);
  }

  /** Scripts of which a function was called since this was asked last. */
  #called(): string[] {
    const called: string[] = [];
    // Answered before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error) throw error;
      for (const { url, functions } of answer.result) {
        // What begins with the file is the module itself, which runs when it is loaded.
        const isCalled = ([whole]: readonly Range[]) => whole !== undefined && whole.startOffset > 0 && whole.count > 0;
        if (functions.some(({ ranges }) => isCalled(ranges))) called.push(url);
      }
    });
    return called;
  }
}
