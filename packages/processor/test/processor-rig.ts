import { pack } from '@waybill/shared/domain/pack.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { ParcelTableSettings } from '@waybill/shared/parcels/parcel-item.ts';
import { type RigOptions, serviceRig } from '../../consumer/test/service-rig.ts';
import { createProcessor } from '../src/processor.ts';
import { MemoryParcels } from './memory-parcels.ts';

/** What a parcels table keeps unless a test is about that. */
export const keptOnTrial: ParcelTableSettings = { historyEvents: 32, retentionDays: 0 };

/** A processor over ports in memory. */
export function rig({ writeConcurrency = 64, ...options }: RigOptions & { readonly writeConcurrency?: number } = {}) {
  const { service: processor, ...others } = serviceRig(options, (ports, journal) => {
    const parcels = new MemoryParcels(journal);
    const settings = { ...ports.settings, writeConcurrency };
    return { service: createProcessor({ ...ports, settings, parcels }), parcels };
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
