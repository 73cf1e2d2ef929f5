import { clearScreenDown, moveCursor } from 'node:readline';
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

/** How far a run has come. */
export type Progress = {
  readonly seconds: number;
  /** Elements read, scan events stored. Repetitions count. */
  readonly read: number;
  readonly stored: number;
  readonly storedPerSecond: number;
  /** Elements that the feed holds, where that is known. */
  readonly total: number | undefined;
  /** Messages in the queue, in flight or not, and in its DLQ. */
  readonly queued: number;
  readonly dead: number;
  readonly position: number;
  /** What is wrong just now, in a few words. */
  readonly trouble?: string | undefined;
};

/** Where a run shows itself: a terminal, or anything else that takes lines. */
export type Output = Writable & { readonly isTTY?: boolean };

/** Milliseconds between two lines where there is no terminal to draw a panel in. */
const lineEveryMs = 3_000;
/** A terminal of 80 columns, with its last one left free: some wrap when it is written to. */
export const columns = 79;
const barWidth = 30;

/** In a terminal a panel that stays where it is; elsewhere a line every few seconds. Colours as NO_COLOR and the like allow. */
export class ProgressDisplay {
  readonly #output: Output;
  readonly #isTerminal: boolean;
  #shownLines = 0;
  #lastLineAt = Number.NEGATIVE_INFINITY;

  constructor(output: Output, { isDumb = false }: { isDumb?: boolean } = {}) {
    this.#output = output;
    this.#isTerminal = output.isTTY === true && !isDumb;
  }

  /** Milliseconds between two looks that are worth showing. */
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
      if (progress.trouble) this.#output.write(`       ${progress.trouble}\n`);
    }
  }

  /** Writes lines that stay; a panel comes again below them. */
  say(text: string): void {
    this.clear();
    this.#output.write(`${text}\n`);
  }

  /** As {@link say}, with the mark that a line begins with, if it is one of these, in its colour. */
  sayMarked(lines: readonly string[], marks: Readonly<Record<string, 'green' | 'red'>>): void {
    const marked = lines.map((text) => {
      const found = Object.entries(marks).find(([mark]) => text.startsWith(`${mark} `));
      return found ? this.#styled(found[1], found[0]) + text.slice(found[0].length) : text;
    });
    this.say(marked.join('\n'));
  }

  /** Takes the panel away. */
  clear(): void {
    if (this.#shownLines === 0) return;
    moveCursor(this.#output, 0, -this.#shownLines);
    clearScreenDown(this.#output);
    this.#shownLines = 0;
  }

  #styled(style: 'cyan' | 'green' | 'red', text: string): string {
    return styleText(style, text, { stream: this.#output });
  }
}

const number = (value: number) => Math.round(value).toLocaleString('en-US');

export function panel(progress: Progress): string[] {
  const { read, stored, storedPerSecond, total, queued, dead, position, trouble } = progress;
  const share = total === undefined ? undefined : Math.min(1, read / Math.max(1, total));
  const filled = Math.floor((share ?? 0) * barWidth);
  const bar = share === undefined ? '' : `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}  `;
  const of = total === undefined ? '' : ` of ${number(total)}`;
  return [
    `${bar}read ${number(read)}${of}`,
    `stored ${number(stored)}  ${number(storedPerSecond)}/s  in queue ${number(queued)}  in DLQ ${number(dead)}  at ${position}`,
    ...(trouble ? [trouble] : []),
  ].map((text) => text.slice(0, columns));
}

export function line(progress: Progress): string {
  const { seconds, read, stored, storedPerSecond, total, queued, dead, position } = progress;
  const of = total === undefined ? '' : `/${total}`;
  const counts = `${seconds.toFixed(0).padStart(3)} s  read ${read}${of}  stored ${stored}  ${number(storedPerSecond)}/s`;
  return `${counts}  queue ${queued}  DLQ ${dead}  at ${position}`.slice(0, columns);
}
