import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Facts, secondsBehind, sentenceOf } from './sentence.ts';

const now = Date.parse('2026-11-28T22:15:30.000Z');
const ago = (seconds: number) => new Date(now - seconds * 1_000).toISOString();
const hours = 3_600;
const days = 24 * hours;

const queue = (visible = 0, inFlight = 0) => ({ url: 'q', visible, inFlight, delayed: 0, oldestSeconds: null });
const position: NonNullable<Facts['position']> = {
  lastEventId: 110_581,
  completeThroughEventId: 110_581,
  headEventId: 110_581,
  openGaps: { count: 0, first: [] },
  newestScanUtc: ago(4),
  caughtUpAtUtc: ago(6),
  secondsBehind: 4,
  lease: { holder: 'a/0', fencingToken: 3, isAlive: true },
};
const failures: NonNullable<Facts['failures']> = {
  count: 68,
  isMoreThan: false,
  kinds: 3,
  byReason: { INVALID_EVENT: 60, STORE_REJECTED: 8 },
  firstFailedAtUtc: ago(5 * days),
  lastFailedAtUtc: ago(2 * days),
};
const none = { ...failures, count: 0, kinds: 0, byReason: {}, firstFailedAtUtc: null, lastFailedAtUtc: null };
const well: Facts = {
  asOfUtc: ago(0),
  feed: 'scan-events',
  position,
  queue: queue(),
  deadLetters: queue(),
  failures: none,
  unfinishedNotifications: null,
  activity: null,
  notAsked: [],
  notes: [],
};
const dead = (fields: Partial<typeof failures> = {}): Partial<Facts> => ({
  deadLetters: queue(68),
  failures: { ...failures, ...fields },
});
const at = (fields: Partial<typeof position>): Partial<Facts> => ({ position: { ...position, ...fields } });
const lease = (fields: Partial<typeof position.lease>) => at({ lease: { ...position.lease, ...fields } });
const read = 'Complete through EventId 110581, 4 s behind.';

