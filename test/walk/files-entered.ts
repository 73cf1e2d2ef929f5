import { Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * What a reader of a walk need not open: tools that every part uses, none of which passes an event on. The rooms of
 * processes and telemetry, and what stands beside them.
 */
const tools = /^packages\/shared\/src\/((process|telemetry)\/.*|[^/]+)$/;

/** What only counts: how much may be read or held, whether a backlog is near, what was rejected. No event passes through these. */
const counters = new RegExp(
  `^packages/(${[
    'poller/src/feed/page-cap',
    'shared/src/scan-api/page-limit',
    'poller/src/catch-up/backlog-probe',
    'consumer/src/(hand-budget|guard/fifo)',
    'processor/src/parcels/rejections',
  ].join('|')})\\.ts$`,
);

/**
 * The sources in which something runs between {@link begin} and {@link end}, by V8's own counting of blocks: a function
 * that is called, or one that goes on behind an `await`. What only waits for all of it is not among them.
 */
export class FilesEntered {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  begin(): void {
    this.#run();
  }

  /** Ends the walk. Returns the files, from the repository's root, in the order of the alphabet. */
  end(): string[] {
    const files = this.#run()
      .filter((url) => url.startsWith('file://'))
      .map((url) => fileURLToPath(url).replace(root, ''))
      .filter((path) => /^packages\/[^/]+\/src\//.test(path) && !tools.test(path) && !counters.test(path));
    this.#session.disconnect();
    return files.toSorted();
  }

  /** Scripts of which something ran since this was asked last. */
  #run(): string[] {
    const ran: string[] = [];
    // Answered before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error) throw error;
      for (const { url, functions } of answer.result) {
        // What begins with the file is the module itself, which runs when it is loaded.
        const blocks = functions.flatMap(({ ranges }) => ranges).filter(({ startOffset }) => startOffset > 0);
        if (blocks.some(({ count }) => count > 0)) ran.push(url);
      }
    });
    return ran;
  }
}
