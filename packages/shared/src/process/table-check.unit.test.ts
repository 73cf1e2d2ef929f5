import { describe, expect, test } from 'vitest';
import { instantClock } from '../../test/instant-clock.ts';
import { recordedLog } from '../../test/recorded-log.ts';
import { WaybillError } from '../error.ts';
import { untilEnginesAnswer } from './table-check.ts';

describe('what is asked of the engines at the start', () => {
  const tools = () => {
    const { log, lines } = recordedLog();
    return { clock: instantClock(), random: () => 0.5, log, lines };
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

  test('is asked again while they are away, with a line for each time', async () => {
    const { lines, ...deps } = tools();
    const check = failing(new Error('refused'), new Error('no such table yet'));
    expect(await untilEnginesAnswer(check, deps, new AbortController().signal)).toBe(3);
    expect(lines.map(({ msg }) => msg)).toEqual(Array(2).fill('waiting for DynamoDB and SQS'));
    expect(deps.clock.sleeps).toHaveLength(2);
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
});
