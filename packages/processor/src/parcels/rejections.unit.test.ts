import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { namesAnIndexKey } from '@waybill/shared/parcels/index-key-error.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { pass, useVirtualTime } from '../../../consumer/test/service-rig.ts';
import { packed, rig, scan } from '../../test/processor-rig.ts';

beforeEach(useVirtualTime);

const rejection = (parcelId: number) => new WaybillError('STORE_REJECTED', `parcel ${parcelId} is not taken`);

describe('a table that rejects every parcel, for a reason that does not name an index', () => {
  test('is an outage after some, and nothing goes to the DLQ; when it is put right, all is stored', async () => {
    const { queue, parcels, failures, processor, stop } = rig({ receivers: 4 });
    processor.start();
    queue.put(packed(scan(1)));
    await pass(5);
    expect(parcels.ids).toEqual([1]);
    parcels.before = ({ parcelId }) => {
      throw rejection(parcelId);
    };
    for (let message = 0; message < 30; message += 1)
      queue.put(packed(...Array.from({ length: 10 }, (_, index) => scan(2 + message * 10 + index))));
    await pass(600);
    expect(processor.ready()).toMatchObject({ ok: false });
    expect(queue.deadLetters).toEqual([]);
    expect(failures.records.size).toBeLessThanOrEqual(64);
    parcels.before = () => undefined;
    await pass(120);
    expect(parcels.ids).toHaveLength(301);
    expect(queue.messages).toEqual([]);
    expect([...failures.records.values()].filter(({ resolved }) => !resolved)).toEqual([]);
    await stop();
  });
});

describe('many events that are poison indeed', () => {
  const poisonFrom = 1_000;
  const putPoison = (queue: ReturnType<typeof rig>['queue'], count: number) => {
    for (let index = 0; index < count; index += 1) queue.put(packed(scan(poisonFrom + index)));
  };

  test('reach the DLQ, each with its reason, as a redrive brings them: the table takes what it took before', async () => {
    const { queue, parcels, failures, processor, stop } = rig({ receivers: 4 });
    parcels.before = ({ parcelId }) => {
      if (parcelId >= poisonFrom) throw rejection(parcelId);
    };
    processor.start();
    queue.put(packed(scan(1)));
    await pass(5);
    const revision = parcels.parcels.get(1)?.revision ?? 0;
    putPoison(queue, 200);
    await pass(60);
    expect(queue.deadLetters).toHaveLength(200);
    expect(failures.records.size).toBe(200);
    expect(parcels.parcels.get(1)?.state).toEqual(stateOf(scan(1)));
    // A check holds for ten seconds.
    expect((parcels.parcels.get(1)?.revision ?? 0) - revision).toBeLessThanOrEqual(7);
    await stop();
  });

  test('reach it one by one where nothing was ever stored, and what is good behind them is stored then', async () => {
    const { queue, parcels, processor, stop } = rig({ receivers: 4 });
    parcels.before = ({ parcelId }) => {
      if (parcelId >= poisonFrom) throw rejection(parcelId);
    };
    processor.start();
    putPoison(queue, 30);
    await pass(10);
    queue.put(packed(scan(1)));
    await pass(300);
    expect(parcels.ids).toEqual([1]);
    expect(queue.deadLetters).toHaveLength(30);
    await stop();
  });

  test('do not have a parcel written again that is gone', async () => {
    const { queue, parcels, processor, stop } = rig({ receivers: 4 });
    parcels.before = ({ parcelId }) => {
      if (parcelId >= poisonFrom) throw rejection(parcelId);
    };
    processor.start();
    queue.put(packed(scan(1)));
    await pass(5);
    parcels.parcels.delete(1);
    putPoison(queue, 60);
    await pass(120);
    expect(parcels.ids).toEqual([]);
    await stop();
  });
});

test('an error that names the key of an index is the table’s, however engines word it', () => {
  const texts = {
    index: [
      'One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value.',
      'One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by-status, IndexKey: statusCode',
      'One or more parameter values were invalid: Type mismatch for Index Key statusCode Expected: N Actual: S IndexName: by-status',
      'One or more parameter values were invalid: Type mismatch for Index Key',
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
      'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
    ],
    item: [
      'Item size to update has exceeded the maximum allowed size',
      'An operand in the update expression has an incorrect data type',
      'The provided expression refers to an attribute that does not exist in the item',
    ],
  };
  expect(texts.index.map((text) => namesAnIndexKey(new Error(text)))).toEqual(texts.index.map(() => true));
  expect(texts.item.map((text) => namesAnIndexKey(new Error(text)))).toEqual(texts.item.map(() => false));
});
