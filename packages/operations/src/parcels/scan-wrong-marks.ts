import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '@waybill/shared/clock.ts';
import { itemBytes, writeUnits } from '@waybill/shared/item-size.ts';
import type { Item } from '@waybill/shared/parcels/parcel-item.ts';
import { keyOf, parcelIdIn } from '@waybill/shared/parcels/read-parcels.ts';
import type { Deployment } from '../deployment.ts';
import { type Marking, markingOf, wrongMarksFilter } from './open-marks.ts';

export type ReindexDependencies = {
  readonly dynamodb: DynamoDBClient;
  readonly deployment: Pick<Deployment, 'parcelsTable'>;
  readonly clock: Clock;
  /** Items of one Scan: what a run must do again that was ended in the middle of it, and what it holds. 500 unless given. */
  readonly pageItems?: number;
};

/** What a reindexing does to one parcel, and the write units that it takes. */
export type WrongParcel = { readonly parcelId: number; readonly marking: Marking; readonly units: number };

export type WrongParcels = {
  readonly wrong: readonly WrongParcel[];
  /** Items that DynamoDB has read for them. */
  readonly lookedAt: number;
  /** The parcel after which the next page begins; undefined at the end of the table. */
  readonly resumeAfter: number | undefined;
};

/** The parcels with wrong marks among the next items of the table. */
export async function scanWrongMarks(
  { dynamodb, deployment, clock, pageItems = 500 }: ReindexDependencies,
  resumeAfter: number | undefined,
  signal: AbortSignal,
): Promise<WrongParcels> {
  const page = await dynamodb.send(
    new ScanCommand({
      TableName: deployment.parcelsTable,
      FilterExpression: wrongMarksFilter,
      Limit: pageItems,
      ...(resumeAfter !== undefined && { ExclusiveStartKey: keyOf(resumeAfter) }),
    }),
    { abortSignal: signal },
  );
  const wrong = (page.Items ?? []).map((item) => {
    const parcelId = parcelIdIn(item);
    const marking = markingOf(item, parcelId, clock.now());
    return { parcelId, marking, units: unitsOf(item, marking) };
  });
  return {
    wrong,
    lookedAt: page.ScannedCount ?? 0,
    resumeAfter: page.LastEvaluatedKey && parcelIdIn(page.LastEvaluatedKey),
  };
}

/** The item by its size, and one for the entry of the index. */
function unitsOf(item: Item, { kind }: Marking): number {
  return kind === 'not a parcel' ? 0 : writeUnits(sizeOf(item), 0) + 1;
}

/** Of an item with an attribute of a later release no size is known; two units are what most parcels with a history take. */
function sizeOf(item: Item): number {
  try {
    return itemBytes(item);
  } catch {
    return 2_048;
  }
}
