import { freshnessShape } from '@waybill/operations/parcels/show-parcel.ts';
import { parcelShape } from '@waybill/shared/parcels/parcel-view.ts';
import { z } from 'zod';
import { nextCursorShape } from '../pages/page.ts';

/** What every answer about parcels says of its age. */
const freshness = {
  completeThroughEventId: freshnessShape.shape.completeThroughEventId.describe(
    'Every scan event up to this EventId is on the queue or has been worked on; null where nobody knows it yet',
  ),
  asOfUtc: freshnessShape.shape.asOfUtc.describe('When the parcels were read'),
};

/** Nothing is left out of an answer in silence, and one bad item does not spoil the others. */
const unreadable = z
  .array(z.strictObject({ parcelId: z.number(), problem: z.string() }))
  .optional()
  .describe('What is stored under these ids cannot be shown or judged: tell the operator. Absent where there is none');

export const oneParcelShape = parcelShape.extend(freshness);

export const someParcelsShape = z.strictObject({
  parcels: z.array(parcelShape).describe('In the order asked for, each once'),
  missing: z.array(z.number()).describe('Ids asked for of which nothing is stored'),
  unreadable,
  ...freshness,
});

export const parcelsPageShape = z.strictObject({
  parcels: z.array(parcelShape),
  unreadable,
  nextCursor: nextCursorShape,
  ...freshness,
});

export type OneParcel = z.infer<typeof oneParcelShape>;
export type SomeParcels = z.infer<typeof someParcelsShape>;
export type ParcelsPage = z.infer<typeof parcelsPageShape>;
