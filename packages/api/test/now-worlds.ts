import type { Activity } from '@waybill/operations/activity/activity.ts';
import type { Status } from '@waybill/operations/status/status-shape.ts';

/** The moment of these worlds, in milliseconds since 1970. */
export const nowMs = Date.parse('2026-11-28T10:00:03.500Z');

const ago = (seconds: number) => new Date(nowMs - seconds * 1_000).toISOString();
const minutes = Array.from({ length: 60 }, (_, index) =>
  new Date(Date.parse('2026-11-28T09:01:00Z') + index * 60_000).toISOString(),
);
const each = <T>(value: (minute: number) => T) => minutes.map((_, minute) => value(minute));

const queue = { url: 'http://127.0.0.1:9324/000000000000/waybill-scans', visible: 3, inFlight: 40, delayed: 0 };
const nobody = { ...queue, visible: 0, inFlight: 0, oldestSeconds: null };

/** All is well. */
export const healthy = {
  asOfUtc: ago(0),
  feed: 'scan-events',
  sentence: 'Complete through EventId 110581, 4 s behind. No dead letters. Nothing to do.',
  toDo: [],
  position: {
    ...{ lastEventId: 110_581, completeThroughEventId: 110_581, headEventId: 110_581 },
    openGaps: { count: 0, first: [] },
    ...{ newestScanUtc: ago(4), caughtUpAtUtc: ago(3), secondsBehind: 4 },
    lease: { holder: 'poller-1/0', fencingToken: 3, isAlive: true },
  },
  queue: { ...queue, oldestSeconds: null },
  deadLetters: nobody,
  failures: {
    ...{ count: 0, isMoreThan: false, kinds: 0, byReason: {} },
    ...{ firstFailedAtUtc: null, lastFailedAtUtc: null },
  },
  unfinishedNotifications: 0,
  activity: null,
  notAsked: [],
  notes: [],
} as const satisfies Status;

/** An hour behind, with dead letters of seven kinds, and DynamoDB away. */
export const burning: Status = {
  ...healthy,
  sentence:
    'Complete through EventId 110402, 62 min behind, catching up to 142900; read to 110581 but for 2 open gaps. 10,000 dead letters of 7 kinds. 37 notifications not told: waybill notifications list. DynamoDB takes no writes to the table of parcels for 4 min: Waybill tries again by itself. Some are unharmed: waybill dlq redrive --reason REPEATEDLY_INTERRUPTED. Look why: waybill failures groups.',
  toDo: [
    'DynamoDB takes no writes to the table of parcels for 4 min: Waybill tries again by itself.',
    'Some are unharmed: waybill dlq redrive --reason REPEATEDLY_INTERRUPTED.',
    'Look why: waybill failures groups.',
  ],
  position: {
    ...healthy.position,
    ...{ completeThroughEventId: 110_402, headEventId: 142_900, secondsBehind: 3_720, caughtUpAtUtc: ago(3_720) },
    openGaps: {
      count: 2,
      first: [
        { from: 110_403, to: 110_403 },
        { from: 110_441, to: 110_442 },
      ],
    },
  },
  queue: { ...queue, visible: 41_204, oldestSeconds: null },
  deadLetters: { ...nobody, visible: 10_000 },
  unfinishedNotifications: 37,
};

/** Nothing has run yet. */
export const empty: Status = {
  ...healthy,
  sentence: 'Nothing of scan-events was read yet. No dead letters. Start a poller.',
  toDo: ['Start a poller.'],
  position: null,
  queue: nobody,
  unfinishedNotifications: null,
};

/** The poller is silent, and SQS does not respond. */
export const stale: Status = {
  ...healthy,
  sentence:
    'Complete through EventId 110581, 26 min behind. How many dead letters there are is not known. The poller is silent, its lease runs out: look whether one runs, and whether it is throttled. Could not be asked: the dead-letter queue and the queue.',
  toDo: [
    'The poller is silent, its lease runs out: look whether one runs, and whether it is throttled.',
    'Could not be asked: the dead-letter queue and the queue.',
  ],
  position: {
    ...healthy.position,
    ...{ secondsBehind: 1_560, caughtUpAtUtc: ago(1_560) },
    lease: { holder: 'poller-1/0', fencingToken: 3, isAlive: false },
  },
  ...{ queue: null, deadLetters: null },
  notAsked: [
    { part: 'deadLetters', why: 'a service that this needs does not answer' },
    { part: 'queue', why: 'a service that this needs does not answer' },
  ],
};

const processOf = (kind: 'poller' | 'processor' | 'notifier', isSilent = false) => ({
  ...{ process: `${kind}-5f3a9c1b`, kind, version: '0.2.0', isSilent },
  ...{ startedAtUtc: ago(7_200), seenAtUtc: ago(isSilent ? 1_600 : 3) },
});

/** What processes did where all is well. */
export const calm: Activity = {
  asOfUtc: ago(0),
  newestUtc: ago(3),
  minutes,
  counts: {
    read: each((m) => 3_000 + 40 * (m % 7)),
    ...{ rejected: each(() => 0), feedRequestsFailed: each(() => 0) },
    stored: each((m) => 3_000 + 40 * (m % 7)),
    applied: each((m) => 1_500 + 30 * (m % 7)),
    merged: each((m) => 20 * (m % 3)),
    redundant: each((m) => 15 * (m % 5)),
    failed: each((m) => (m === 31 ? 2 : 0)),
    told: each(() => 12),
    ...{ webhookRequestsFailed: each(() => 0), throttled: each(() => 0), spent: each(() => 0.0018) },
  },
  levels: {
    secondsBehind: each((m) => 2 + (m % 5)),
    queueDepth: each((m) => (m % 9) * 4),
    oldestSeconds: each((m) => 1 + (m % 4)),
    ...{ announcementsDepth: each(() => 0), announcementsOldestSeconds: each(() => null) },
  },
  perSecond: {
    ...{ read: 50.4, rejected: 0, feedRequestsFailed: 0, stored: 50.2, applied: 26.1, merged: 0.4, redundant: 0.5 },
    ...{ failed: 0, told: 0.2, webhookRequestsFailed: 0, throttled: 0, spent: 0.00003 },
  },
  dollarsPerMillion: 0.604,
  processes: [processOf('notifier'), processOf('processor'), processOf('poller')],
  troubles: [],
};

/** What processes did where DynamoDB went away. */
export const troubled: Activity = {
  ...calm,
  counts: {
    ...calm.counts,
    applied: each((m) => (m < 50 ? 1_500 : 0)),
    failed: each((m) => (m < 40 ? 0 : 60 * (m - 39))),
  },
  levels: {
    ...calm.levels,
    secondsBehind: each((m) => 60 * m + 120),
    queueDepth: each((m) => 700 * m),
    oldestSeconds: each((m) => (m < 50 ? 40 * m : null)),
  },
  troubles: [
    {
      ...{ what: 'STORE_AWAY', since: ago(240), runbook: 'store-away' },
      sentence: 'DynamoDB takes no writes to the table of parcels for 4 min: Waybill tries again by itself.',
    },
  ],
};

/** What processes said before they all fell silent. */
export const old: Activity = {
  ...calm,
  newestUtc: ago(1_600),
  perSecond: { ...calm.perSecond, read: 0, stored: 0, applied: 0, merged: 0, redundant: 0, told: 0 },
  processes: [processOf('processor', true), processOf('poller', true)],
};
