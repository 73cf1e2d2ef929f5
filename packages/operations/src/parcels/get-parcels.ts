import { type ParcelView, parcelView } from '@waybill/shared/parcels/parcel-view.ts';
import { parcelOrProblem, readParcelItems } from '@waybill/shared/parcels/read-parcels.ts';
import type { ParcelsQuestion, Unjudged } from './read-parcels.ts';

/** Each id that was asked for is in one of the three, in the order of its first mention. */
export type FoundParcels = {
  readonly parcels: readonly ParcelView[];
  /** Ids of which nothing is stored. */
  readonly missing: readonly number[];
  /** Items that are not parcels. */
  readonly unreadable: readonly Unjudged[];
};

/**
 * The parcels with these ids, at most 100 different ones, by consistent reads: one BatchGetItem, and another
 * for what DynamoDB leaves unprocessed.
 */
export async function getParcels(
  question: ParcelsQuestion,
  parcelIds: readonly number[],
  signal: AbortSignal,
): Promise<FoundParcels> {
  // DynamoDB refuses a key twice. A set keeps the order in which ids came.
  const asked = [...new Set(parcelIds)];
  const items = await readParcelItems(question, question.deployment.parcelsTable, asked, signal);
  const parcels: ParcelView[] = [];
  const missing: number[] = [];
  const unreadable: Unjudged[] = [];
  for (const parcelId of asked) {
    const item = items.get(parcelId);
    const parcel = item && parcelOrProblem(item, parcelId);
    if (!parcel) missing.push(parcelId);
    else if ('problem' in parcel) unreadable.push({ parcelId, problem: parcel.problem });
    else parcels.push(parcelView(parcel, question.mapping));
  }
  return { parcels, missing, unreadable };
}
