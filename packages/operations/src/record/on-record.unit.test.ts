import { setTimeout } from 'node:timers/promises';
import { systemClock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type ActContext, type ActResult, type Intent, onRecord } from './on-record.ts';
import { type Heartbeat, type OperationEnd, operationIdOf } from './operation.ts';
import type { OperationLog } from './operation-log.ts';
import { costOf, exceedsPlan, type Plan } from './plan.ts';

const plan: Plan = {
  count: 3,
  isMoreThan: false,
  byReason: {},
  oldestUtc: null,
  newestUtc: null,
  samples: [],
  cost: costOf({ sqsRequests: 3 }),
  notLookedAt: [],
  warnings: [],
};
const intent: Intent = { kind: 'redrive-some', by: 'arn:one', because: 'fixed in 1.2', filter: { reason: 'X' }, plan };
const done: ActResult = { outcome: 'done', counts: { redriven: 3 }, problems: [] };

/** What happened, in its order; the engine refuses what `refuses` names. */
function rig(refuses: 'begin' | 'end' | undefined = undefined) {
  const journal: string[] = [];
  const engineDown = new Error('the engine is down');
  const operations: OperationLog = {
    begin: async ({ by, because }) => {
      journal.push(`begin ${by} ${because}`);
      if (refuses === 'begin') throw engineDown;
    },
    end: async (_, { outcome, counts }) => {
      journal.push(`end ${outcome} ${JSON.stringify(counts)}`);
      if (refuses === 'end') throw engineDown;
    },
    heartbeat: async () => undefined,
    requestCancel: async () => ({ kind: 'missing' }),
    read: async () => undefined,
    list: async () => [],
  };
  const act = async () => {
    journal.push('act');
    return done;
  };
  const cancel = new AbortController();
  const deps = { operations, clock: systemClock, random: () => 0.5, signal: cancel.signal };
  return { journal, engineDown, act, cancel, deps };
}