describe('the sentence of a status', () => {
  test.each<[string, Partial<Facts>, string]>([
    ['all is well', {}, `${read} No dead letters. Nothing to do.`],
    [
      'notifications were not told',
      { unfinishedNotifications: 1_204 },
      `${read} No dead letters. 1,204 notifications not told: waybill notifications list. Nothing to do.`,
    ],
    ['all notifications were told', { unfinishedNotifications: 0 }, `${read} No dead letters. Nothing to do.`],
    [
      'most failures are on record and not in the dead-letter queue yet',
      { ...dead({ kinds: 16 }), deadLetters: queue(4) },
      `${read} 4 dead letters, failures of 16 kinds. Nothing to do.`,
    ],
    ['there are dead letters that somebody has seen', dead(), `${read} 68 dead letters of 3 kinds. Nothing to do.`],
    [
      'dead letters are news',
      dead({ lastFailedAtUtc: ago(hours), isMoreThan: true }),
      `${read} 68 dead letters of 3 kinds or more. Look why: waybill failures groups.`,
    ],
    [
      'dead letters are unharmed',
      dead({ byReason: { REPEATEDLY_INTERRUPTED: 2 }, kinds: 1 }),
      `${read} 68 dead letters of 1 kind. Some are unharmed: waybill dlq redrive --reason REPEATEDLY_INTERRUPTED.`,
    ],
    [
      'dead letters expire',
      dead({ firstFailedAtUtc: ago(12 * days) }),
      `${read} 68 dead letters of 3 kinds. The oldest expire within 3 days: redrive them, or ask the carrier to send them again.`,
    ],
    [
      'records outlive their dead letters',
      dead({ firstFailedAtUtc: ago(20 * days) }),
      `${read} 68 dead letters of 3 kinds. Nothing to do.`,
    ],
    [
      'nobody has recorded why',
      { deadLetters: queue(1), failures: none },
      `${read} 1 dead letter. Look what they are: waybill dlq list.`,
    ],
    [
      'failures are not counted',
      { deadLetters: queue(1_204), failures: null },
      `${read} 1,204 dead letters. Look what they are: waybill dlq list.`,
    ],
    [
      'gaps are open',
      at({ completeThroughEventId: 110_400, openGaps: { count: 2, first: [] } }),
      'Complete through EventId 110400, 4 s behind; read to 110581 but for 2 open gaps. No dead letters. Nothing to do.',
    ],
    [
      'gaps are of a later release',
      at({ completeThroughEventId: 110_400, openGaps: { count: null, first: [] } }),
      'Complete through EventId 110400, 4 s behind; read to 110581 but for gaps. No dead letters. Nothing to do.',
    ],
    [
      'it catches up',
      at({ headEventId: 900_000, secondsBehind: 3 * hours }),
      'Complete through EventId 110581, 3 h behind, catching up to 900000. No dead letters. Nothing to do.',
    ],
    [
      'it is behind and nothing says why',
      at({ secondsBehind: 600 }),
      "Complete through EventId 110581, 10 min behind. No dead letters. The poller runs and does not catch up: look at the feed, and at the poller's log.",
    ],
    [
      'reading is paused',
      { ...at({ secondsBehind: 600 }), queue: queue(50_000, 40) },
      'Complete through EventId 110581, 10 min behind. No dead letters. Reading is paused, the queue holds 50,000 messages or more: look why processors do not keep up.',
    ],
    [
      'no processor runs',
      { queue: queue(70) },
      `${read} No dead letters. Nobody works on 70 messages in the queue: look whether a processor runs.`,
    ],
    ['processors work', { queue: queue(7_000, 80) }, `${read} No dead letters. Nothing to do.`],
    [
      'no poller runs',
      lease({ holder: null, isAlive: null }),
      `${read} No dead letters. No poller has the lease: start one.`,
    ],
    [
      'the poller is silent',
      lease({ isAlive: false }),
      `${read} No dead letters. The poller is silent, its lease runs out: look whether one runs, and whether it is throttled.`,
    ],
    [
      'no poller has begun',
      { position: null },
      'Nothing of scan-events was read yet. No dead letters. Start a poller.',
    ],
    [
      'the feed is empty',
      at({ lastEventId: null, completeThroughEventId: null, headEventId: null }),
      'scan-events has no events yet. No dead letters. Nothing to do.',
    ],
    [
      'the first page is awaited',
      at({ lastEventId: null, completeThroughEventId: null, headEventId: null, caughtUpAtUtc: null }),
      'Nothing of scan-events was read yet. No dead letters. Nothing to do.',
    ],
    [
      'the item is of release 0.1.0',
      at({
        headEventId: null,
        newestScanUtc: null,
        caughtUpAtUtc: null,
        secondsBehind: null,
        completeThroughEventId: null,
      }),
      'Read to EventId 110581, how far behind is not known. No dead letters. Nothing to do.',
    ],
    [
      'SQS is away',
      {
        queue: null,
        deadLetters: null,
        notAsked: [
          { part: 'deadLetters', why: '' },
          { part: 'queue', why: '' },
        ],
      },
      `${read} How many dead letters there are is not known. Could not be asked: the dead-letter queue and the queue.`,
    ],
    [
      'DynamoDB is away',
      {
        position: null,
        failures: null,
        deadLetters: queue(2),
        notAsked: [
          { part: 'position', why: '' },
          { part: 'failures', why: '' },
        ],
      },
      'How far the feed is read is not known. 2 dead letters. Look what they are: waybill dlq list. Could not be asked: the checkpoint and the failures.',
    ],
  ])('when %s', (_, fields, expected) => {
    const { sentence, toDo } = sentenceOf({ ...well, ...fields }, { maxQueueMessages: 50_000 });
    expect(sentence).toBe(expected);
    expect(toDo.length === 0).toBe(expected.endsWith('Nothing to do.'));
  });
});

