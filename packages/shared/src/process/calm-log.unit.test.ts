import { describe, expect, test } from 'vitest';
import { recordedLog } from '../../test/recorded-log.ts';
import { WaybillError } from '../error.ts';
import { calmLog } from './calm-log.ts';
import { createLogger } from './logger.ts';

/** A calm log on a clock that the test moves, and its lines at `info` and above. */
function rig() {
  const { log, lines } = recordedLog();
  let now = 5_000;
  const said = () =>
    lines
      .filter(({ level }) => level !== 'debug')
      .map(({ time: _time, service: _service, pid: _pid, ...rest }): Record<string, unknown> => rest);
  return {
    calm: calmLog({ log, clock: { monotonic: () => now } }),
    pass: (ms: number) => {
      now += ms;
    },
    lines,
    said,
  };
}

test('logs the first of a kind at once and as it is', () => {
  const { calm, said } = rig();
  calm.warn({ messageId: 'm-1' }, 'receive failed');
  expect(said()).toEqual([{ level: 'warn', messageId: 'm-1', msg: 'receive failed' }]);
});

test('says what repeats every 30 s, with how often and for how long', () => {
  const { calm, pass, said } = rig();
  for (let turn = 0; turn < 700; turn += 1) {
    calm.warn({ turn }, 'receive failed');
    pass(100);
  }
  expect(said()).toEqual([
    { level: 'warn', turn: 0, msg: 'receive failed' },
    { level: 'warn', turn: 300, times: 301, seconds: 30, msg: 'receive failed' },
    { level: 'warn', turn: 600, times: 601, seconds: 60, msg: 'receive failed' },
  ]);
});

test('leaves nothing out of the log at level debug', () => {
  const { calm, lines } = rig();
  for (const turn of [0, 1, 2]) calm.warn({ turn }, 'receive failed');
  expect(lines.map(({ level, turn }) => [level, turn])).toEqual([
    ['warn', 0],
    ['debug', 1],
    ['debug', 2],
  ]);
});

test('tells another text and another error at once', () => {
  const { calm, said } = rig();
  calm.warn({ err: new WaybillError('FEED_UNAVAILABLE', 'a') }, 'request failed');
  calm.warn({ err: new WaybillError('FEED_UNAVAILABLE', 'b') }, 'request failed');
  calm.warn({ err: new WaybillError('FEED_UNREADABLE', 'c') }, 'request failed');
  calm.error({ err: new TypeError('d') }, 'request failed');
  calm.warn({}, 'receive failed');
  expect(said()).toMatchObject([
    { err: { code: 'FEED_UNAVAILABLE' } },
    { err: { code: 'FEED_UNREADABLE' } },
    { level: 'error', err: { message: 'TypeError: d' } },
    { msg: 'receive failed' },
  ]);
});

test('says once that it is over, with the sum of its kinds', () => {
  const { calm, pass, said } = rig();
  calm.warn({ err: new TypeError('a') }, 'receive failed');
  pass(2_000);
  for (let turn = 0; turn < 3; turn += 1) calm.warn({ err: new RangeError('b') }, 'receive failed');
  calm.over('another text', 'something else works again');
  calm.over('receive failed', 'receives work again');
  calm.over('receive failed', 'receives work again');
  expect(said().slice(2)).toEqual([{ level: 'info', times: 4, seconds: 2, msg: 'receives work again' }]);
});

test('does not say that it is over when it happened once, and counts anew', () => {
  const { calm, said } = rig();
  for (let turn = 0; turn < 3; turn += 1) {
    calm.warn({ turn }, 'receive failed');
    calm.over('receive failed', 'receives work again');
  }
  expect(said().map(({ turn }) => turn)).toEqual([0, 1, 2]);
});

test('begins anew after a minute without it, and says how often it had happened', () => {
  const { calm, pass, said } = rig();
  for (let turn = 0; turn < 5; turn += 1) calm.warn({ turn }, 'failure recorded');
  pass(60_000);
  calm.warn({ turn: 5 }, 'failure recorded');
  expect(said()).toEqual([
    { level: 'warn', turn: 0, msg: 'failure recorded' },
    { level: 'info', what: 'failure recorded', times: 5, seconds: 0, msg: 'did not happen again for a minute' },
    { level: 'warn', turn: 5, msg: 'failure recorded' },
  ]);
});

