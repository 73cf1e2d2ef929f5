import { describe, expect, test } from 'vitest';
import { instantClock } from '../../test/instant-clock.ts';
import { recordedLog } from '../../test/recorded-log.ts';
import { WaybillError } from '../error.ts';
import { LoopWatch } from './health.ts';
import { untilEnginesAnswer } from './table-check.ts';

describe('what is asked of the engines at the start', () => {
  const tools = () => {
    const { log, lines } = recordedLog();
    const clock = instantClock();
    return { clock, random: () => 0.5, log, lines, loops: new LoopWatch(clock) };
  };

  /** Fails with these errors, one after the other, then succeeds. */
  const failing = (...errors: readonly Error[]) => {
    const left = [...errors];
    return async () => {
      const error = left.shift();
      if (error) throw error;
      return 3;
    };
  };

  test('is asked again while they are away, and says so once for each kind of error', async () => {
    const { lines, ...deps } = tools();
    const check = failing(new Error('refused'), new Error('refused'), new TypeError('no such table yet'));
    expect(await untilEnginesAnswer(check, deps, new AbortController().signal)).toBe(3);
    expect(lines.filter(({ level }) => level !== 'debug').map(({ msg }) => msg)).toEqual([
      'waiting for DynamoDB and SQS',
      'waiting for DynamoDB and SQS',
      'DynamoDB and SQS respond',
    ]);
    expect(deps.clock.sleeps).toHaveLength(3);
  });

  test('is not asked again of a table that is another one', async () => {
    const deps = tools();
    const check = failing(new WaybillError('TABLE_MISMATCH', 'another key'));
    await expect(untilEnginesAnswer(check, deps, new AbortController().signal)).rejects.toThrow('another key');
    expect(deps.clock.sleeps).toHaveLength(0);
  });

  test('ends without a result at a stop, but not over a table that is another one', async () => {
    const deps = tools();
    const stopped = AbortSignal.abort();
    expect(await untilEnginesAnswer(failing(new Error('refused')), deps, stopped)).toBeUndefined();
    const mismatch = failing(new WaybillError('TABLE_MISMATCH', 'another key'));
    await expect(untilEnginesAnswer(mismatch, deps, stopped)).rejects.toThrow('another key');
  });

  test('that is never answered ends at a stop, and is not live after 90 s until then', async () => {
    const { log } = recordedLog();
    let now = 0;
    const clock = { ...instantClock(), monotonic: () => now };
    const loops = new LoopWatch(clock);
    const stopping = new AbortController();
    const never = () => new Promise<never>(() => {});
    const started = untilEnginesAnswer(never, { clock, random: () => 0.5, log, loops }, stopping.signal);
    now = 30_000;
    expect(loops.report().ok).toBe(true);
    now = 90_000;
    expect(loops.report()).toMatchObject({ ok: false, parts: { start: { ok: false } } });
    stopping.abort();
    expect(await started).toBeUndefined();
    expect(loops.report()).toEqual({ ok: true, parts: {} });
  });

  test('keeps the process alive while it is refused again and again', async () => {
    const { log } = recordedLog();
    const clock = instantClock();
    const loops = new LoopWatch(clock);
    const stopping = new AbortController();
    const seen: boolean[] = [];
    const refuse = async () => {
      seen.push(loops.report().ok);
      if (seen.length === 200) stopping.abort();
      throw new Error('refused');
    };
    await untilEnginesAnswer(refuse, { clock, random: () => 1, log, loops }, stopping.signal);
    expect(clock.monotonic()).toBeGreaterThan(1_000_000);
    expect(seen.every(Boolean)).toBe(true);
  });
});
