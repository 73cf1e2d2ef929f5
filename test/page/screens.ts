import { groupDetail } from '@waybill/operations/failures/group-detail.ts';
import { batchIdAgo } from './worlds/batches.ts';
import { firstFailedEventId, sevenKinds } from './worlds/failures.ts';
import { greatestId, hostileOperationId } from './worlds/hostile.ts';
import { endedOperationId } from './worlds/operations.ts';
import { storiedParcelId } from './worlds/parcels.ts';
import type { WorldName } from './worlds/world.ts';

/** A screen of the page, and a picture of it by this name. */
export type Screen = { readonly name: string; readonly path: string };

/** The screens that have no id in their URL. */
const lists: readonly Screen[] = [
  { name: 'now', path: '/' },
  { name: 'failures', path: '/failures' },
  { name: 'parcel-search', path: '/parcel' },
  { name: 'stuck', path: '/stuck' },
  { name: 'batches', path: '/batches' },
  { name: 'notifications', path: '/notifications' },
  { name: 'operations', path: '/operations' },
];

const [kind] = sevenKinds;
const group = new URLSearchParams({ reason: kind?.reason ?? '', detail: groupDetail(kind?.detail(1, 1) ?? '') });

/** What the worlds with failures have besides. */
const failed: readonly Screen[] = [
  { name: 'failure-group', path: `/failures/group?${group}` },
  { name: 'failure', path: `/failures/record/event-${firstFailedEventId}` },
];

const past: readonly Screen[] = [
  { name: 'parcel', path: `/parcel/${storiedParcelId}` },
  { name: 'notification', path: `/notifications/delivery-${storiedParcelId}` },
  { name: 'operation', path: `/operations/${endedOperationId}` },
  { name: 'redrive', path: `/redrives/${endedOperationId}` },
];

const hostile: readonly Screen[] = [
  { name: 'failure-group', path: '/failures/group?reason=STORE_REJECTED&detail=ValidationException' },
  { name: 'failure', path: `/failures/record/event-${greatestId - 11}` },
  { name: 'parcel', path: `/parcel/${greatestId}` },
  { name: 'notification', path: `/notifications/delivery-${greatestId}` },
  { name: 'operation', path: `/operations/${hostileOperationId}` },
  { name: 'redrive', path: `/redrives/${hostileOperationId}` },
];

const more: Readonly<Record<WorldName, readonly Screen[]>> = {
  empty: [],
  healthy: [...past, { name: 'batch', path: `/batches/${batchIdAgo(70)}` }],
  burning: [...failed, ...past],
  stale: [...failed, ...past],
  hostile: [...hostile, { name: 'batch', path: `/batches/${batchIdAgo(600)}` }],
};

/** Every screen of a world that is opened by its URL alone. */
export function screensOf(world: WorldName): readonly Screen[] {
  return [...lists, ...more[world]];
}
