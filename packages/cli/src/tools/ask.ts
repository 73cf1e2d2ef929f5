import { createInterface, type Interface } from 'node:readline';
import type { CommandLineIo } from '../io.ts';
import { readAll, readUnseen } from './read-unseen.ts';
import type { Tools } from './tools.ts';
import { usageError } from './usage-error.ts';

type Asking = Pick<CommandLineIo, 'stdin' | 'stderr' | 'signals'> & {
  readonly canAsk: boolean;
  /** Called before a question: progress is quiet until the answer. Returns what ends that. */
  readonly before: () => () => void;
};

export type Prompt = Pick<Tools, 'ask' | 'secret'> & { readonly close: () => void };

/** Asks on the terminal, on stderr: stdout is for data. */
export function createPrompt({ stdin, stderr, signals, canAsk, before }: Asking): Prompt {
  let lines: Interface | undefined;
  // Lines that were typed ahead: an interface for each question would lose them.
  const typed: string[] = [];
  let isOver = false;
  let wake = () => {};
  const open = () => {
    lines = createInterface({ input: stdin, terminal: false });
    lines.on('line', (line) => {
      typed.push(line);
      wake();
    });
    lines.on('close', () => {
      isOver = true;
      wake();
    });
  };
  return {
    ask: async (question, flag) => {
      if (!canAsk) throw usageError(`There is no terminal to ask on: give ${flag}`);
      const goOn = before();
      stderr.write(question);
      if (!lines) open();
      const { promise: answered, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      signals.first.addEventListener('abort', wake, { once: true });
      if (typed.length === 0 && !isOver) await answered;
      goOn();
      signals.first.throwIfAborted();
      return typed.shift() ?? '';
    },
    secret: async (question) => {
      if (!canAsk) return await readAll(stdin);
      const goOn = before();
      stderr.write(question);
      try {
        return await readUnseen(stdin, signals.first);
      } finally {
        stderr.write('\n');
        goOn();
      }
    },
    close: () => lines?.close(),
  };
}
