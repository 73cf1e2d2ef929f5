import { createLogger, type Logger } from '../src/process/logger.ts';
import { noteLeaks } from './planted.ts';

/** A log that is read by the test alone: each line as JSON.parse gives it. */
export function recordedLog(): { readonly log: Logger; readonly lines: readonly Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => {
    noteLeaks(line);
    lines.push(JSON.parse(line));
  };
  return { log: createLogger({ service: 'test', level: 'trace', pretty: false }, { write }), lines };
}
