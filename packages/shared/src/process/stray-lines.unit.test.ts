import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { instantClock } from '../../test/instant-clock.ts';
import { recordedLog } from '../../test/recorded-log.ts';
import { logStrayLines } from './stray-lines.ts';

test('what a library writes to the console and what Node warns of are lines of the log, short and once', () => {
  const { log, lines } = recordedLog();
  const written: unknown[] = [];
  const write = (...args: unknown[]) => void written.push(args);
  const emitter = new EventEmitter();
  emitter.on('warning', write);
  // What is used of them: the methods that are replaced, and the listeners of one event.
  const console = { log: write, info: write, debug: write, warn: write, error: write } as unknown as Console;
  const process = emitter as unknown as NodeJS.Process;
  logStrayLines({ log, clock: instantClock() }, { console, process });
  console.warn('%s - socket usage at capacity=%d\nSee https://docs.test', 'handler', 50);
  console.error('x'.repeat(5_000));
  console.error('x'.repeat(5_000));
  // Of another kind than the first, numbers apart.
  console.warn('handler - socket usage at capacity=%d', 51);
  console.warn('profile not found, see https://u:pw@docs.test/?key=planted');
  emitter.emit('warning', Object.assign(new Error('will be removed'), { name: 'DeprecationWarning' }));
  expect(written).toEqual([]);
  const said = lines.filter(({ level }) => level !== 'debug').map(({ level, line, msg }) => [level, line, msg]);
  expect(said).toEqual([
    ['warn', 'handler - socket usage at capacity=50', 'line of a library'],
    ['error', `${'x'.repeat(300)}…`, 'line of a library'],
    ['warn', 'profile not found, see https://docs.test/', 'line of a library'],
    ['warn', 'DeprecationWarning: will be removed', 'warning of Node or a library'],
  ]);
});