describe('the log of a process', () => {
  /** The log as `run-process.ts` makes it, at this level, and its lines. */
  function processLog(level: 'info' | 'debug' = 'info') {
    const lines: Record<string, unknown>[] = [];
    let now = 0;
    const clock = { monotonic: () => now };
    const write = (line: string) => void lines.push(JSON.parse(line));
    const log = createLogger({ service: 'test', level, pretty: false, clock }, { write });
    const pass = (ms: number) => {
      now += ms;
    };
    return { log, clock, lines, pass };
  }
  const texts = (lines: readonly Record<string, unknown>[]) => lines.map(({ msg }) => msg);

  test('has two lines a minute of what succeeds again and again, and of each way in which it ends', () => {
    const { log, lines, pass } = processLog();
    for (let message = 0; message < 600; message += 1) {
      log.info(
        { messageId: `m-${message}`, settlement: message % 100 === 99 ? 'split' : 'deleted' },
        'message settled',
      );
      log.info({ from: message, to: message, events: 1 }, 'page queued');
      pass(100);
    }
    expect(lines.map(({ msg, settlement, times }) => [msg, settlement, times])).toEqual([
      ['message settled', 'deleted', undefined],
      ['page queued', undefined, undefined],
      ['message settled', 'split', undefined],
      ['message settled', 'deleted', 298],
      ['page queued', undefined, 301],
      ['message settled', 'split', 4],
    ]);
  });

  test('has one line for an error that repeats, and its end with the next line of anything', () => {
    const { log, lines, pass } = processLog();
    const err = new WaybillError('FEED_UNAVAILABLE', 'status 429');
    for (let request = 0; request < 20; request += 1) {
      log.warn({ fromEventId: 1, err }, 'feed request failed');
      pass(500);
    }
    pass(60_000);
    log.info({ last: 5 }, 'end of the feed');
    expect(lines).toMatchObject([
      { msg: 'feed request failed', level: 'warn' },
      { msg: 'did not happen again for a minute', what: 'feed request failed', times: 20, seconds: 10 },
      { msg: 'end of the feed' },
    ]);
  });

  test('has every line about something of its own: a hole, a state, a failure of another reason', () => {
    const { log, lines } = processLog();
    for (const from of [1, 2, 3]) log.error({ from, to: from }, 'hole crossed');
    for (const breaker of ['open', 'closed', 'open']) log.warn({ breaker }, 'breaker changed');
    for (const reason of ['A', 'B', 'A']) log.warn({ reason }, 'failure recorded');
    for (const err of [new TypeError('a'), new RangeError('b')]) log.error({ err }, 'failed');
    log.fatal({ err: new TypeError('c') }, 'failed');
    expect(texts(lines)).toEqual([
      ...Array(3).fill('hole crossed'),
      ...Array(3).fill('breaker changed'),
      ...Array(2).fill('failure recorded'),
      ...Array(3).fill('failed'),
    ]);
  });

  test('has a line for each request that was answered, and for each that failed', () => {
    const { log, lines } = processLog();
    for (const requestId of ['a', 'b']) {
      log.error({ requestId, route: 'GET /v1/status', err: new Error('no') }, 'request failed');
      log.info({ requestId, route: 'GET /v1/status', status: 500 }, 'request');
    }
    expect(lines.map(({ requestId, msg }) => [requestId, msg])).toEqual([
      ['a', 'request failed'],
      ['a', 'request'],
      ['b', 'request failed'],
      ['b', 'request'],
    ]);
  });

  test('has everything at level debug, and what is calm already once', () => {
    const { log, clock, lines, pass } = processLog('debug');
    const calm = calmLog({ log, clock });
    for (let turn = 0; turn < 40; turn += 1) {
      calm.warn({ err: new TypeError('a') }, 'store failed');
      pass(1_000);
    }
    expect(lines).toHaveLength(40);
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([{}, { times: 31, seconds: 30 }]);
  });

  test('has round numbers', () => {
    const { log, lines } = processLog();
    log.info({ waitMs: 226.1744385555068, share: 0.123456, count: 3, none: Number.NaN }, 'waiting');
    expect(lines).toMatchObject([{ waitMs: 226, share: 0.123, count: 3 }]);
  });
});
