import { noFaults } from '@waybill/carrier/scan-api-faults.ts';
import type { Facts } from '@waybill/local/run-facts.ts';
import { summaryLines } from '@waybill/local/summary.ts';

/** What `npm start -- --seed 956703` counted in one run. Times, calls and faults differ from run to run. */
const facts: Facts = {
  node: 'v24.21.0',
  feed: {
    seed: 956_703,
    held: 20_000,
    packs: 6,
    counts: {
      requests: 391,
      pages: 372,
      emptyPages: 5,
      elements: 38_752,
      repeats: 18_768,
      badElements: 54,
      lateIds: 16,
      faults: {
        ...noFaults,
        tooManySeconds: 3,
        tooManyDate: 3,
        tooManyBare: 3,
        serverError: 2,
        badGateway: 3,
        unavailable: 3,
        slow: 3,
        cut: 4,
        html: 3,
        envelope: 1,
        disorder: 12,
        oversized: 6,
        repeated: 12,
      },
    },
  },
  seconds: 16.1,
  position: 110_581,
  watermark: 83_272,
  openGaps: 411,
  late: 0,
  read: 20_152,
  stored: 20_224,
  rejections: {
    INVALID_ID: 28,
    INVALID_DATE: 17,
    MISSING: 13,
    NOT_AN_OBJECT: 11,
    TOO_LONG: 8,
    INVALID_OBJECT: 4,
    INVALID_TEXT: 4,
    INVALID_TYPE: 3,
  },
  outcomes: { applied: 5_627, redundant: 316, merged: 149 },
  splits: 6,
  sqsCalls: 809,
  sqsBilled: 860,
  writeUnits: 7_113,
  readUnits: 472,
  missedIds: [],
  deadLetters: {
    INVALID_EVENT: {
      INVALID_ID: 30,
      INVALID_DATE: 18,
      MISSING: 15,
      NOT_AN_OBJECT: 12,
      TOO_LONG: 7,
      INVALID_OBJECT: 4,
      INVALID_TEXT: 4,
      INVALID_TYPE: 4,
    },
  },
  verdict: {
    isGood: true,
    events: 19_946,
    parcels: 4_255,
    differences: [],
    malformed: 59,
    withoutFailure: [],
    withoutDeadLetter: [],
    wronglyDead: [],
  },
};

/** The block of the README that shows what `npm start` prints. */
const sample = /(?<=^```\n)Waybill on Node [\s\S]*?\n(?=```$)/m;

/** This page, with its sample of `npm start` as the code of `npm start` prints it. */
export function withSample(readme: string): string {
  if (!sample.test(readme)) throw new Error('README.md has no block that begins with "Waybill on Node"');
  return readme.replace(sample, () => `${summaryLines(facts).join('\n')}\n`);
}
