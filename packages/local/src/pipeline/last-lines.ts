/** The last lines that a process wrote, to be shown when it fails. */
export class LastLines {
  readonly #limit: number;
  #lines: string[] = [];
  #unfinished = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: string): void {
    const lines = (this.#unfinished + chunk).split('\n');
    this.#unfinished = lines.pop() ?? '';
    this.#lines = [...this.#lines, ...lines.filter((line) => line !== '')].slice(-this.#limit);
  }

  /** For a person: pino's JSON lines as time, level, message and error; anything else unchanged. */
  show(): string[] {
    return [...this.#lines, ...(this.#unfinished === '' ? [] : [this.#unfinished])].map(readable);
  }

  /** Unchanged. */
  raw(): readonly string[] {
    return this.#lines;
  }
}

/** Longest line that is shown, characters. */
const shownCharacters = 400;

function readable(line: string): string {
  return inWords(line).slice(0, shownCharacters);
}

function inWords(line: string): string {
  if (!line.startsWith('{')) return line;
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof entry !== 'object' || entry === null || !('msg' in entry)) return line;
  const time = 'time' in entry ? String(entry.time).slice(11, 23) : '';
  const level = 'level' in entry ? String(entry.level) : '';
  const err: unknown = 'err' in entry ? entry.err : undefined;
  const cause = typeof err === 'object' && err !== null && 'message' in err ? `: ${err.message}` : '';
  return `${time} ${level} ${entry.msg}${cause}`.trim();
}
