import { badElement } from '@waybill/carrier/feed/bad-elements.ts';
import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { packUnparsed } from '@waybill/shared/domain/pack.ts';
import { describe, expect, test } from 'vitest';
import { noMisbehaviours } from '../receiver/misbehaviour.ts';
import type { DeadLetter, FailureRecord } from './dead-letters.ts';
import { expectedParcels } from './oracle.ts';
import { judge, type Mirror, reasonsOf } from './verdict.ts';

const good = { EventId: 1, ParcelId: 7, Type: 'PICKUP', CreatedDateTimeUtc: '2021-05-11T21:11:34.15Z' };
const bad = { ...good, EventId: 2, ParcelId: null };

const letter = (body: string, failureId?: string): DeadLetter => ({ messageId: body, body, failureId });
const record = (body: string, more: Partial<FailureRecord> = {}): FailureRecord => ({
  failureId: 'event-2',
  reason: 'INVALID_EVENT',
  detail: 'INVALID_ID: expected a whole number',
  body,
  resolved: false,
  ...more,
});
const parcelsOf = (...elements: unknown[]) =>
  [...expectedParcels(elements).values()].map(({ history, ...parcel }) => ({
    ...parcel,
    history: { SS: history },
    openedAtMs: 1,
    revision: 1,
    updatedAtUtc: '2026-01-01T00:00:00.000Z',
  }));

const kept: Mirror = {
  parcels: parcelsOf(good),
  failures: [record(JSON.stringify(bad))],
  deadLetters: [letter(packUnparsed(bad))],
};
const noRequests = {
  ...{ requests: 0, taken: 0, unverified: 0, malformed: 0, astray: 0, refused: 0 },
  misbehaved: noMisbehaviours,
};
const truth = { elements: [good, bad, good] };

describe('the verdict', () => {
  test('is good when parcels, failure records and dead letters are what the feed amounts to', () => {
    expect(judge(truth, kept)).toMatchObject({ isGood: true, events: 2, parcels: 1, malformed: 1 });
  });

  test('is bad when a parcel is missing, surplus, or differs in one attribute', () => {
    const [parcel = {}] = kept.parcels;
    const other = parcelsOf({ ...good, ParcelId: 8 });
    for (const parcels of [[], [...kept.parcels, ...other], [{ ...parcel, statusCode: 'X' }]]) {
      const verdict = judge(truth, { ...kept, parcels });
      expect(verdict.isGood).toBe(false);
      expect(verdict.differences).toHaveLength(1);
    }
  });

  test('is bad when the API took a push or shows a parcel otherwise than it should', () => {
    expect(judge(truth, kept, { events: 1, problems: [] })).toMatchObject({ isGood: true, api: { events: 1 } });
    expect(judge(truth, kept, { events: 1, problems: ['GET /v1/parcels/7 returned 404'] }).isGood).toBe(false);
  });

  test('is bad when a first delivery was not told', () => {
    const heard = { feed: 'scan-events', told: new Map(), counts: noRequests };
    expect(judge(truth, { ...kept, heard })).toMatchObject({ isGood: true, notified: { due: 0, problems: [] } });
    const delivered = { ...good, Type: 'DELIVERY' };
    const verdict = judge({ elements: [delivered] }, { ...kept, parcels: parcelsOf(delivered), heard });
    expect(verdict).toMatchObject({ isGood: false, notified: { due: 1 } });
  });

  test('is bad when a malformed element lacks its failure record or its dead letter', () => {
    const key = [JSON.stringify(bad)];
    expect(judge(truth, { ...kept, failures: [] })).toMatchObject({ isGood: false, withoutFailure: key });
    expect(judge(truth, { ...kept, deadLetters: [] })).toMatchObject({ isGood: false, withoutDeadLetter: key });
  });

  test('is bad when something well-formed, or something unknown, is in the DLQ', () => {
    for (const body of [packUnparsed(good), '{"version":1,"events":[]}', 'no JSON']) {
      const verdict = judge(truth, { ...kept, deadLetters: [...kept.deadLetters, letter(body)] });
      expect(verdict.isGood).toBe(false);
      expect(verdict.wronglyDead).toHaveLength(1);
    }
  });

  test('knows malformed elements that another producer sent in a pack', () => {
    const malformed = { eventId: 5, parcelId: null };
    const body = JSON.stringify({ version: 1, events: [malformed] });
    const mirror = {
      ...kept,
      failures: [...kept.failures, record(JSON.stringify(malformed))],
      deadLetters: [...kept.deadLetters, letter(body)],
    };
    expect(judge({ ...truth, malformedElsewhere: [malformed] }, mirror)).toMatchObject({ isGood: true, malformed: 2 });
    expect(judge(truth, mirror).isGood).toBe(false);
  });

  test('recognises elements that travel cut, because they are too large or nested too deep', () => {
    const [event] = simulateFeed({ seed: 1, shares: { bad: 0, late: 0, twins: 0, wild: 0, gaps: 0 } });
    const carrier = JSON.parse(event?.json ?? '');
    for (const kind of ['tooDeep', 'statusUnsendable'] as const) {
      const element: unknown = JSON.parse(badElement(kind, carrier));
      const body = packUnparsed(element);
      const mirror = {
        parcels: [],
        failures: [record(JSON.stringify(JSON.parse(body).unparsed))],
        deadLetters: [letter(body)],
      };
      expect(judge({ elements: [element] }, mirror)).toMatchObject({ isGood: true, malformed: 1 });
    }
  });
});

test('dead letters are counted by the reason and code of their failure record, found by id or by content', () => {
  const other = packUnparsed({ EventId: 9 });
  const byId = letter('{"version":1,"events":[{"eventId":3}]}', 'event-3');
  const timeless = record('{}', { failureId: 'event-3', reason: 'REPEATEDLY_INTERRUPTED', detail: 'received 3 times' });
  const mirror = {
    ...kept,
    failures: [...kept.failures, timeless],
    deadLetters: [...kept.deadLetters, byId, letter(other)],
  };
  expect(reasonsOf(mirror)).toEqual({
    INVALID_EVENT: { INVALID_ID: 1 },
    REPEATEDLY_INTERRUPTED: { '': 1 },
    NOT_RECORDED: { '': 1 },
  });
});
