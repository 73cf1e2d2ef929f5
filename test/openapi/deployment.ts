import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { deploymentOf } from '../../packages/api/test/api-rig.ts';
import type { OnEngines } from '../../packages/consumer/test/engines.ts';
import { failureLogOf } from '../../packages/operations/test/dead-letter-rig.ts';
import { storeParcels } from '../../packages/operations/test/parcels-rig.ts';
import { scan } from '../../packages/processor/test/processor-rig.ts';

/** A parcel, a failure and a batch that {@link fill} stores. */
export const stored = { parcelId: 5002, failureId: 'event-83271', batchId: '20261128T221530000-000001' } as const;

/** Stores something of everything that the API shows. */
export async function fill(engines: OnEngines): Promise<void> {
  const { dynamodb, resources } = engines;
  const nowMs = Date.now();
  const parcels = Array.from({ length: 12 }, (_, at) => {
    const parcelId = stored.parcelId + at;
    const pickedUp = stateOf(scan(83_269 + at, { parcelId, type: 'PICKUP' }));
    return merge(pickedUp, stateOf(scan(84_000 + at, { parcelId, type: at % 3 === 0 ? 'DELIVERY' : 'STATUS' })));
  });
  await storeParcels(dynamodb, resources.parcelsTable, parcels, nowMs);
  await failureLogOf(engines).record({
    failureId: stored.failureId,
    reason: 'INVALID_EVENT',
    detail: 'parcelId is not a number',
    parcelId: stored.parcelId,
    body: '{"ScanEvents":[]}',
  });
  const { batchesTable } = deploymentOf(resources);
  if (batchesTable === undefined) return;
  const createdAtUtc = new Date(nowMs).toISOString();
  await dynamodb.send(
    new PutItemCommand({
      TableName: batchesTable,
      Item: {
        batchId: { S: stored.batchId },
        createdDay: { S: createdAtUtc.slice(0, 10) },
        state: { S: 'sent' },
        accepted: { N: '20' },
        rejected: { N: '0' },
        packs: { N: '2' },
        createdAtUtc: { S: createdAtUtc },
      },
    }),
  );
}
