import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent, anyText } from '../../../../shared/test/arbitrary-events.ts';
import { scan } from '../../../test/processor-rig.ts';
import { requestsTo } from './dynamodb-statements.ts';
import type { ParcelStatement } from './parcel-statement.ts';
import { unitsSpent } from './statement-units.ts';

const request = requestsTo('parcels');
const now = '2024-06-01T12:00:00.000Z';

const statementsOf = (state: ParcelState): readonly ParcelStatement[] => [
  { kind: 'insert', state },
  { kind: 'update', state, keeps: [] },
  { kind: 'update', state, keeps: milestoneNames },
  { kind: 'replace', state, revision: 7 },
];
const unitsOf = (statement: ParcelStatement) => unitsSpent([request(statement, now)], [{}]);

/** As the documentation of the metric says: by the texts of the scan, whatever kind of statement and whichever milestones. */
function expectedUnits({ latest: { type, statusCode, runId, createdDateTimeUtc } }: ParcelState): number {
  const texts = [type, statusCode, runId, createdDateTimeUtc].join('');
  return texts.length <= 200 ? 1 : Math.ceil((Buffer.byteLength(texts) + 400) / 1_024);
}

describe('the units of a batch that the engine does not report', () => {
  test('are those of the items, one for each KiB begun', () => {
    const long = anyText(700).map((text) => text.toWellFormed());
    fc.assert(
      fc.property(anyEvent({ statusCode: long, runId: long }), (event) => {
        const state = stateOf(event);
        for (const statement of statementsOf(state)) expect(unitsOf(statement)).toBe(expectedUnits(state));
      }),
    );
  });

  test('are those of what was run: what was refused, throttled or not answered costs nothing', () => {
    const requests = [1, 2, 3, 4, 5, 6].map((eventId) =>
      request({ kind: 'insert', state: stateOf(scan(eventId)) }, now),
    );
    const responses = [
      {},
      { Error: { Code: 'ConditionalCheckFailed' } },
      { Error: { Code: 'DuplicateItem' } },
      { Error: { Code: 'ThrottlingError' } },
      { Error: { Code: 'ValidationError' } },
    ] as const;
    expect(unitsSpent(requests, responses)).toBe(3);
  });
});
