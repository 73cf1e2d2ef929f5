import { noFaults } from '@waybill/carrier/scan-api-faults.ts';
import type { ScanApiCounts } from '@waybill/carrier/scan-api-server.ts';
import { describe, expect, test } from 'vitest';
import type { FeedReading, Verdict } from './outcome/verdict.ts';
import { misbehaviours, noMisbehaviours } from './receiver/misbehaviour.ts';
import type { Facts } from './run-facts.ts';
import { summaryLines } from './summary.ts';

const good: Verdict = {
  isGood: true,
  events: 19_980,
  parcels: 4_200,
  differences: [],
  historyEvents: 32,
  malformedOf: { feed: 30, elsewhere: 4 },
  malformed: 33,
  withoutFailure: [],
  withoutDeadLetter: [],
  wronglyDead: [],
  notified: { due: 1_234_567, repeated: 12_345, corrected: 3, problems: [] },
  api: { events: 3, problems: [] },
};

const facts: Facts = {
  node: 'v24.21.0',
  feed: {
    seed: 4_294_967_295,
    held: 5_000_000,
    packs: 6,
    packEvents: 72,
    counts: {
      requests: 1,
      pages: 1,
      emptyPages: 1,
      elements: 1,
      repeats: 7,
      badElements: 27,
      lateIds: 3,
      faults: { ...noFaults, tooManySeconds: 1, tooManyDate: 2, tooManyBare: 3, unavailable: 4, cut: 5, stalled: 6 },
    },
  },
  seconds: 31.84,
  position: 999_999_999,
  watermark: 999_999_900,
  openGaps: 1_000,
  late: 12,
  read: 20_000,
  stored: 20_050,
  rejections: { INVALID_ID: 8, MISSING: 4, INVALID_DATE: 4, NOT_AN_OBJECT: 2, INVALID_OBJECT: 3, TOO_LONG: 6 },
  outcomes: { merged: 289, applied: 14_572, redundant: 321 },
  splits: 6,
  told: 2_251,
  receiver: {
    ...{ requests: 2_290, taken: 2_268, unverified: 0, malformed: 0, astray: 0, refused: 0 },
    misbehaved: { ...noMisbehaviours, unauthorized: 3, late: 2 },
  },
  sqsCalls: 620,
  sqsBilled: 640,
  writeUnits: 15_400,
  readUnits: 20,
  missedIds: [83_301, 84_002],
  deadLetters: { INVALID_EVENT: { INVALID_ID: 10, MISSING: 5 }, REPEATEDLY_INTERRUPTED: { '': 1 } },
  failures: 33,
  verdict: good,
};

/** The summary as one text. */
const text = (more: Partial<Facts> = {}) => summaryLines({ ...facts, ...more }).join('\n');

