import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldByParcel } from '../../../shared/test/fold-by-parcel.ts';
import { compare, expectedParcels, describe as inWords, type StoredParcel, scanOf } from './oracle.ts';

const scan = (EventId: number, Type: string, more: Record<string, unknown> = {}) => ({
  EventId,
  ParcelId: 7,
  Type,
  CreatedDateTimeUtc: `2021-05-11T21:00:${String(EventId % 60).padStart(2, '0')}Z`,
  StatusCode: '',
  User: { RunId: '100' },
  ...more,
});

const parcelOf = (...elements: unknown[]) => expectedParcels(elements).get(7);

const simulated = (seed: number, count: number): unknown[] =>
  simulateFeed({ seed, activeParcels: 20, shares: { bad: 0.1, odd: 0.3, twins: 0.2 } })
    .take(count)
    .map(({ json }): unknown => JSON.parse(json))
    .toArray();

/** Items as a pipeline that makes no mistake would store them. */
const storedWell = (elements: readonly unknown[]): StoredParcel[] =>
  [...expectedParcels(elements).values()].map(({ history, ...parcel }) => ({
    ...parcel,
    history: { SS: history.slice(0, 32).toReversed() },
    ...(parcel.openShard !== undefined && { openedAtMs: 1_767_225_600_000 }),
    revision: 1,
    updatedAtUtc: '2026-01-01T00:00:00.000Z',
  }));

