import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';

/** `type` of a notification, by its milestone: first told, and corrected after it was told. */
export const notificationTypes: Readonly<Record<MilestoneName, { readonly told: string; readonly corrected: string }>> =
  {
    pickup: { told: 'parcel.picked_up', corrected: 'parcel.pickup_corrected' },
    delivery: { told: 'parcel.delivered', corrected: 'parcel.delivery_corrected' },
  };
