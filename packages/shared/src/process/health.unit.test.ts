import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { DependencyWatch, healthReport, LoopWatch, type Probe } from './health.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a health report', () => {
  test('is good when every part is, and shows each', () => {
    const good = { ok: true, detail: 'responds' };
    const bad = { ok: false, detail: 'refused' };
    expect(healthReport({ sqs: good, dynamodb: good })).toEqual({ ok: true, parts: { sqs: good, dynamodb: good } });
    expect(healthReport({ sqs: good, dynamodb: bad })).toEqual({ ok: false, parts: { sqs: good, dynamodb: bad } });
    expect(healthReport({})).toEqual({ ok: true, parts: {} });
  });
});

describe('watching loops', () => {
  test('finds one that has not turned for longer than it may, and sees it turn again', async () => {
    const loops = new LoopWatch(systemClock);
    const tick = loops.watch('receiver', 30_000);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(loops.report()).toEqual({
      ok: true,
      parts: { receiver: { ok: true, detail: 'silent for 30 s, limit 30 s' } },
    });
    await vi.advanceTimersByTimeAsync(1);
    expect(loops.report().ok).toBe(false);
    tick();
    expect(loops.report().ok).toBe(true);
  });

  test('finds the one that hangs among those that turn', async () => {
    const loops = new LoopWatch(systemClock);
    const tick = loops.watch('turning', 1_000);
    loops.watch('hanging', 1_000);
    await vi.advanceTimersByTimeAsync(2_000);
    tick();
    expect(loops.report()).toMatchObject({ ok: false, parts: { turning: { ok: true }, hanging: { ok: false } } });
  });

  test('does not miss a loop that has ended on purpose', async () => {
    const loops = new LoopWatch(systemClock);
    loops.watch('receiver', 1_000);
    loops.forget('receiver');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(loops.report()).toEqual({ ok: true, parts: {} });
  });

  test('is not fooled by a wall clock that is set', () => {
    const loops = new LoopWatch(systemClock);
    loops.watch('receiver', 1_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(loops.report().ok).toBe(true);
  });
});

/** Watches from now until the test is over. */
function watching(probes: Record<string, Probe>) {
  const watch = new DependencyWatch(systemClock, probes);
  const abort = new AbortController();
  const ended = watch.run(abort.signal);
  onTestFinished(() => abort.abort());
  return { watch, abort, ended };
}

describe('watching dependencies', () => {
  test('says at first that none was asked', () => {
    const watch = new DependencyWatch(systemClock, { sqs: async () => undefined });
    expect(watch.parts()).toEqual({ sqs: { ok: false, detail: 'not probed yet' } });
  });

  test('finds those that answer and, by their own words, those that refuse', async () => {
    const refuse = () => Promise.reject(new Error('connect ECONNREFUSED'));
    const { watch } = watching({ sqs: async () => 'whatever', dynamodb: refuse });
    await vi.advanceTimersByTimeAsync(0);
    expect(watch.parts()).toEqual({
      sqs: { ok: true, detail: 'responds' },
      dynamodb: { ok: false, detail: 'Error: connect ECONNREFUSED' },
    });
  });

  test.for([
    ['refuses', () => Promise.reject(new Error('down'))],
    ['hangs', () => new Promise(() => undefined)],
    [
      'throws at once',
      () => {
        throw new Error('down');
      },
    ],
  ] satisfies [string, Probe][])(
    'loses readiness within 15 s of a dependency that %s, and regains it by itself',
    async ([, broken]) => {
      let probe: Probe = async () => undefined;
      const { watch } = watching({ sqs: () => probe() });
      // Down just after it answered: the worst moment.
      await vi.advanceTimersByTimeAsync(4_000);
      expect(watch.parts()['sqs']?.ok).toBe(true);
      probe = broken;
      await vi.advanceTimersByTimeAsync(15_000);
      expect(watch.parts()['sqs']?.ok).toBe(false);
      probe = async () => undefined;
      await vi.advanceTimersByTimeAsync(15_000);
      expect(watch.parts()['sqs']?.ok).toBe(true);
    },
  );

  test('does not let one that hangs delay the others', async () => {
    let asked = 0;
    const { watch } = watching({
      hanging: () => new Promise(() => undefined),
      answering: async () => {
        asked += 1;
      },
    });
    await vi.advanceTimersByTimeAsync(12_001);
    expect(asked).toBe(4);
    expect(watch.parts()).toMatchObject({
      hanging: { ok: false, detail: 'no answer within 5 s' },
      answering: { ok: true },
    });
  });

  test('ends at once when its signal aborts, even during a probe', async () => {
    const { abort, ended } = watching({ sqs: () => new Promise(() => undefined) });
    await vi.advanceTimersByTimeAsync(1_000);
    abort.abort();
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });
});