describe('an act on record', () => {
  test('is recorded before, done, and completed', async () => {
    const { journal, act, deps } = rig();
    const result = await onRecord(intent, deps, act);
    expect(journal).toEqual(['begin arn:one fixed in 1.2', 'act', 'end done {"redriven":3}']);
    expect(result).toMatchObject({ ...done, operationId: expect.stringMatching(/^\d{8}T\d{6}-80000000$/) });
  });

  test('is not done where its record cannot be written', async () => {
    const { journal, engineDown, act, deps } = rig('begin');
    await expect(onRecord(intent, deps, act)).rejects.toBe(engineDown);
    expect(journal).not.toContain('act');
  });

  test('says so where its record cannot be completed: what is done is done', async () => {
    const { act, deps } = rig('end');
    const { outcome, problems } = await onRecord(intent, deps, act);
    expect(outcome).toBe('done');
    expect(problems).toEqual([expect.stringContaining('could not be recorded')]);
  });

  test('that is cancelled while its record is written is not done, and recorded as cancelled', async () => {
    const { journal, act, cancel, deps } = rig();
    const begin = async () => cancel.abort();
    const result = await onRecord(intent, { ...deps, operations: { ...deps.operations, begin } }, act);
    expect(result).toMatchObject({ outcome: 'cancelled', counts: {}, problems: [] });
    expect(journal).toEqual(['end cancelled {}']);
  });

  test.each([
    [new DOMException('This operation was aborted', 'AbortError'), []],
    [new Error('it failed'), ['Error: it failed']],
  ])('that ends with an error because it was cancelled is cancelled (%s)', async (error, problems) => {
    const { journal, cancel, deps } = rig();
    const cancelled = () => {
      cancel.abort();
      return Promise.reject(error);
    };
    expect(await onRecord(intent, deps, cancelled)).toMatchObject({ outcome: 'cancelled', problems });
    expect(journal.at(-1)).toBe('end cancelled {}');
  });

  test('that a request on its record cancels ends as cancelled, with who asked', async () => {
    const { journal, deps } = rig();
    const beats: (Heartbeat & { readonly operationId: string })[] = [];
    const heartbeat = async (operationId: string, beat: Heartbeat) => {
      beats.push({ operationId, ...beat });
      if (beats.length < 3) return undefined;
      return { cancelRequestedBy: 'ann', cancelRequestedAtUtc: '2026-11-28T22:15:31.000Z' };
    };
    const act = (_: string, { signal, onProgress }: ActContext) => {
      onProgress({ what: 'dead letters redriven', done: 7 });
      return new Promise<ActResult>((resolve) => {
        signal.addEventListener('abort', () =>
          resolve({ outcome: 'cancelled', counts: { redriven: 7 }, problems: [] }),
        );
      });
    };
    const withBeats = { ...deps, heartbeatMs: 1, operations: { ...deps.operations, heartbeat } };
    const { operationId, ...result } = await onRecord(intent, withBeats, act);
    expect(result).toEqual({ outcome: 'cancelled', counts: { redriven: 7 }, problems: ['cancelled by ann'] });
    expect(journal.at(-1)).toBe('end cancelled {"redriven":7}');
    expect(beats).toHaveLength(3);
    const progress = { what: 'dead letters redriven', done: 7 };
    expect(beats[0]).toEqual({ operationId, heartbeatAtUtc: expect.stringMatching(/Z$/), progress });
  });

  test('goes on while its heartbeats fail, and has none after its end', async () => {
    const { deps } = rig();
    let beats = 0;
    const heartbeat = async () => {
      beats += 1;
      throw new Error('the engine is down');
    };
    const act = async () => {
      await vi.waitFor(() => expect(beats).toBeGreaterThan(2));
      return done;
    };
    const withBeats = { ...deps, heartbeatMs: 1, operations: { ...deps.operations, heartbeat } };
    expect(await onRecord(intent, withBeats, act)).toMatchObject(done);
    const atEnd = beats;
    await setTimeout(10);
    expect(beats).toBe(atEnd);
  });

  test('has its problems on record only where nobody waits for its result, and there in sober words', async () => {
    const { deps } = rig();
    const ends: OperationEnd[] = [];
    const end = async (_: string, how: OperationEnd) => void ends.push(how);
    const withEnds = { ...deps, operations: { ...deps.operations, end } };
    const act = async (): Promise<ActResult> => ({ outcome: 'partly', counts: {}, problems: ['one was left'] });
    await onRecord(intent, withEnds, act);
    const sober = { recordsProblems: true, explain: () => 'SQS did not answer' };
    await onRecord(intent, { ...withEnds, ...sober }, act);
    const failing = () => Promise.reject(new Error('arn:aws:sqs'));
    await expect(onRecord(intent, { ...withEnds, ...sober }, failing)).rejects.toThrow('arn:aws:sqs');
    expect(ends.map(({ outcome, problems }) => [outcome, problems])).toEqual([
      ['partly', undefined],
      ['partly', ['one was left']],
      ['failed', ['SQS did not answer']],
    ]);
  });

  test('that its process stops says why', async () => {
    const { cancel, deps } = rig();
    const stopping = () => {
      cancel.abort(new WaybillError('STOPPED', 'the process stopped'));
      return Promise.resolve<ActResult>({ outcome: 'cancelled', counts: {}, problems: ['one was not handed back'] });
    };
    const { problems } = await onRecord(intent, deps, stopping);
    expect(problems).toEqual(['the process stopped', 'one was not handed back']);
  });

  test.each([undefined, 'end'] as const)(
    'that fails rejects with its own error (the engine refuses %s)',
    async (refuses) => {
      const { journal, deps } = rig(refuses);
      const failure = new Error('it failed');
      const failing = () => Promise.reject(failure);
      await expect(onRecord(intent, deps, failing)).rejects.toBe(failure);
      expect(journal.at(-1)).toBe('end failed {}');
    },
  );
});

test('ids of operations sort by time', () => {
  const ms = fc.integer({ min: 0, max: Date.parse('2100-01-01T00:00:00Z') });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(ms, ms, chance, chance, (one, other, a, b) => {
      const [first, second] = [operationIdOf(one, () => a), operationIdOf(other, () => b)];
      expect(first).toMatch(/^\d{8}T\d{6}-[0-9a-f]{8}$/);
      if (Math.floor(one / 1_000) < Math.floor(other / 1_000)) expect(first < second).toBe(true);
    }),
  );
});

test.each([
  [100, 110, false],
  [100, 111, true],
  [3, 4, false],
  [3, 5, true],
  [0, 1, false],
  [0, 2, true],
])('of a plan of %i, %i is too many: %s', (count, met, expected) => {
  expect(exceedsPlan(met, { count, isMoreThan: false })).toBe(expected);
  expect(exceedsPlan(met, { count, isMoreThan: true })).toBe(false);
});

test('a plan costs what its requests and units cost at list prices', () => {
  expect(costOf({ sqsRequests: 1e6, writeUnits: 1e6, readUnits: 1e6 })).toEqual({
    sqsRequests: 1e6,
    writeUnits: 1e6,
    readUnits: 1e6,
    dollars: expect.closeTo(0.4 + 0.625 + 0.125, 10),
  });
});
