import { createHash } from 'node:crypto';
import { eventJson, packOne, packUnparsed } from '@waybill/shared/domain/pack.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { pass, useVirtualTime } from '../../consumer/test/service-rig.ts';
import { packed, packOf, rig, scan } from '../test/processor-rig.ts';

beforeEach(useVirtualTime);

const invalid = (eventId: number) => ({ ...scan(eventId), createdDateTimeUtc: 'yesterday' });
const sha = (body: string) => createHash('sha256').update(body).digest('hex');
/** Deeper than `JSON.stringify` can write; `JSON.parse` reads it. */
const tooDeep = `{"eventId":7,"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;

/** A store that rejects these events, by what they set. */
const rejecting =
  (...eventIds: number[]) =>
  ({ latest, milestones }: ParcelState) => {
    if (eventIds.includes(latest.eventId) || eventIds.includes(milestones.pickup?.eventId ?? 0))
      throw new WaybillError('STORE_REJECTED', 'the item is at fault');
  };

describe('a message of several of which some failed', () => {
  test('is recorded, split, confirmed, then deleted, its neighbours long stored', async () => {
    const { queue, journal, failures, processor, stop } = rig();
    queue.put(packOf(scan(1), invalid(2), 'nonsense', scan(3)));
    processor.start();
    await pass(0.5);
    const nonsense = `body-${sha(packOne('"nonsense"'))}`;
    expect(journal.lines(/^(stored|recorded|sent|deleted)/).slice(0, 6)).toEqual([
      'stored 1',
      'stored 3',
      'recorded event-2 INVALID_EVENT',
      `recorded ${nonsense} INVALID_EVENT`,
      'sent m2',
      'sent m3',
    ]);
    expect(journal.lines(/^deleted/)).toEqual(['deleted m1']);
    expect(failures.records.get('event-2')).toMatchObject({ body: JSON.stringify(invalid(2)) });
    await pass(60);
    expect(queue.messages).toEqual([]);
    expect(queue.deadLetters).toMatchObject([
      { body: packOne(JSON.stringify(invalid(2))), attributes: { failureId: 'event-2' } },
      { body: packOne('"nonsense"'), attributes: { failureId: nonsense } },
    ]);
    await stop();
  });

  test('has elements split off and recorded in their own text, where they differ in numbers beyond 2^53 alone', async () => {
    const { queue, failures, processor, stop } = rig();
    const [one, other] = [2, 3].map((digit) => `{"eventId":900719925474099${digit},"parcelId":340434161094015932}`);
    queue.put(`{"version":1,"events":[${JSON.stringify(scan(1))},${one},${other}]}`);
    processor.start();
    await pass(60);
    expect(queue.deadLetters.map(({ body }) => body)).toEqual([packOne(one ?? ''), packOne(other ?? '')]);
    expect([...failures.records.values()].map(({ body }) => body)).toEqual([one, other]);
    await stop();
  });

  test('has what the store rejects split off as well, and only that', async () => {
    const { queue, parcels, failures, processor, stop } = rig();
    const bad = scan(2, { parcelId: 9, type: 'PICKUP' });
    parcels.before = rejecting(2);
    queue.put(packed(scan(1, { parcelId: 9 }), bad, scan(3, { parcelId: 9 })));
    processor.start();
    await pass(60);
    expect(parcels.parcels.get(9)?.state.latest.eventId).toBe(3);
    expect(failures.records.get('event-2')).toMatchObject({
      reason: 'STORE_REJECTED',
      body: eventJson(bad),
    });
    expect(queue.deadLetters.map(({ body }) => body)).toEqual([packed(bad)]);
    await stop();
  });

  test('is left whole when a failed element is too deep to be written out again; its neighbours are stored', async () => {
    const { queue, parcels, failures, journal, processor, stop } = rig();
    queue.put(`{"version":1,"events":[${eventJson(scan(1))},${tooDeep},${eventJson(scan(3))}]}`);
    processor.start();
    await pass(10);
    expect(parcels.ids).toEqual([1, 3]);
    expect(journal.lines(/^(sent|deleted)/)).toEqual([]);
    expect(queue.deadLetters).toHaveLength(1);
    expect(failures.records.get('event-7')).toMatchObject({ reason: 'INVALID_EVENT', attempts: 3 });
    await stop();
  });

  test('is left whole when a failed element would be too large to be sent alone, once it is escaped', async () => {
    const { queue, parcels, journal, processor, stop } = rig();
    queue.put(packOf(scan(1), { eventId: 2, note: 'é'.repeat(50_000) }));
    processor.start();
    await pass(10);
    expect(parcels.ids).toEqual([1]);
    expect(journal.lines(/^(sent|deleted)/)).toEqual([]);
    expect(queue.deadLetters).toHaveLength(1);
    await stop();
  });
});

describe('a message of one that failed', () => {
  test.each([
    ['no JSON', 'no JSON at all'],
    ['no pack', '{"version":1}'],
    ['no object', '17'],
  ])('comes again at once when it is %s', async (_, body) => {
    const { queue, failures, processor, stop } = rig();
    queue.put(body);
    processor.start();
    await pass(5);
    const failureId = `body-${sha(body)}`;
    expect(queue.deadLetters).toMatchObject([{ body, attributes: {} }]);
    expect(failures.records.get(failureId)).toMatchObject({ reason: 'UNREADABLE_MESSAGE', body, attempts: 3 });
    await stop();
  });

  test('comes again after 30 s, 60 s, 90 s when a rolling deploy may heal it', async () => {
    const { queue, journal, processor, stop } = rig();
    queue.put('{"version":2,"parcels":[]}');
    processor.start();
    await pass(300);
    expect(journal.lines(/^(sent|visibility|dead)/)).toEqual([
      'visibility m1 30',
      'visibility m1 60',
      'visibility m1 90',
      'dead m1',
    ]);
    await stop();
  });

  test('counts the attempt in the pack too, and repeats in a pack and alone are one record', async () => {
    const { queue, failures, processor, stop } = rig();
    queue.put(packOf(scan(1), 'nonsense'));
    queue.put(packOf(scan(2), 'nonsense'));
    queue.put(packOf('nonsense'));
    processor.start();
    await pass(30);
    expect([...failures.records.keys()]).toEqual([`body-${sha(packOf('nonsense'))}`]);
    // Once as it came, three times with the id of its record, for each of the three.
    expect([...failures.records.values()]).toMatchObject([{ attempts: 11 }]);
    expect(queue.deadLetters).toHaveLength(3);
    await stop();
  });
});

describe('the record of a failure', () => {
  /** What is on record after these messages were received as often as they may be. */
  async function recordsAfter(
    put: (given: ReturnType<typeof rig>) => void,
  ): Promise<readonly (readonly [failureId: string, reason: string, parcelId: number | undefined])[]> {
    const given = rig();
    put(given);
    given.processor.start();
    await pass(60);
    await given.stop();
    return [...given.failures.records.values()].map(({ failureId, reason, parcelId }) => [failureId, reason, parcelId]);
  }
  const largest = Number.MAX_SAFE_INTEGER;

  test('names the parcel of an event that the store rejects, in a pack and alone', async () => {
    for (const message of [packed(scan(1), scan(2, { parcelId: 77 })), packed(scan(2, { parcelId: 77 }))]) {
      const records = await recordsAfter(({ queue, parcels }) => {
        parcels.before = rejecting(2);
        queue.put(message);
      });
      expect(records).toEqual([['event-2', 'STORE_REJECTED', 77]]);
    }
  });

  test.each([
    ['of our spelling', 77, { parcelId: 77 }],
    ['of the carrier’s', 77, { ParcelId: 77 }],
    ['of the carrier’s before ours, as for its id', undefined, { ParcelId: 'x', parcelId: 77 }],
    ['up to the largest id', largest, { parcelId: largest }],
    ['but none beyond it', undefined, { parcelId: largest + 1 }],
    ['but none that is 0', undefined, { parcelId: 0 }],
    ['but none below', undefined, { parcelId: -77 }],
    ['but none with a fraction', undefined, { parcelId: 77.5 }],
    ['but none that is text', undefined, { parcelId: '77' }],
    ['but none of what lies deeper', undefined, { Parcel: { ParcelId: 77 } }],
  ])('names the parcel of an element that is no event, %s', async (_, parcelId, fields) => {
    const element = { eventId: 5, type: '', ...fields };
    for (const message of [packOf(element), packOf(scan(1), element), packUnparsed(element)]) {
      expect(await recordsAfter(({ queue }) => queue.put(message))).toEqual([['event-5', 'INVALID_EVENT', parcelId]]);
    }
  });

  test('names the parcel of an element without an id of its own, and of one too deep to be split off', async () => {
    const nameless = { parcelId: 77, type: '' };
    expect(await recordsAfter(({ queue }) => queue.put(packOf(nameless)))).toEqual([
      [`body-${sha(packOf(nameless))}`, 'INVALID_EVENT', 77],
    ]);
    const deep = `{"version":1,"events":[${tooDeep.replace('"x"', '"parcelId":77,"x"')}]}`;
    expect(await recordsAfter(({ queue }) => queue.put(deep))).toEqual([['event-7', 'INVALID_EVENT', 77]]);
  });

  test('names no parcel where it is about a message that nobody can read, or about what was cut', async () => {
    const cut = packUnparsed({ ParcelId: 77, note: 'x'.repeat(300_000) });
    const reasons: (string | undefined)[] = [];
    for (const body of ['no JSON', '{"version":1}', '{"version":2,"parcelId":77}', cut]) {
      const [[, reason, parcelId] = []] = await recordsAfter(({ queue }) => {
        queue.put(body);
      });
      reasons.push(reason);
      expect(parcelId).toBeUndefined();
    }
    expect(reasons).toEqual(['UNREADABLE_MESSAGE', 'UNREADABLE_MESSAGE', 'UNREADABLE_MESSAGE', 'INVALID_EVENT']);
  });

  test.each([
    ['an event', packed(scan(5, { parcelId: 77 })), 'event-5', 77],
    ['several events', packed(scan(5, { parcelId: 77 }), scan(6, { parcelId: 77 })), undefined, undefined],
    [
      'an element of the feed that is an event at last',
      packUnparsed({ EventId: 5, ParcelId: 77, Type: 'STATUS', CreatedDateTimeUtc: '2021-05-11T21:11:34Z' }),
      'event-5',
      77,
    ],
  ])(
    'of an interruption names the parcel of the one element that a message carries: %s',
    async (_, body, failureId, parcelId) => {
      const { queue, parcels, failures, processor } = rig();
      parcels.before = () => new Promise(() => {});
      queue.put(body, { receiveCount: 2 });
      processor.start();
      await pass(0.5);
      expect([...failures.records.values()]).toMatchObject([
        { failureId: failureId ?? `body-${sha(body)}`, reason: 'REPEATEDLY_INTERRUPTED', parcelId },
      ]);
    },
  );
});

describe('a redriven message', () => {
  test('resolves its record when it succeeds', async () => {
    const { queue, parcels, failures, processor, stop } = rig();
    parcels.before = rejecting(2);
    queue.put(packed(scan(1), scan(2)));
    processor.start();
    await pass(30);
    expect(queue.deadLetters).toHaveLength(1);
    parcels.before = () => undefined;
    for (const { body, attributes = {} } of queue.deadLetters.splice(0)) queue.put(body, { attributes });
    await pass(5);
    expect(parcels.ids).toEqual([1, 2]);
    expect(failures.records.get('event-2')).toMatchObject({ resolved: true, attempts: 4 });
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('resolves its record when it carries an element of the feed that is read at last', async () => {
    const { queue, failures, processor, stop } = rig();
    const element = { EventId: 4, ParcelId: 4, Type: 'STATUS', CreatedDateTimeUtc: '2021-05-11T21:11:34Z' };
    await failures.record({ failureId: 'event-4', reason: 'INVALID_EVENT', detail: '', body: '', parcelId: undefined });
    queue.put(packUnparsed(element));
    processor.start();
    await pass(1);
    expect(failures.records.get('event-4')).toMatchObject({ resolved: true });
    await stop();
  });
});
