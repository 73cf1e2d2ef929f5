import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { shownNumber as number } from '@waybill/shared/counted.ts';
import { shownRate } from './recent-rate.ts';

/** How far a run has come. */
export type Progress = {
  readonly seconds: number;
  /** Elements read and scan events stored, repetitions included. */
  readonly read: number;
  readonly stored: number;
  readonly storedPerSecond: number;
  /** Notifications that the receiver has taken. */
  readonly told: number;
  /** Elements that the feed holds, if known. */
  readonly total: number | undefined;
  /** Messages in the queue (in flight ones included) and in its DLQ. */
  readonly queued: number;
  readonly dead: number;
  readonly position: number;
  /** What is wrong at the moment, in a few words. */
  readonly problem?: string | undefined;
};

/** A terminal, or anything else that takes lines. */
export type Output = Writable & { readonly isTTY?: boolean };

/** Milliseconds between two lines, without a terminal. */
const lineEveryMs = 3_000;
/** The width of a terminal is 80 columns; the last stays free, because some terminals wrap when it is used. */
export const columns = 79;
const barWidth = 30;

/**
 * In a terminal a panel that stays in place, elsewhere a line every few seconds. NO_COLOR and its like are respected.
 */
export class ProgressDisplay {
  readonly #output: Output;
  readonly #isTerminal: boolean;
  #shownLines = 0;
  #lastLineAt = Number.NEGATIVE_INFINITY;

  constructor(output: Output, { isDumb = false }: { isDumb?: boolean } = {}) {
    this.#output = output;
    this.#isTerminal = output.isTTY === true && !isDumb;
  }

  /** Milliseconds between two updates. */
  get everyMs(): number {
    return this.#isTerminal ? 300 : 500;
  }

  show(progress: Progress): void {
    if (this.#isTerminal) {
      const lines = panel(progress);
      this.clear();
      this.#output.write(`${lines.map((line) => this.#styled('cyan', line)).join('\n')}\n`);
      this.#shownLines = lines.length;
    } else if (performance.now() - this.#lastLineAt >= lineEveryMs) {
      this.#lastLineAt = performance.now();
      this.#output.write(`${line(progress)}\n`);
      if (progress.problem) this.#output.write(`       ${progress.problem}\n`);
    }
  }

  /** Writes lines that stay; the panel is drawn below them. */
  say(text: string): void {
    this.clear();
    this.#output.write(`${text}\n`);
  }

  /** As {@link say}, with a colour for the lines' first word where it is one of these marks. */
  sayMarked(lines: readonly string[], marks: Readonly<Record<string, 'green' | 'red'>>): void {
    const marked = lines.map((text) => {
      const found = Object.entries(marks).find(([mark]) => text.startsWith(`${mark} `));
      return found ? this.#styled(found[1], found[0]) + text.slice(found[0].length) : text;
    });
    this.say(marked.join('\n'));
  }

  /** Removes the panel. */
  clear(): void {
    if (this.#shownLines === 0) return;
    // What is typed stands in the line below the panel, Ctrl-C as `^C`.
    cursorTo(this.#output, 0);
    moveCursor(this.#output, 0, -this.#shownLines);
    clearScreenDown(this.#output);
    this.#shownLines = 0;
  }

  #styled(style: 'cyan' | 'green' | 'red', text: string): string {
    return styleText(style, text, { stream: this.#output });
  }
}

export function panel(progress: Progress): string[] {
  const { read, stored, storedPerSecond, told, total, queued, dead, position, problem } = progress;
  const share = total === undefined ? undefined : Math.min(1, read / Math.max(1, total));
  const filled = Math.floor((share ?? 0) * barWidth);
  const bar = share === undefined ? '' : `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}  `;
  const of = total === undefined ? '' : ` of ${number(total)}`;
  return [
    `${bar}read ${number(read)}${of}  told ${number(told)}`,
    `stored ${number(stored)}  ${shownRate(storedPerSecond)}  in queue ${number(queued)}  in DLQ ${number(dead)}  at ${position}`,
    ...(problem ? [problem] : []),
  ].map((text) => text.slice(0, columns));
}

export function line(progress: Progress): string {
  const { seconds, read, stored, storedPerSecond, told, total, queued, dead, position } = progress;
  const of = total === undefined ? '' : `/${total}`;
  const counts = `${seconds.toFixed(0).padStart(3)} s  read ${read}${of}  stored ${stored}  ${shownRate(storedPerSecond)}`;
  // Of a feed whose end is known, how much was read says where it is.
  const place = total === undefined ? `  at ${position}` : '';
  return `${counts}  told ${told}  queue ${queued}  DLQ ${dead}${place}`.slice(0, columns);
}
