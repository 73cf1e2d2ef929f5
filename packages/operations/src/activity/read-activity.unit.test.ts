import type { ProcessActivity } from '@waybill/shared/activity/activity-item.ts';
import { emptyRing, type SeriesName, withValues } from '@waybill/shared/activity/ring.ts';
import type { ActiveKind } from '@waybill/shared/activity/series.ts';
import type { StateName } from '@waybill/shared/activity/states.ts';
import { describe, expect, test } from 'vitest';
import { activityOf } from './read-activity.ts';

const now = Date.parse('2026-11-29T12:30:20Z');
const ago = (seconds: number) => new Date(now - seconds * 1_000).toISOString();

type Said = Partial<Omit<ProcessActivity, 'recent' | 'states'>> & {
  readonly recent?: Partial<Record<SeriesName, number>>;
  readonly states?: Partial<Record<StateName, readonly [label: string, secondsAgo: number]>>;
  /** By series, the values of the last minutes, the newest last. */
  readonly minutes?: Partial<Record<SeriesName, readonly number[]>>;
};

function processOf(kind: ActiveKind, { recent = {}, states = {}, minutes = {}, ...said }: Said = {}): ProcessActivity {
  let ring = emptyRing(kind, now - 59 * 60_000);
  for (let i = 0; i < 60; i += 1) {
    const values = Object.entries(minutes).flatMap(([name, row]) => {
      const value = row.at(i - 60);
      // The names are those of the argument's type.
      return value === undefined || row.length < 60 - i ? [] : [[name as SeriesName, value] as const];
    });
    ring = withValues(ring, new Map(values), now - (59 - i) * 60_000);
  }
  return {
    ...{ process: `${kind}-1`, kind, version: '1.0.0', startedAtUtc: ago(5_000), seenAtUtc: ago(4) },
    ...{ stoppedAtUtc: null, ring },
    ...said,
    recent: { ms: 60_000, counts: new Map(Object.entries(recent) as [SeriesName, number][]) },
    states: new Map(
      Object.entries(states).map(([name, [label, seconds]]) => [
        name as StateName,
        { label, sinceMs: now - seconds * 1_000 },
      ]),
    ),
  };
}

const troublesOf = (...said: readonly ProcessActivity[]) => activityOf(said, now).troubles;
const sentences = (...said: readonly ProcessActivity[]) => troublesOf(...said).map(({ sentence }) => sentence);

describe('the last hour', () => {
  const two = [
    processOf('processor', {
      process: 'a',
      minutes: { applied: [5, 7], queueDepth: [9, 3] },
      recent: { applied: 600 },
    }),
    processOf('processor', { process: 'b', minutes: { applied: [1], queueDepth: [8] }, recent: { applied: 60 } }),
  ];

  test('adds counts up over processes, and takes the highest level', () => {
    const { minutes, counts, levels, perSecond } = activityOf(two, now);
    expect(minutes).toHaveLength(60);
    expect([minutes[0], minutes.at(-1)]).toEqual(['2026-11-29T11:31:00.000Z', '2026-11-29T12:30:00.000Z']);
    expect(counts.applied.slice(-3)).toEqual([0, 5, 8]);
    expect(levels.queueDepth.slice(-3)).toEqual([null, 9, 8]);
    expect(perSecond.applied).toBe(11);
  });

  test('keeps its minutes where it is read later than it was written', () => {
    const { counts } = activityOf(two, now + 120_000);
    expect(counts.applied.slice(-4)).toEqual([5, 8, 0, 0]);
    expect(activityOf(two, now + 3 * 3_600_000)).toMatchObject({ newestUtc: null, processes: [], troubles: [] });
  });

  test('does not count those that are silent or have stopped into what is done per second', () => {
    const stopped = processOf('processor', { stoppedAtUtc: ago(9), recent: { applied: 600 } });
    const silent = processOf('processor', { seenAtUtc: ago(300), recent: { applied: 600 } });
    expect(activityOf([stopped, silent], now).perSecond.applied).toBe(0);
  });

  test('tells the price of a million events, once there are enough of them', () => {
    const spending = (stored: number) =>
      activityOf([processOf('processor', { minutes: { stored: [stored], spent: [7_000] } })], now).dollarsPerMillion;
    expect(spending(2_000)).toBeCloseTo(3.5);
    expect(spending(999)).toBeNull();
  });
});

describe('processes', () => {
  test('are silent when they did not say that they stop, and gone when another took their place', () => {
    const silent = processOf('processor', { process: 'old', seenAtUtc: ago(300) });
    const young = processOf('processor', { process: 'new', startedAtUtc: ago(200) });
    const stopped = processOf('poller', { stoppedAtUtc: ago(5) });
    expect(activityOf([silent, stopped], now).processes).toMatchObject([{ process: 'old', isSilent: true }]);
    expect(activityOf([silent, young], now).processes).toMatchObject([{ process: 'new', isSilent: false }]);
  });
});

