import { historyEntry } from '@waybill/shared/domain/history.ts';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent, anyText } from '../../../../shared/test/arbitrary-events.ts';
import { scan } from '../../../test/processor-rig.ts';
import { requestsTo } from './dynamodb-statements.ts';
import type { ParcelStatement } from './parcel-statement.ts';
import { statementUnits } from './statement-units.ts';

const request = requestsTo({ tableName: 'parcels', historyEvents: 32, retentionDays: 90 })(0);

const statementsOf = (state: ParcelState): readonly ParcelStatement[] => [
  { kind: 'insert', state },
  { kind: 'update', state, keeps: [] },
  { kind: 'update', state, keeps: milestoneNames },
  { kind: 'replace', state, stored: { revision: 7 } },
];

const bytesOfHistory = ({ history }: Pick<ParcelState, 'history'>) =>
  history.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);

/** By the texts of the scan and the history, whatever kind of statement and whichever milestones. */
function expectedUnits({ latest: { type, statusCode, runId, createdDateTimeUtc } }: ParcelState, history: number) {
  const texts = [type, statusCode, runId, createdDateTimeUtc].join('');
  return Math.ceil((Buffer.byteLength(texts) + history + 300) / 1_024);
}

describe('the units of a batch that the engine does not report', () => {
  test('are those of the items, one for each KiB begun', () => {
    const long = anyText(700).map((text) => text.toWellFormed());
    fc.assert(
      fc.property(anyEvent({ statusCode: long, runId: long }), (event) => {
        const state = stateOf(event);
        for (const statement of statementsOf(state))
          expect(statementUnits()([request(statement)], [{}])).toBe(expectedUnits(state, bytesOfHistory(state)));
      }),
    );
  });

  test('count the history that an update or a union adds to', () => {
    const unitsSpent = statementUnits();
    const of = (statement: ParcelStatement) => unitsSpent([request(statement)], [{}]);
    const states = Array.from({ length: 60 }, (_, index) => stateOf(scan(index + 1, { parcelId: 1 })));
    let history = 0;
    for (const [index, state] of states.entries()) {
      history += bytesOfHistory(state);
      const statement: ParcelStatement = index === 0 ? { kind: 'insert', state } : { kind: 'update', state, keeps: [] };
      expect(of(statement)).toBe(expectedUnits(state, history));
    }
    expect(history).toBeGreaterThan(2_048);
    const late = stateOf(scan(99, { parcelId: 1 }));
    expect(of({ kind: 'union', state: late })).toBe(Math.ceil((history + bytesOfHistory(late) + 300) / 1_024));
    expect(of({ kind: 'replace', state: late, stored: { revision: 41 } })).toBe(1);
    expect(of({ kind: 'update', state: late, keeps: [] })).toBe(1);
  });

  test('are learned from an item that an answer shows', () => {
    const unitsSpent = statementUnits();
    const state = stateOf(scan(9, { parcelId: 1 }));
    const update = request({ kind: 'update', state, keeps: [] });
    const texts = Array.from({ length: 30 }, (_, index) => historyEntry(scan(index)).text);
    const Item = { parcelId: { N: '1' }, history: { SS: texts } };
    expect(unitsSpent([update], [{}])).toBe(1);
    expect(unitsSpent([update], [{ Error: { Code: 'ConditionalCheckFailed', Item } }])).toBe(2);
    expect(unitsSpent([update], [{}])).toBe(2);
  });

  test('are those of what was run: what was refused, throttled or not answered costs nothing', () => {
    const requests = [1, 2, 3, 4, 5, 6].map((eventId) => request({ kind: 'insert', state: stateOf(scan(eventId)) }));
    const responses = [
      {},
      { Error: { Code: 'ConditionalCheckFailed' } },
      { Error: { Code: 'DuplicateItem' } },
      { Error: { Code: 'ThrottlingError' } },
      { Error: { Code: 'ValidationError' } },
    ] as const;
    expect(statementUnits()(requests, responses)).toBe(3);
  });
});
