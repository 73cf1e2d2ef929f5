import { expect, test } from 'vitest';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import { playBadDay } from './bad-day.ts';
import { tellInLines, verdictOf } from './bad-day-lines.ts';
import type { RunClient } from './run-client.ts';
import type { TroubleName } from './troubles.ts';

const open = new AbortController().signal;
const queue = { url: '', visible: 1, inFlight: 2, delayed: 0, oldestSeconds: null };
const well: Awaited<ReturnType<RunClient['status']>> = {
  ...{ asOfUtc: '2026-11-29T08:00:00Z', feed: 'scan-events', sentence: 'Nothing to do.', toDo: [] },
  position: {
    ...{ lastEventId: 9, completeThroughEventId: 9, headEventId: 9, openGaps: { count: 0, first: [] } },
    ...{ newestScanUtc: null, caughtUpAtUtc: null, secondsBehind: 1 },
    lease: { holder: 'a', fencingToken: 1, isAlive: true },
  },
  ...{ queue, deadLetters: queue, failures: null, unfinishedNotifications: 0, activity: null, notAsked: [], notes: [] },
};
const says: Readonly<Record<TroubleName, string>> = {
  'carrier-503': 'The carrier has answered 503 for 1 min: tell the carrier if it lasts.',
  'malformed-scans': 'The carrier sends malformed events, 90 in the last minute: tell the carrier.',
  'throttled-table': 'DynamoDB has throttled the table of parcels for 1 min: give it more capacity.',
  'webhook-401': 'The webhook has answered 401 for 1 min: look at WEBHOOK_SECRETS.',
};

type Setting = {
  /** Its page never names this one. */
  readonly silent?: TroubleName;
  /** This one does not end. */
  readonly lasting?: TroubleName;
  /** Its page cannot ask for what processes do, and so says of no trouble that it is on. */
  readonly blind?: true;
  /** Notifications that are not told, whatever happens. */
  readonly untold?: number;
  readonly onBegin?: () => void;
};

/** A run whose page names each trouble two looks after it began. */
function playedOn({ silent, lasting, blind, untold = 0, onBegin }: Setting = {}) {
  const orders: string[] = [];
  let [current, looks]: [TroubleName | undefined, number] = [undefined, 0];
  const named = () => (current !== undefined && current !== silent && ++looks > 2 ? current : undefined);
  const run: RunClient = {
    state: async () => ({ trouble: current ?? null, spoiled: 7, owed: 0, announcements: 0 }),
    begin: async (name) => {
      orders.push(name);
      onBegin?.();
      [current, looks] = [name, 0];
    },
    end: async () => {
      orders.push('over');
      if (current !== lasting) current = undefined;
    },
    status: async () => {
      const name = named();
      return {
        ...well,
        unfinishedNotifications: untold,
        notAsked: blind ? [{ part: 'activity', why: 'too slow' }] : [],
        toDo: name === undefined ? [] : [says[name] ?? 'Look why: waybill failures groups.'],
      };
    },
    failureGroups: async () => {
      const count = current === 'malformed-scans' && current !== silent ? 25 : 5;
      const at = { firstFailedAtUtc: '', lastFailedAtUtc: '' };
      return [{ reason: 'INVALID_EVENT', detail: 'INVALID_DATE: expected a date', count, sample: 'event-7', ...at }];
    },
    nextStep: async (failureId) => `Ask the carrier to send ${failureId} again, and let the message expire.`,
  };
  const lines: string[] = [];
  const teller = tellInLines((some) => void lines.push(...some), 'http://127.0.0.1:65535');
  const clock = instantClock();
  const deps = { run, clock, teller, pace: 1 };
  return { orders, lines, clock, play: (signal: AbortSignal = open) => playBadDay(deps, signal) };
}

test('makes four troubles, quotes what the page says and says to do of each, and ends with a good verdict', async () => {
  const { orders, lines, clock, play } = playedOn();
  const { isGood, lines: verdict } = verdictOf(await play(), 7);
  expect(orders).toEqual(
    ['carrier-503', 'malformed-scans', 'throttled-table', 'webhook-401'].flatMap((name) => [name, 'over']),
  );
  const text = lines.join(' ').replaceAll(/ +/g, ' ');
  for (const sentence of Object.values(says)) expect(text).toContain(sentence);
  expect(text).toContain('25 failures, INVALID_EVENT: INVALID_DATE: expected a date');
  expect(text).toContain('Ask the carrier to send event-7 again');
  expect([isGood, verdict.join(' ').replaceAll(/ +/g, ' ')]).toEqual([
    true,
    expect.stringMatching(
      /^ok the page named each of the 4 troubles.* ok all is well.* the dead letters of 7 scans remain/,
    ),
  ]);
  expect([...lines, ...verdict].filter((line) => line.length > 79)).toEqual([]);
  // Each trouble stays for half a minute and more, for people to look at it.
  expect(clock.monotonic()).toBeGreaterThanOrEqual(4 * 28_000);
});

test('a trouble that the page does not name, or that is not over in time, makes the verdict bad and names it', async () => {
  const silent = verdictOf(await playedOn({ silent: 'malformed-scans' }).play(), 7);
  expect([silent.isGood, silent.lines[0]]).toEqual([false, 'FAILED  the page did not name malformed-scans']);
  const lasting = playedOn({ lasting: 'webhook-401' });
  const { isGood, lines } = verdictOf(await lasting.play(), 7);
  expect([isGood, lines.join(' ')]).toEqual([
    false,
    expect.stringMatching(/^ok .* FAILED {2}not all is well: the page says: The webhook has answered 401/),
  ]);
});

test('all is not well while the page could not ask whether it is', async () => {
  const { isGood, lines } = verdictOf(await playedOn({ blind: true }).play(), 7);
  expect([isGood, lines.join(' ').replaceAll(/ +/g, ' ')]).toEqual([
    false,
    expect.stringMatching(/^ok .* FAILED not all is well: the page could not ask for activity/),
  ]);
});

test('a run that is not well by itself is left alone', async () => {
  const { orders, play, lines } = playedOn({ untold: 3 });
  const { isGood, lines: verdict } = verdictOf(await play(), 0);
  expect([isGood, orders, verdict[0]]).toEqual([false, [], 'FAILED  4 of 4 troubles were not made']);
  expect(lines.join(' ')).toContain('3 notifications not told');
});

test('an interruption undoes the trouble that is on', async () => {
  const interrupted = new AbortController();
  const onBegin = () => interrupted.abort(new Error('Ctrl-C'));
  const { orders, play } = playedOn({ onBegin });
  await expect(play(interrupted.signal)).rejects.toThrow('Ctrl-C');
  expect(orders).toEqual(['carrier-503', 'over']);
});
