import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import type { Item } from '@waybill/shared/parcels/parcel-item.ts';
import { keyOf } from '@waybill/shared/parcels/read-parcels.ts';
import type { Deployment } from '../deployment.ts';

export type ParcelReading = {
  readonly dynamodb: DynamoDBClient;
  readonly deployment: Pick<Deployment, 'parcelsTable'>;
};

/** What is needed to ask again for what DynamoDB has left out. */
export type ParcelsReading = ParcelReading & { readonly clock: Clock; readonly random: Random };

export type ParcelsQuestion = ParcelsReading & {
  /** What `STAGES` says. */
  readonly mapping: StageMapping;
};

/** A parcel of whose item nothing can be said, and why. */
export type Unjudged = { readonly parcelId: number; readonly problem: string };

/** A parcel's item as it is stored, by a consistent read; undefined where there is none. */
export async function readParcelItem(
  { dynamodb, deployment }: ParcelReading,
  parcelId: number,
  signal: AbortSignal,
): Promise<Item | undefined> {
  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName: deployment.parcelsTable, Key: keyOf(parcelId), ConsistentRead: true }),
    { abortSignal: signal },
  );
  return Item;
}
