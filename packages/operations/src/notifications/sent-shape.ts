import { z } from 'zod';

const parcelId = z.number();

/** What became of parcels that were to be notified on demand: each is in one list. */
export const sentShape = z.strictObject({
  /** At least one of its milestones was told now. */
  notified: z.array(parcelId),
  /** Every milestone that can be told was told before. */
  alreadyNotified: z.array(parcelId),
  /** `unmet`: names of requirements; `reached` where a milestone is not in state. */
  requirementsNotMet: z.array(z.strictObject({ parcelId, unmet: z.array(z.string()) })),
  /** `retryable`: whether the same may work later, with nothing changed. */
  failed: z.array(z.strictObject({ parcelId, reason: z.string(), retryable: z.boolean() })),
  /** Nothing is stored of these. */
  notFound: z.array(parcelId),
});

export type Sent = z.infer<typeof sentShape>;

/** All of the lists, empty. */
export function nothingSent(): Sent {
  return { notified: [], alreadyNotified: [], requirementsNotMet: [], failed: [], notFound: [] };
}