describe('troubles', () => {
  test('are none while all is well, and none of kinds that nobody knows', () => {
    expect(sentences(processOf('poller'), processOf('processor'))).toEqual([]);
    expect(sentences()).toEqual([]);
  });

  test.for<[string, ActiveKind, NonNullable<Said['states']>, string]>([
    [
      '503',
      'poller',
      { feed: ['503', 120] },
      'The carrier has answered 503 for 2 min: Waybill asks again by itself; tell the carrier if it lasts.',
    ],
    [
      '401',
      'poller',
      { feed: ['401', 60] },
      'The carrier has answered 401 for 60 s: check SCAN_API_TOKEN, or what else gives access, and ask the carrier whether it has changed.',
    ],
    [
      'nothing',
      'poller',
      { feed: ['none', 7_200] },
      'The carrier has not answered for 2 h: look whether SCAN_API_URL can be reached from here, and tell the carrier if it lasts.',
    ],
    [
      'web pages',
      'poller',
      { feed: ['200', 60] },
      'The carrier has answered 200 for 60 s: it is not a page of events; waybill feed check says what is wrong.',
    ],
    [
      'a webhook that refuses',
      'notifier',
      { webhook: ['401', 180] },
      'The webhook has answered 401 for 3 min: compare the secret with its owner, and look at WEBHOOK_SECRETS. What is due is held and told later.',
    ],
    [
      'throttled writes',
      'processor',
      { throttled: ['parcels', 120] },
      'DynamoDB has throttled the table of parcels for 2 min: what it refuses is written again; if it lasts, give it more capacity.',
    ],
    [
      'an open breaker',
      'processor',
      { parcelsStore: ['', 120] },
      'DynamoDB has not taken the writes of a processor for 2 min: it holds what it has and asks again by itself; its log says which error.',
    ],
    [
      'a pause',
      'poller',
      { paused: ['', 120] },
      'Reading has been paused for 2 min, the queue holds too many messages: look why processors do not keep up.',
    ],
  ])('say what to do about %s', ([, kind, states, sentence]) => {
    expect(sentences(processOf(kind, { states }))).toEqual([sentence]);
  });

  test('begin with what lasts longest of one kind, and with the most urgent of several', () => {
    const found = troublesOf(
      processOf('processor', { process: 'a', states: { throttled: ['parcels', 30], parcelsStore: ['', 20] } }),
      processOf('processor', { process: 'b', states: { throttled: ['failures', 90] } }),
    );
    expect(found.map(({ what, since }) => [what, since])).toEqual([
      ['STORE_AWAY', ago(20)],
      ['STORE_THROTTLES', ago(90)],
    ]);
  });

  test('are not told of processes that have ended', () => {
    const silent = processOf('poller', { process: 'a', seenAtUtc: ago(300), states: { feed: ['503', 400] } });
    expect(troublesOf(silent, processOf('poller', { startedAtUtc: ago(60) }))).toEqual([]);
  });

  test('say that nobody works, and since when', () => {
    expect(
      sentences(processOf('poller', { stoppedAtUtc: ago(600), seenAtUtc: ago(600) }), processOf('processor')),
    ).toEqual(['No poller runs, the last one stopped 10 min ago: start one, or look why it does not start.']);
    expect(troublesOf(processOf('processor', { seenAtUtc: ago(300) }))).toMatchObject([
      {
        ...{ what: 'NO_PROCESSOR', since: ago(300), runbook: 'processor-not-running' },
        // It may run, and not be allowed to write.
        sentence: expect.stringMatching(
          /^No processor has been heard of for 5 min: look whether one runs; .*ACTIVITY_TABLE/,
        ),
      },
    ]);
  });

  test('are none while a process that has stopped in order is replaced', () => {
    const stopped = (seconds: number) => processOf('poller', { stoppedAtUtc: ago(seconds), seenAtUtc: ago(seconds) });
    expect(troublesOf(stopped(80))).toEqual([]);
    expect(troublesOf(stopped(100))).toMatchObject([{ what: 'NO_POLLER' }]);
  });

  test('are told although the clock of a process that was killed was a day ahead', () => {
    const ahead = processOf('poller', { process: 'ahead', seenAtUtc: ago(-86_400) });
    expect(troublesOf(ahead, processOf('poller', { seenAtUtc: ago(300) }))).toMatchObject([{ what: 'NO_POLLER' }]);
  });

  test('say who fell silent beside others', () => {
    const others = processOf('processor', { process: 'b' });
    expect(troublesOf(processOf('processor', { process: 'a', seenAtUtc: ago(300) }), others)).toMatchObject([
      { what: 'PROCESS_SILENT', sentence: expect.stringContaining('has said nothing for 5 min') },
    ]);
  });

  test('say when malformed events come in numbers, and not when they are as many as usual', () => {
    const usual = Array<number>(58).fill(3);
    const many = processOf('poller', {
      minutes: { rejected: [...usual, 40, 20], read: Array<number>(60).fill(900) },
      recent: { rejected: 45, read: 900 },
    });
    expect(troublesOf(many)).toMatchObject([
      {
        what: 'EVENTS_REJECTED',
        since: '2026-11-29T12:29:00.000Z',
        sentence: expect.stringContaining('malformed events, 45 in the last minute'),
      },
    ]);
    expect(troublesOf(processOf('poller', { minutes: { rejected: usual }, recent: { rejected: 9 } }))).toEqual([]);
    const often = processOf('poller', { minutes: { rejected: Array<number>(60).fill(40) }, recent: { rejected: 45 } });
    expect(troublesOf(often)).toEqual([]);
  });

  test('are not malformed events that are more because more is read, as after a night', () => {
    const night = { read: Array<number>(40).fill(500), rejected: Array<number>(40).fill(1) };
    const minutes = { read: [...night.read, 40_000], rejected: [...night.rejected, 80] };
    const morning = processOf('poller', { minutes, recent: { read: 40_000, rejected: 80 } });
    expect(troublesOf(morning)).toEqual([]);
    const burst = processOf('poller', { minutes, recent: { read: 40_000, rejected: 400 } });
    expect(troublesOf(burst)).toMatchObject([{ what: 'EVENTS_REJECTED' }]);
  });
});
