import type { Writable } from 'node:stream';
import type { Column, View } from './view.ts';

/** Prints data on stdout: columns for people, JSON with `--json`. */
export type Print = {
  readonly isJson: boolean;
  readonly view: View;
  /** One document. `human` makes the lines for people. */
  readonly document: <T>(value: T, human: (value: T, view: View) => readonly string[]) => void;
  /** A line for each entry. `none` is said, on stderr, where there is no entry. */
  readonly list: <T>(
    entries: Iterable<T> | AsyncIterable<T>,
    columns: readonly Column<T>[],
    none: string,
  ) => Promise<void>;
  /** Plain text, whether or not `--json` is given. */
  readonly text: (lines: readonly string[]) => void;
  /** A remark for people, on stderr: a text, broken into lines that fit, or lines as they are. */
  readonly note: (text: string | readonly string[]) => void;
};

export type PrintOptions = {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly isJson: boolean;
  readonly view: View;
  /** Called before anything is printed: a progress line gives way. */
  readonly before: () => void;
};

export function createPrint({ stdout, stderr, isJson, view, before }: PrintOptions): Print {
  const write = (stream: Writable, lines: readonly string[]) => {
    if (lines.length === 0) return;
    before();
    stream.write(`${lines.join('\n')}\n`);
  };
  return {
    isJson,
    view,
    document: (value, human) => write(stdout, isJson ? [JSON.stringify(value, undefined, 2)] : human(value, view)),
    list: async <T>(entries: Iterable<T> | AsyncIterable<T>, columns: readonly Column<T>[], none: string) => {
      if (isJson) {
        for await (const entry of entries) write(stdout, [JSON.stringify(entry)]);
        return;
      }
      const all: T[] = [];
      for await (const entry of entries) all.push(entry);
      if (all.length === 0) write(stderr, [none]);
      else write(stdout, view.table(all, columns));
    },
    text: (lines) => write(stdout, lines),
    note: (text) => write(stderr, typeof text === 'string' ? view.wrapped(text) : text),
  };
}