describe('what is expected of a parcel', () => {
  test('is the content of its highest id, and the times of its lowest PICKUP and DELIVERY', () => {
    const elements = [
      scan(5, 'STATUS', { StatusCode: 'HELD' }),
      scan(3, 'DELIVERY'),
      scan(2, 'PICKUP'),
      scan(4, 'PICKUP'),
    ];
    expect(parcelOf(...elements)).toEqual({
      parcelId: 7,
      lastEventId: 5,
      type: 'STATUS',
      statusCode: 'HELD',
      runId: '100',
      createdDateTimeUtc: '2021-05-11T21:00:05Z',
      pickupTimeUtc: '2021-05-11T21:00:02Z',
      pickupEventId: 2,
      deliveryTimeUtc: '2021-05-11T21:00:03Z',
      deliveryEventId: 3,
      history: [
        '[5,"2021-05-11T21:00:05Z","STATUS","HELD"]',
        '[4,"2021-05-11T21:00:04Z","PICKUP",""]',
        '[3,"2021-05-11T21:00:03Z","DELIVERY",""]',
        '[2,"2021-05-11T21:00:02Z","PICKUP",""]',
      ],
    });
  });

  test('is in a shard of the open ones until its delivery is known', () => {
    expect(parcelOf(scan(1, 'STATUS'))?.openShard).toBe(7);
    expect(expectedParcels([scan(1, 'STATUS', { ParcelId: 39 })]).get(39)?.openShard).toBe(7);
    expect(parcelOf(scan(1, 'DELIVERY'), scan(2, 'STATUS'))).not.toHaveProperty('openShard');
  });

  test('has every scan in its history once, each text cut to 64 code units, of two contents the greater first', () => {
    const long = { StatusCode: `${'S'.repeat(63)}🚚` };
    expect(
      parcelOf(scan(1, 'STATUS', long), scan(2, 'A'), scan(2, 'B'), scan(2, 'A', { User: { RunId: 'x' } }))?.history,
    ).toEqual([
      '[2,"2021-05-11T21:00:02Z","B",""]',
      '[2,"2021-05-11T21:00:02Z","A",""]',
      `[1,"2021-05-11T21:00:01Z","STATUS","${'S'.repeat(63)}"]`,
    ]);
  });

  test('lacks milestones that were not seen; only the two exact types are milestones', () => {
    expect(parcelOf(scan(1, 'pickup'))).not.toHaveProperty('pickupTimeUtc');
    expect(parcelOf(scan(1, 'STATUS'))).not.toHaveProperty('deliveryEventId');
  });

  test('is the greater of two contents of one id, time first, by code unit; a milestone keeps the greater time', () => {
    const early = { CreatedDateTimeUtc: '2021-05-11T21:00:00.5' };
    const later = { CreatedDateTimeUtc: '2021-05-11T21:00:00.50Z' };
    expect(parcelOf(scan(1, 'PICKUP', later), scan(1, 'STATUS', early))).toMatchObject({
      type: 'STATUS',
      createdDateTimeUtc: '2021-05-11T21:00:00.5Z',
      pickupTimeUtc: '2021-05-11T21:00:00.50Z',
    });
    const same = { ...early, StatusCode: 'ﬃ' };
    expect(parcelOf(scan(1, 'STATUS', same), scan(1, 'STATUS', { ...same, StatusCode: '𝔚' }))).toMatchObject({
      statusCode: 'ﬃ',
    });
    expect(parcelOf(scan(1, 'PICKUP', early), scan(1, 'PICKUP', later))?.pickupTimeUtc).toBe('2021-05-11T21:00:00.5Z');
  });

  test('does not depend on order or repetition', () => {
    fc.assert(
      fc.property(fc.integer(), fc.infiniteStream(fc.nat()), (seed, chance) => {
        const elements = simulated(seed, 60);
        const again = elements.filter(() => Number(chance.next().value) % 2 === 0);
        const keyed = [...elements, ...again].map((element) => ({ element, key: Number(chance.next().value) }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ element }) => element);
        expect(Object.fromEntries(expectedParcels(shuffled))).toEqual(Object.fromEntries(expectedParcels(elements)));
      }),
      { numRuns: 50 },
    );
  });

  test('is what the pipeline itself makes of the same elements', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const elements = simulated(seed, 200);
        const events = elements.map(parse).flatMap((parsed) => ('event' in parsed ? [parsed.event] : []));
        const folded = [...foldByParcel(events).values()].map(({ parcelId, latest, milestones, history }) => ({
          parcelId,
          lastEventId: latest.eventId,
          type: latest.type,
          statusCode: latest.statusCode,
          runId: latest.runId,
          createdDateTimeUtc: latest.createdDateTimeUtc,
          ...Object.fromEntries(
            milestoneNames.flatMap((name) => {
              const { timeUtc, eventId } = milestones[name] ?? {};
              return timeUtc === undefined
                ? []
                : [[`${name}TimeUtc`, timeUtc] as const, [`${name}EventId`, eventId] as const];
            }),
          ),
          ...(milestones.delivery === undefined && { openShard: parcelId % 16 }),
          history: history.map(({ text }) => text),
        }));
        expect(folded).toEqual([...expectedParcels(elements).values()]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what counts as a scan event', () => {
  test.each([
    ['a plain one', {}],
    ['no zone', { CreatedDateTimeUtc: '2021-05-11T21:11:34.1506147' }],
    ['no fraction', { CreatedDateTimeUtc: '2021-05-11T21:11:34Z' }],
    ['29 February of a leap year', { CreatedDateTimeUtc: '2024-02-29T00:00:00Z' }],
    ['null for what is optional', { StatusCode: null, User: null, Device: null }],
    ['RunId missing', { User: {} }],
    ['the highest ids', { EventId: Number.MAX_SAFE_INTEGER, ParcelId: Number.MAX_SAFE_INTEGER }],
    ['1,024 characters', { Type: 'T'.repeat(1_024), StatusCode: 'S'.repeat(1_024) }],
  ])('%s does', (_, fields) => {
    expect(scanOf(scan(1, 'STATUS', fields))).toBeDefined();
  });

  test('is the same question to the pipeline, for whatever stands in a field', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        undefined,
        0,
        1,
        -1,
        1.5,
        2 ** 53,
        '',
        'x',
        'x'.repeat(1_025),
        {},
        [],
        { RunId: 1 },
        { RunId: null },
      ),
      fc.constantFrom(
        '2021-02-30T00:00:00Z',
        '2021-02-28T24:00:00Z',
        '2021-05-11 21:11:34Z',
        '2021-05-11T21:11:34+00:00',
      ),
      fc.constantFrom('0000-01-01T00:00:00', '9999-12-31T23:59:59.9Z', '2021-05-11T21:11:60Z', '2021-05-11T21:11:34.Z'),
    );
    const field = fc.constantFrom('EventId', 'ParcelId', 'Type', 'CreatedDateTimeUtc', 'StatusCode', 'User', 'Device');
    fc.assert(
      fc.property(fc.dictionary(field, anything, { maxKeys: 2 }), (fields) => {
        const element = scan(1, 'STATUS', fields);
        const parsed = parse(element);
        expect(scanOf(element)).toEqual('event' in parsed ? parsed.event : undefined);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('comparing', () => {
  const elements = simulated(1, 300);
  const expected = expectedParcels(elements);
  const [first = {}, ...others] = storedWell(elements);

  test('finds nothing when all is as it should be', () => {
    expect(compare(expected, storedWell(elements))).toEqual([]);
  });

  test('finds a parcel that is missing, and one that should not be there', () => {
    expect(compare(expected, others)).toEqual([{ parcelId: first['parcelId'], expected: expect.anything() }]);
    const stranger = { ...first, parcelId: 1 };
    expect(compare(expected, [stranger, first, ...others])).toEqual([{ parcelId: 1, stored: stranger }]);
  });

  test('finds every single attribute that differs, lacks, or is too much', () => {
    for (const attribute of [...Object.keys(first), 'surplus']) {
      if (attribute === 'parcelId') continue;
      const { [attribute]: _, ...without } = first;
      for (const wrong of [{ ...first, [attribute]: 'wrong' }, ...(attribute in first ? [without] : [])]) {
        const differences = compare(expected, [wrong, ...others]);
        expect(differences).toEqual([expect.objectContaining({ parcelId: first['parcelId'], attribute })]);
      }
    }
  });

  test('knows what the processor is told to keep: a shorter history or none, and an end', () => {
    const scans = [scan(1, 'PICKUP'), scan(2, 'STATUS'), scan(3, 'DELIVERY')];
    const parcels = expectedParcels(scans);
    const [stored = {}] = storedWell(scans);
    const { history: _, ...without } = stored;
    const shorter = { ...stored, history: { SS: parcels.get(7)?.history.slice(0, 2) } };
    expect(compare(parcels, [shorter], { historyEvents: 2, retentionDays: 0 })).toEqual([]);
    expect(compare(parcels, [without], { historyEvents: 0, retentionDays: 0 })).toEqual([]);
    const historyDiffers = [expect.objectContaining({ attribute: 'history' })];
    expect(compare(parcels, [stored], { historyEvents: 2, retentionDays: 0 })).toEqual(historyDiffers);
    expect(compare(parcels, [stored], { historyEvents: 0, retentionDays: 0 })).toEqual(historyDiffers);
    const ending = { ...stored, expiresAt: Date.parse('2021-05-13T21:00:03Z') / 1_000 };
    expect(compare(parcels, [ending], { historyEvents: 32, retentionDays: 2 })).toEqual([]);
    expect(compare(parcels, [ending])).toEqual([expect.objectContaining({ attribute: 'expiresAt' })]);
  });

  test('finds a mark of the open ones that a delivered parcel still has', () => {
    const scans = [scan(3, 'DELIVERY')];
    const [stored = {}] = storedWell(scans);
    expect(compare(expectedParcels(scans), [{ ...stored, openShard: 7, openedAtMs: 1 }])).toEqual([
      { parcelId: 7, attribute: 'openShard', stored: 7 },
      { parcelId: 7, attribute: 'openedAtMs', stored: 1 },
    ]);
  });

  test('says in words what differs', () => {
    expect(inWords({ parcelId: 7, attribute: 'type', expected: 'PICKUP' })).toBe(
      'parcel 7, type: stored nothing, expected "PICKUP"',
    );
    expect(inWords({ parcelId: 7, stored: { a: 1 } })).toBe('parcel 7: stored {"a":1}, expected nothing');
  });
});