describe('the summary', () => {
  test('says what was read, stored and rejected, which faults there were, and what it cost', () => {
    for (const part of [
      'Waybill on Node v24.21.0, embedded engines',
      'seed 4294967295, 5,000,000 elements held',
      'read         to EventId 999999999, in 31.8 s, 20,027 elements with repetitions,',
      'of which 20,000 events and 27 rejected',
      'complete     through EventId 999999900, 1,000 open gaps after it,',
      '12 late events found in gaps',
      'there were   34: 30 in the feed, 4 from another producer, 33 of them different',
      'rejected     27 times by the poller, with repetitions: INVALID_ID 8,',
      'split off    6 times by the processor, from packs with good events',
      'in DLQ       16 messages: 15 INVALID_EVENT (INVALID_ID 10, MISSING 5), 1',
      'recorded     33 records in the failures table, one for each different element',
      '31,000 SQS API calls, 32,000 SQS requests as billed',
      '770,000 write units',
      '1,000 read units',
      // 32,000 at 0.4, 770,000 at 0.625 and 1,000 at 0.125 a million.
      'cost         $0.49 per million events, $0.00988 for this run,',
      '             at us-east-1 list prices of 2',
      '429: 6, 503: 4',
      'cut off: 11',
      'malformed: 27, served again: 7, late ids: 5',
      'shown after the poller had passed: 83301',
      'stored       20,050 events with repetitions, 72 of them from another producer,',
      'changes      15,182 of parcels: applied 14,572, redundant 321, merged 289',
      'told         2,251 notifications, 3 corrections among them, in 2,290 requests',
      'Faults of the receiver of notifications',
      '401: 3, redirect: 0',
      'too late: 2',
    ]) {
      expect(text()).toContain(part);
    }
  });

  test('says in a few lines that all is well', () => {
    expect(summaryLines(facts).slice(-8)).toEqual([
      'ok      all 4,200 parcels match the 19,980 events of the feed',
      'ok      the history of each has its scans, the newest 32 at most',
      'ok      all 34 malformed elements (33 different) are in the failures table and',
      '        in the DLQ',
      'ok      no well-formed event is in the DLQ',
      'ok      each of the 1,234,567 first deliveries was told,',
      '        12,345 more than once under the same id',
      'ok      the API took 3 events again, and shows their parcel as the feed does',
    ]);
  });

  test('names the first few of what is wrong', () => {
    const differences = Array.from({ length: 7 }, (_, index) => ({
      parcelId: 5_000 + index,
      attribute: 'type',
      expected: 'DELIVERY',
      stored: 'x'.repeat(1_000),
    }));
    const verdict = {
      ...good,
      isGood: false,
      differences: [...differences, { parcelId: 5_000, attribute: 'history', expected: ['[1]'], stored: undefined }],
      withoutFailure: ['{"EventId":1}'],
      withoutDeadLetter: ['{"EventId":2}'],
      wronglyDead: ['{"version":1}'],
      notified: { due: 2, repeated: 0, corrected: 0, problems: ['parcel 5: its delivery was not told'] },
      api: { events: 1, problems: ['GET /v1/parcels/7 returned 404'] },
    };
    const shown = text({ verdict });
    expect(shown).toContain('FAILED  7 of 4,200 parcels differ from the feed');
    expect(shown).toContain('parcel 5004, type: stored');
    expect(shown).not.toContain('parcel 5005');
    expect(shown).toContain('… and 2 more');
    expect(shown).toMatch(
      /^FAILED {2}the history of 1 parcel has not the scans that the feed has\n {8}parcel 5000, history: /m,
    );
    expect(shown).toContain('of 33 different malformed elements, 1 without a failure record, 1');
    expect(shown).toContain('no failure record: {"EventId":1}');
    expect(shown).toContain('not in the DLQ: {"EventId":2}');
    expect(shown).toContain('FAILED  1 message in the DLQ without a malformed element');
    expect(shown).toMatch(
      /^FAILED {2}2 first deliveries were to be told, .*\n {8}parcel 5: its delivery was not told$/m,
    );
    expect(shown).toMatch(/^FAILED {2}the API was given 1 event again, .*\n {8}GET \/v1\/parcels\/7 returned 404$/m);
    expect(shown).not.toMatch(/^ok/m);
  });

  test('of a feed without parcels says nothing of the API', () => {
    const { api, ...verdict } = good;
    expect(text({ verdict })).not.toContain('API took');
  });

  test('says nothing of the faults of a receiver that had none', () => {
    const receiver = { ...facts.receiver, misbehaved: noMisbehaviours };
    expect(text({ receiver })).not.toContain('Faults of the receiver');
    const [rows = ''] = /Faults of the receiver[\s\S]*?\n\n/.exec(text()) ?? [];
    // What was cut off is one figure, taken or not.
    expect(rows.match(/: \d+/g)).toHaveLength(misbehaviours.length - 1);
  });

  test('claims nothing when the run was interrupted', () => {
    const shown = text({ verdict: undefined, deadLetters: undefined, failures: undefined });
    expect(shown).toContain('Interrupted: nothing was compared.');
    expect(shown).not.toMatch(/^ok|in DLQ|^parcels|there were/m);
  });

  test('of a real feed has its address and no made-up faults, and a hint beside a difference', () => {
    const feed = { url: 'https://carrier.example/v1/scans/scanevents' };
    const verdict = { ...good, isGood: false, differences: [{ parcelId: 1, expected: {} }] };
    expect(text({ feed })).toContain('https://carrier.example/v1/scans/scanevents');
    expect(text({ feed })).not.toContain('Faults of the simulated API');
    expect(text({ feed, verdict }).replaceAll(/\n */g, '')).toContain(
      'an event that became visible late can cause this too',
    );
  });

  test('of a run that read nothing divides by nothing', () => {
    const none = { read: 0, stored: 0, seconds: 0, rejections: {}, outcomes: {}, deadLetters: {} };
    expect(text(none)).not.toMatch(/NaN|Infinity/);
  });

  test('speaks of one thing in the singular, and of none as such', () => {
    const counts = { ...(facts.feed as { counts: ScanApiCounts }).counts, repeats: 1, badElements: 1, lateIds: 1 };
    const verdict = { ...good, events: 1, parcels: 1, malformed: 1, malformedOf: { feed: 0, elsewhere: 1 } };
    const ones = text({
      feed: { seed: 1, held: 1, packs: 1, packEvents: 1, counts },
      ...{ openGaps: 1, late: 1, read: 1, stored: 1, rejections: {}, outcomes: { applied: 1 }, splits: 1, told: 1 },
      receiver: { ...facts.receiver, requests: 1 },
      ...{ missedIds: [], deadLetters: { INVALID_EVENT: { MISSING: 1 } }, failures: 1 },
      verdict: {
        ...verdict,
        notified: { due: 1, repeated: 1, corrected: 1, problems: [] },
        api: { events: 1, problems: [] },
      },
    });
    expect(ones).not.toMatch(
      /(?<![\d,.])1 (?:open |late |different |malformed |first )?(?:event|gap|element|parcel|notification|request|record|message|time|deliver)\w*s\b/,
    );
    expect(ones).toContain('1 element held, 1 event, 0 malformed');
    expect(ones).toContain('ok      the 1 parcel matches the 1 event of the feed');
    expect(ones).toContain('ok      the 1 malformed element is in the failures table and in the DLQ');
    expect(ones).toContain('ok      the 1 first delivery was told, 1 more than once under the same id');
    const none = text({
      ...{ read: 0, rejections: {}, splits: 0, deadLetters: {}, failures: 0 },
      verdict: {
        ...{ ...good, events: 0, parcels: 0, malformed: 0, malformedOf: { feed: 0, elsewhere: 0 } },
        notified: { due: 0, repeated: 0, corrected: 0, problems: [] },
      },
    });
    expect(none).toContain('malformed    none');
    expect(none).toContain('ok      the feed shows no event, and no parcel is stored');
    expect(none).toContain('ok      no element is malformed');
    expect(none).toContain('ok      no delivery was to be told, and none was');
  });

  test('of a real feed says how far it was compared, and what may be missing', () => {
    const feed = { url: 'https://carrier.example/v1/scans/scanevents' };
    const reading = { from: 7, through: 85_387, goesOn: false, doubts: [] };
    const shown = (more: Partial<FeedReading>, verdict = good) =>
      text({ feed, verdict: { ...verdict, reading: { ...reading, ...more } } }).replaceAll(/\n +/g, ' ');
    expect(shown({})).toContain('ok      all 4,200 parcels match the 19,980 events from EventId 7 through 85387\n');
    expect(shown({ goesOn: true })).toContain('through 85387, the feed goes on after it: that is not compared');
    const doubted = shown({ doubts: ['Asked from EventId 3, the API left it out.'] });
    expect(doubted).toContain('FAILED  what was compared may be only a part of the feed: Asked from EventId 3, the');
    expect(doubted).toContain('docs/scan-api.md');
    const empty = shown({}, { ...good, isGood: false, events: 0, parcels: 0, malformed: 0 });
    expect(empty).toContain('EMPTY   the feed shows no event from EventId 7 on: nothing was compared');
    expect(empty).not.toMatch(/^ok/m);
    const rejected = shown({}, { ...good, isGood: false, events: 0, parcels: 0, malformed: 2 });
    expect(rejected).toContain("EMPTY   none of the feed's elements is an event (2 different ones)");
  });

  test('of a real feed shows no text that may name a person', () => {
    const feed = { url: 'https://carrier.example/v1/scans/scanevents' };
    const key = '{"EventId":7,"User":{"RunId":"J. Doe"}}';
    const differences = [
      { parcelId: 1, attribute: 'runId', expected: 'J. Doe', stored: 'Jane Doe' },
      { parcelId: 2, expected: { runId: 'J. Doe' } },
      { parcelId: 3, attribute: 'history', expected: ['J. Doe'], stored: { SS: ['J. Doe'] } },
      { parcelId: 4, attribute: 'type', expected: 'DELIVERY', stored: 'PICKUP' },
    ];
    const lost = { withoutFailure: [key], withoutDeadLetter: ['"J. Doe"'], wronglyDead: [key] };
    const shown = text({ feed, verdict: { ...good, isGood: false, differences, ...lost } });
    expect(shown).not.toContain('Doe');
    expect(shown).toContain('parcel 1, runId: stored "8 characters", expected "6 characters"');
    expect(shown).toContain('no failure record: EventId 7, which begins with 39 characters');
    expect(shown).toContain('parcel 4, type: stored "PICKUP", expected "DELIVERY"');
  });

  test('fits 80 columns', () => {
    const ids = Array.from({ length: 40 }, (_, index) => 999_999_000 + index);
    const differences = [{ parcelId: 1, stored: { long: 'x'.repeat(500) } }];
    for (const more of [{}, { missedIds: ids }, { verdict: { ...good, isGood: false, differences } }]) {
      for (const line of summaryLines({ ...facts, ...more })) expect(line.length, line).toBeLessThan(80);
    }
  });
});
