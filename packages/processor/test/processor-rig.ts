import { pack } from '@waybill/shared/domain/pack.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { ParcelTableSettings } from '@waybill/shared/parcels/parcel-item.ts';
import { type RigOptions, serviceRig } from '../../consumer/test/service-rig.ts';
import { createProcessor } from '../src/processor.ts';
import { MemoryAnnouncements } from './memory-announcements.ts';
import { MemoryParcels } from './memory-parcels.ts';

/** What a parcels table keeps unless a test is about that. */
export const keptOnTrial: ParcelTableSettings = { historyEvents: 32, retentionDays: 0 };

export type ProcessorRigOptions = RigOptions & {
  readonly writeConcurrency?: number;
  /** Queues to which it announces milestones. */
  readonly announcementQueues?: number;
  /** Hours after which a milestone is not announced. */
  readonly announceMaxAgeHours?: number;
};

/** A processor over ports in memory. */
export function rig({
  writeConcurrency = 64,
  announcementQueues = 0,
  announceMaxAgeHours,
  ...options
}: ProcessorRigOptions = {}) {
  const { service: processor, ...others } = serviceRig(options, (ports, journal) => {
    const parcels = new MemoryParcels(journal);
    const settings = { ...ports.settings, writeConcurrency };
    const announcements = Array.from({ length: announcementQueues }, () => new MemoryAnnouncements(journal));
    const queues = announcements.map((sender, index) => ({ name: `announcements-${index + 1}`, sender }));
    const maxAgeMs = announceMaxAgeHours === undefined ? undefined : announceMaxAgeHours * 3_600_000;
    const announcing = queues.length > 0 && { announcements: { queues, maxAgeMs } };
    return { service: createProcessor({ ...ports, settings, parcels, ...announcing }), parcels, announcements };
  });
  return { ...others, processor };
}

/** An event of a parcel of its own, unless told otherwise. */
export function scan(eventId: number, fields: Partial<ScanEvent> = {}): ScanEvent {
  const createdDateTimeUtc = '2021-05-11T21:11:34.1506147Z';
  return {
    eventId,
    parcelId: eventId,
    type: 'STATUS',
    createdDateTimeUtc,
    statusCode: '',
    runId: 'RUN-100',
    ...fields,
  };
}

/** One message with these events. */
export function packed(...events: ScanEvent[]): string {
  return pack(events, 262_144)[0] ?? '';
}

/** One message with these elements, whatever they are. */
export function packOf(...elements: unknown[]): string {
  return `{"version":1,"events":${JSON.stringify(elements)}}`;
}
