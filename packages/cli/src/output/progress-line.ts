import type { Writable } from 'node:stream';
import type { Progress } from '@waybill/operations/record/operation.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import { durationOf } from '@waybill/shared/times.ts';

/** Milliseconds after which a command says that it is at work, and between two changes of the line on a terminal. */
const everyMs = 1_000;
/** Milliseconds between two lines where there is no terminal. */
const lineEveryMs = 10_000;

export type ProgressLine = {
  readonly show: (progress: Progress) => void;
  /** Takes the line off the terminal; it comes back by itself. */
  readonly clear: () => void;
  /** Takes the line off until the function that it returns is called. */
  readonly pause: () => () => void;
};

export type ProgressOptions = {
  readonly stderr: Writable;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly clock: Clock;
  /** What is said before anything is known. */
  readonly what: string;
  /** Ends it. */
  readonly over: AbortSignal;
};

/** Progress on stderr: nothing for the first second, then a line that is redrawn; without a terminal a line every 10 s. */
export function startProgress({ stderr, isTerminal, columns, clock, what, over }: ProgressOptions): ProgressLine {
  const begunAt = clock.monotonic();
  let latest: Progress | undefined;
  let isShown = false;
  let isPaused = false;
  const clear = () => {
    if (isShown) stderr.write('\r\u001B[K');
    isShown = false;
  };
  const draw = () => {
    const seconds = Math.round((clock.monotonic() - begunAt) / 1_000);
    const text =
      latest === undefined ? `${what}: ${durationOf(seconds)}` : `${wordsOf(latest)}, ${durationOf(seconds)}`;
    if (!isTerminal) return void stderr.write(`${text}\n`);
    // The last column stays free: some terminals wrap when it is used.
    stderr.write(`\r\u001B[K${text.slice(0, columns - 1)}`);
    isShown = true;
  };
  void (async () => {
    const ms = isTerminal ? everyMs : lineEveryMs;
    for (;;) {
      await clock.sleep(ms, over);
      if (over.aborted) return;
      if (!isPaused) draw();
    }
  })();
  return {
    clear,
    pause: () => {
      clear();
      isPaused = true;
      return () => {
        isPaused = false;
      };
    },
    show: (progress) => {
      latest = progress;
    },
  };
}

function wordsOf({ what, done, total }: Progress): string {
  const number = (value: number) => value.toLocaleString('en-US');
  if (total === undefined) return `${what}: ${number(done)}`;
  const share = total > 0 ? ` (${Math.min(100, Math.floor((done / total) * 100))} %)` : '';
  return `${what}: ${number(done)} of ${number(total)}${share}`;
}
