import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../../../consumer/test/journal.ts';
import { engineError } from '../../../../consumer/test/service-rig.ts';
import { MemoryParcels } from '../../../test/memory-parcels.ts';
import { scan } from '../../../test/processor-rig.ts';
import { writeParcel } from '../write-parcel.ts';
import { batchedParcelTable } from './batched-parcel-table.ts';

function open() {
  const parcels = new MemoryParcels(new Journal());
  const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
  const table = batchedParcelTable({ execute: parcels.execute, single: parcels, writeConcurrency: 64, metrics });
  const kinds = () => parcels.calls.flatMap((call) => call.map(({ kind }) => kind));
  return { parcels, table, kinds };
}

const picked = (parcelId: number, eventId = 1) => stateOf(scan(eventId, { parcelId, type: 'PICKUP' }));
const scanned = (parcelId: number, eventId = 2) => stateOf(scan(eventId, { parcelId }));

describe('the first statement', () => {
  test('of a parcel that starts with its pickup is an insert, of any other an update', async () => {
    const { parcels, table, kinds } = open();
    parcels.parcels.set(2, { state: scanned(2, 1), revision: 1 });
    await writeParcel(table, picked(1));
    await writeParcel(table, scanned(2));
    expect(kinds()).toEqual(['insert', 'update']);
  });

  test('of a parcel that was written before is an update, pickup or not', async () => {
    const { table, kinds } = open();
    await writeParcel(table, picked(1));
    await writeParcel(table, picked(1, 5));
    expect(kinds().slice(0, 2)).toEqual(['insert', 'update']);
  });

  test('that misses is followed by the other one', async () => {
    const { parcels, table, kinds } = open();
    parcels.parcels.set(1, { state: scanned(1, 1), revision: 1 });
    expect(await writeParcel(table, picked(1, 5))).toBe('applied');
    expect(await writeParcel(table, scanned(2))).toBe('applied');
    expect(kinds()).toEqual(['insert', 'update', 'update', 'insert']);
    expect(parcels.ids).toEqual([1, 2]);
  });

  test('follows a feed whose parcels begin without a pickup', async () => {
    const { table, kinds } = open();
    for (let parcelId = 1; parcelId <= 300; parcelId += 1) await writeParcel(table, scanned(parcelId));
    const second = kinds().filter((kind) => kind === 'insert').length * 2 - kinds().length;
    expect(kinds().slice(-10)).toEqual(Array.from({ length: 10 }, () => 'insert'));
    // An update that missed before each insert, until the guess has turned.
    expect(second).toBeGreaterThan(150);
  });
});

test('a later milestone than the one that is there leaves that alone, and counts as applied', async () => {
  const { parcels, table, kinds } = open();
  const stored = merge(picked(1, 3), scanned(1, 4));
  parcels.parcels.set(1, { state: stored, revision: 4 });
  const change = picked(1, 9);
  expect(await writeParcel(table, change)).toBe('applied');
  expect(parcels.parcels.get(1)).toEqual({ state: merge(stored, change), revision: 5 });
  expect(kinds().slice(-2)).toEqual(['update', 'replace']);
});

test('milestones that a refusal shows are known from then on', async () => {
  const { parcels, table, kinds } = open();
  const delivered = merge(stateOf(scan(3, { parcelId: 1, type: 'DELIVERY' })), scanned(1, 9));
  parcels.parcels.set(1, { state: delivered, revision: 4 });
  expect(await writeParcel(table, scanned(1, 5))).toBe('merged');
  expect(await writeParcel(table, stateOf(scan(12, { parcelId: 1, type: 'DELIVERY' })))).toBe('applied');
  // The second delivery is expected to be kept out by the first: one statement.
  expect(kinds()).toEqual(['update', 'union', 'update']);
});

describe('what a call refuses', () => {
  test('is written by single updates, and a rejected one rejects alone', async () => {
    const { parcels, table } = open();
    parcels.beforeCall = () => undefined;
    const execute = async (statements: readonly unknown[]) => statements.map(() => ({ kind: 'refused' }) as const);
    const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
    const refusing = batchedParcelTable({ execute, single: parcels, writeConcurrency: 64, metrics });
    expect(await writeParcel(refusing, picked(1))).toBe('applied');
    expect(await writeParcel(refusing, scanned(1))).toBe('applied');
    expect(await writeParcel(refusing, picked(1, 1))).toBe('redundant');
    expect(parcels.parcels.get(1)).toMatchObject({ revision: 2 });
    expect(await writeParcel(table, scanned(1, 3))).toBe('applied');
  });
});