describe('troubles', () => {
  const perSecond = { read: 0, stored: 0, rejected: 0, failed: 0, told: 0 };
  type Activity = NonNullable<Facts['activity']>;
  const troubled = (...codes: readonly Activity['troubles'][number]['what'][]): Partial<Facts> => ({
    activity: {
      ...{ newestUtc: ago(4), perSecond, dollarsPerMillion: null },
      troubles: codes.map((what) => ({ what, since: null, sentence: `${what}.`, runbook: 'feed-lag' })),
    },
  });
  const toDoOf = (fields: Partial<Facts>) => sentenceOf({ ...well, ...fields }, { maxQueueMessages: 50_000 }).toDo;

  test('are said after what the position tells, and before the dead letters', () => {
    const { sentence } = sentenceOf(
      { ...well, ...troubled('FEED_FAILS', 'STORE_THROTTLES'), ...dead({ lastFailedAtUtc: ago(hours) }) },
      { maxQueueMessages: 50_000 },
    );
    expect(sentence).toBe(
      `${read} 68 dead letters of 3 kinds. FEED_FAILS. STORE_THROTTLES. Look why: waybill failures groups.`,
    );
  });

  test.each<[string, Partial<Facts>, string[]]>([
    [
      'that no poller runs, where the lease says so',
      { ...troubled('NO_POLLER'), ...lease({ holder: null, isAlive: null }) },
      ['No poller has the lease: start one.'],
    ],
    [
      'a pause, where the queue says so',
      { ...troubled('READING_PAUSED'), queue: queue(50_000, 40) },
      ['Reading is paused, the queue holds 50,000 messages or more: look why processors do not keep up.'],
    ],
    ['that nobody receives, where a breaker is open', { ...troubled('STORE_AWAY'), queue: queue(70) }, ['STORE_AWAY.']],
    [
      'that it does not catch up, where the carrier fails',
      { ...troubled('FEED_FAILS'), ...at({ secondsBehind: 600 }) },
      ['FEED_FAILS.'],
    ],
    [
      'that a poller may not live, where one tells that the carrier fails',
      { ...troubled('FEED_FAILS'), ...lease({ isAlive: null }) },
      ['FEED_FAILS.'],
    ],
    [
      'new failures, where malformed events come in numbers',
      { ...troubled('EVENTS_REJECTED'), ...dead({ lastFailedAtUtc: ago(9) }) },
      ['EVENTS_REJECTED.'],
    ],
  ])('are not said twice: %s', (_, fields, expected) => {
    expect(toDoOf(fields)).toEqual(expected);
  });

  test('that may be over are not known: an old word says its age', () => {
    const { activity } = troubled();
    expect(toDoOf({ activity: activity ? { ...activity, newestUtc: ago(600) } : null })).toEqual([
      'What processes do was last written 10 min ago.',
    ]);
  });
});

describe('seconds behind', () => {
  test.each([
    ['an idle feed', 6, 9 * hours, 6],
    ['a busy feed', 20, 2, 2],
    ['a backlog', 5 * days, 3 * days, 3 * days],
    ['a backlog whose scans are older than the last time that it was caught up with', 600, 3 * days, 600],
    ['a first catch-up', undefined, 900 * days, 900 * days],
    ['a feed without events', 3, undefined, 3],
    ['an item of release 0.1.0', undefined, undefined, null],
    ["a poller whose clock is ahead of this one's", -3, 90, 0],
    ['scans from the future', 700, -hours, 700],
  ])('of %s', (_, caughtUp, scanned, expected) => {
    const time = (seconds: number | undefined) => (seconds === undefined ? null : ago(seconds));
    expect(secondsBehind({ caughtUpAtUtc: time(caughtUp), newestScanUtc: time(scanned) }, now)).toBe(expected);
  });

  test('never grow when the poller tells something newer', () => {
    const age = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(age, age, age, (caughtUp, scanned, less) => {
        const of = (a: number, b: number) => secondsBehind({ caughtUpAtUtc: ago(a), newestScanUtc: ago(b) }, now) ?? -1;
        expect(of(Math.max(0, caughtUp - less), scanned)).toBeLessThanOrEqual(of(caughtUp, scanned));
        expect(of(caughtUp, Math.max(0, scanned - less))).toBeLessThanOrEqual(of(caughtUp, scanned));
      }),
    );
  });
});
