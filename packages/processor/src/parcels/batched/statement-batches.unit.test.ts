import { setImmediate as turn } from 'node:timers/promises';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { describe, expect, test } from 'vitest';
import { scan } from '../../../test/processor-rig.ts';
import type { ParcelStatement, StatementAnswer } from './parcel-statement.ts';
import { StatementBatches } from './statement-batches.ts';

/** An engine whose calls are answered when a test says so. */
function engine() {
  const calls: {
    readonly parcels: number[];
    readonly answer: (answers: readonly StatementAnswer[]) => void;
    readonly fail: (error: unknown) => void;
  }[] = [];
  const execute = (statements: readonly ParcelStatement[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly StatementAnswer[]>();
    calls.push({ parcels: statements.map(({ state }) => state.parcelId), answer: resolve, fail: reject });
    return promise;
  };
  const sizes = () => calls.map(({ parcels }) => parcels.length);
  return { calls, sizes, execute };
}

const insert = (parcelId: number): ParcelStatement => ({ kind: 'insert', state: stateOf(scan(1, { parcelId })) });
const done = (count: number): StatementAnswer[] => Array.from({ length: count }, () => ({ kind: 'done' }));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('statements that are begun together', () => {
  test('go in calls of 25, and what is left in one more', async () => {
    const { calls, sizes, execute } = engine();
    const batches = new StatementBatches(execute, 64);
    const answers = upTo(64).map((parcel) => batches.execute(insert(parcel)));
    await turn();
    expect(sizes()).toEqual([25, 25, 14]);
    for (const { parcels, answer } of calls) answer(done(parcels.length));
    expect(await Promise.all(answers)).toEqual(done(64));
  });

  test('each get the answer to their own', async () => {
    const { calls, execute } = engine();
    const batches = new StatementBatches(execute, 64);
    const answers = upTo(4).map((parcel) => batches.execute(insert(parcel)));
    await turn();
    const error = new Error('throttled');
    calls[0]?.answer([{ kind: 'done' }, { kind: 'missed' }, { kind: 'failed', error }]);
    expect(await Promise.all(answers)).toEqual([
      { kind: 'done' },
      { kind: 'missed' },
      { kind: 'failed', error },
      // The engine did not answer it at all.
      { kind: 'failed', error: expect.any(Error) },
    ]);
  });

  test('fail with the same error when their call does', async () => {
    const { calls, execute } = engine();
    const batches = new StatementBatches(execute, 64);
    const answers = Promise.allSettled(upTo(3).map((parcel) => batches.execute(insert(parcel))));
    await turn();
    const error = new Error('away');
    calls[0]?.fail(error);
    expect((await answers).map((answer) => answer.status === 'rejected' && answer.reason === error)).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('on one parcel go in calls of their own', async () => {
    const { calls, execute } = engine();
    const batches = new StatementBatches(execute, 64);
    for (const parcel of [7, 7, 8]) void batches.execute(insert(parcel));
    await turn();
    expect(calls.map(({ parcels }) => parcels)).toEqual([[7, 8], [7]]);
  });
});

describe('a call that is not full', () => {
  test('waits for one to return while as many are under way as all writes need, and then takes all that came', async () => {
    const { calls, sizes, execute } = engine();
    const batches = new StatementBatches(execute, 50);
    const begin = async (parcel: number) => {
      void batches.execute(insert(parcel));
      await turn();
    };
    for (const parcel of upTo(9)) await begin(parcel);
    expect(sizes()).toEqual([1, 1]);
    calls[1]?.answer(done(1));
    await turn();
    expect(sizes()).toEqual([1, 1, 7]);
  });

  test('does not wait for one that hangs', async () => {
    const { calls, sizes, execute } = engine();
    const batches = new StatementBatches(execute, 1);
    void batches.execute(insert(1));
    await turn();
    for (const parcel of [2, 3, 4]) {
      const answer = batches.execute(insert(parcel));
      await turn();
      calls.at(-1)?.answer(done(1));
      await answer;
    }
    expect(sizes()).toEqual([1, 1, 1, 1]);
  });

  test('is filled with what the answers of a call make room for', async () => {
    const { calls, sizes, execute } = engine();
    const batches = new StatementBatches(execute, 64);
    const begin = async (parcel: number) => {
      await batches.execute(insert(parcel));
      // Some awaits later, as behind a bulkhead, a breaker and a retry.
      for (let awaits = 0; awaits < 30; awaits += 1) await Promise.resolve();
      void batches.execute(insert(parcel + 100));
    };
    for (const parcel of upTo(20)) void begin(parcel);
    await turn();
    calls[0]?.answer(done(20));
    await turn();
    expect(sizes()).toEqual([20, 20]);
  });
});