test.each(['ThrottlingException', 'InternalServerError', 'TimeoutError', 'ResourceNotFoundException'])(
  'a call that fails with %s is not repeated by an update for each of its statements',
  async (name) => {
    const { parcels } = open();
    const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
    let singles = 0;
    const counted = async () => {
      singles += 1;
      return { done: true } as const;
    };
    const single: ParcelTable = { historyEvents: 32, apply: counted, addHistory: counted, replace: counted };
    parcels.beforeCall = () => {
      throw engineError(name);
    };
    const table = batchedParcelTable({ execute: parcels.execute, single, writeConcurrency: 64, metrics });
    const ids = Array.from({ length: 25 }, (_, index) => index + 1);
    const writes = await Promise.allSettled(ids.map((parcelId) => writeParcel(table, picked(parcelId))));
    expect(parcels.calls).toHaveLength(1);
    expect(singles).toBe(0);
    expect(new Set(writes.map((write) => (write.status === 'rejected' ? write.reason : undefined))).size).toBe(1);
    expect(writes[0]).toMatchObject({ status: 'rejected', reason: { name } });
  },
);

test('one throttled statement fails alone, and the call itself fails all', async () => {
  const { parcels, table } = open();
  parcels.before = ({ parcelId }) => {
    if (parcelId === 2) throw engineError('ThrottlingException');
  };
  const writes = () => Promise.allSettled([1, 2, 3].map((parcelId) => writeParcel(table, picked(parcelId))));
  expect((await writes()).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(parcels.calls).toHaveLength(1);
  parcels.beforeCall = () => {
    throw engineError('TimeoutError');
  };
  expect((await writes()).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});

describe('a parcel whose statement was throttled', () => {
  /** A table that throttles these parcels' statements, with the parcels of its single updates. */
  function throttling() {
    const { parcels } = open();
    const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
    const throttled = new Set<number>();
    const singles: number[] = [];
    parcels.before = ({ parcelId }) => {
      if (throttled.has(parcelId)) throw engineError('ThrottlingException');
    };
    const single: ParcelTable = {
      historyEvents: parcels.historyEvents,
      apply: (change) => {
        singles.push(change.parcelId);
        return parcels.apply(change);
      },
      addHistory: parcels.addHistory,
      replace: parcels.replace,
    };
    const table = batchedParcelTable({ execute: parcels.execute, single, writeConcurrency: 64, metrics });
    const write = async (ids: readonly number[], eventId: number) =>
      (await Promise.allSettled(ids.map((parcelId) => writeParcel(table, picked(parcelId, eventId))))).map(
        ({ status }) => status,
      );
    return { parcels, throttled, singles, write };
  }

  test('is tried again alone, until it is written; then it goes with the others again', async () => {
    const { parcels, throttled, singles, write } = throttling();
    throttled.add(2);
    expect(await write([1, 2, 3], 1)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await write([1, 2, 3], 5)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(singles).toEqual([2]);
    throttled.clear();
    expect(await write([2], 5)).toEqual(['fulfilled']);
    expect(singles).toEqual([2, 2]);
    expect(
      parcels.calls
        .slice(1)
        .flat()
        .some(({ state }) => state.parcelId === 2),
    ).toBe(false);
    await write([1, 2, 3], 9);
    expect(singles).toEqual([2, 2]);
    expect(parcels.calls.at(-1)?.some(({ state }) => state.parcelId === 2)).toBe(true);
  });

  test('is tried with the others where as many are throttled as a call carries, and more', async () => {
    const { parcels, throttled, singles, write } = throttling();
    const ids = Array.from({ length: 64 }, (_, index) => index + 1);
    for (const id of ids) throttled.add(id);
    await write(ids, 1);
    const before = parcels.calls.length;
    expect(await write(ids, 1)).not.toContain('fulfilled');
    expect(singles).toHaveLength(25);
    expect(parcels.calls.length - before).toBe(2);
    throttled.clear();
    expect(await write(ids, 1)).not.toContain('rejected');
    expect(parcels.ids).toEqual(ids);
  });

  test('and is then rejected, is not alone for good', async () => {
    const { parcels, throttled, singles, write } = throttling();
    throttled.add(2);
    await write([2], 1);
    throttled.clear();
    parcels.before = () => {
      throw new WaybillError('STORE_REJECTED', 'not this one');
    };
    await write([2], 1);
    parcels.before = () => undefined;
    singles.length = 0;
    await write([2], 2);
    expect(singles).toEqual([]);
  });
});
