import { systemClock } from '@waybill/shared/clock.ts';
import { expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { openApi } from '../../test/api-rig.ts';
import { dynamoDbBatchStore } from './dynamodb-batch-store.ts';

const engines = useEngines(process.env);

test('only who knows the packs of a batch, and their numbers, replaces them or marks them sent', async () => {
  const { deps } = await openApi({ engines: engines() });
  const { signal } = new AbortController();
  const store = dynamoDbBatchStore({ documents: deps.documents, tableName: deps.deployment.batchesTable ?? '' });
  const numbers = { accepted: 3, rejected: 0, packs: 3 };
  const batch = { batchId: `renumbered-${systemClock.now()}`, ...numbers, firstPart: 0, packing: 'a', bodySha256: 'x' };
  const first = { ...batch, createdAtMs: systemClock.now() };
  const other = { ...first, packing: 'b', firstPart: 3 };
  const again = { ...first, firstPart: 6 };
  const seen = { state: 'sending' } as const;
  expect(await store.putBatch(first, signal)).toBe(true);
  expect(await store.repack(other, { ...first, ...seen }, signal)).toBe(true);
  expect(await store.repack(again, { ...other, ...seen }, signal)).toBe(true);
  expect(await store.repack(other, { ...first, ...seen }, signal)).toBe(false);
  expect(await store.markSent(first, signal)).toBe(false);
  expect(await store.readBatch(batch.batchId, signal)).toMatchObject({ state: 'sending', firstPart: 6 });
  expect(await store.markSent(again, signal)).toBe(true);
});
