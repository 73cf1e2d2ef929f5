import { expect, test } from 'vitest';
import { recordedLog } from '../../test/recorded-log.ts';
import { WaybillError } from '../error.ts';
import { calmLog } from './calm-log.ts';

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

test('begins anew after a minute without it, and says what it had not said', () => {
  const { calm, pass, said } = rig();
  for (let turn = 0; turn < 5; turn += 1) calm.warn({ turn }, 'failure recorded');
  pass(60_000);
  calm.warn({ turn: 5 }, 'failure recorded');
  expect(said()).toEqual([
    { level: 'warn', turn: 0, msg: 'failure recorded' },
    { level: 'warn', turn: 5, timesBefore: 4, msg: 'failure recorded' },
  ]);
});
