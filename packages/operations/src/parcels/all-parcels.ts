import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { parcelKey } from '@waybill/shared/parcels/parcel-item.ts';
import { type ParcelView, parcelView } from '@waybill/shared/parcels/parcel-view.ts';
import { parcelIdIn, parcelOrProblem } from '@waybill/shared/parcels/read-parcels.ts';
import { z } from 'zod';
import type { ParcelsQuestion, Unjudged } from './read-parcels.ts';

/** The key after which the next page begins, as DynamoDB writes it. A text: it may have more digits than a number. */
export const allPositionShape = z.string();

export type AllPage = {
  readonly parcels: readonly ParcelView[];
  /** Items that are not parcels. */
  readonly unreadable: readonly Unjudged[];
  /** Where the next page begins; absent at the end. A page may be short, the last one empty. */
  readonly next?: string;
};

/**
 * All parcels, in no order: at most `limit`, from `position` on (undefined: from the beginning). One Scan, eventually
 * consistent, which reads 1 MB at most (DynamoDB's limit): half a read unit for each 4 KB. Rejects with the engine's errors.
 */
export async function allParcelsPage(
  { dynamodb, deployment, mapping }: Pick<ParcelsQuestion, 'dynamodb' | 'deployment' | 'mapping'>,
  { limit, position }: { readonly limit: number; readonly position: string | undefined },
  signal: AbortSignal,
): Promise<AllPage> {
  const { Items = [], LastEvaluatedKey } = await dynamodb.send(
    new ScanCommand({
      TableName: deployment.parcelsTable,
      Limit: limit,
      ...(position !== undefined && { ExclusiveStartKey: { [parcelKey.name]: { N: position } } }),
    }),
    { abortSignal: signal },
  );
  const parcels: ParcelView[] = [];
  const unreadable: Unjudged[] = [];
  for (const item of Items) {
    const parcelId = parcelIdIn(item);
    const parcel = parcelOrProblem(item, parcelId);
    if ('problem' in parcel) unreadable.push({ parcelId, problem: parcel.problem });
    else parcels.push(parcelView(parcel, mapping));
  }
  const next = LastEvaluatedKey?.[parcelKey.name]?.N;
  return { parcels, unreadable, ...(next !== undefined && { next }) };
}
