import { format } from 'node:util';
import type { Clock } from '../clock.ts';
import { shownText } from '../shown-text.ts';
import { calmLog } from './calm-log.ts';
import type { Logger } from './logger.ts';

const levels = { debug: 'info', log: 'info', info: 'info', warn: 'warn', error: 'error' } as const;

/**
 * From now on what libraries write to the console, and Node's warnings, are lines of the log: standard output and error
 * hold JSON lines only. The SDK's providers of credentials and its HTTP client write to the console whatever logger they
 * are given.
 */
export function logStrayLines(
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
  { console, process }: { readonly console: Console; readonly process: NodeJS.Process } = globalThis,
): void {
  const calm = calmLog({ log, clock });
  for (const [method, level] of Object.entries(levels)) {
    Object.assign(console, {
      [method]: (...args: readonly unknown[]) =>
        calm[level]({ line: shownText(format(...args), false) }, 'line of a library'),
    });
  }
  // Node's own listener prints to standard error.
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    calm.warn({ line: shownText(`${name}: ${message}`, false) }, 'warning of Node or a library');
  });
}
