import type { ElementFailure } from '@waybill/consumer/handler.ts';
import { eventJson, packOne, type Unpacked } from '@waybill/shared/domain/pack.ts';
import type { Rejection } from '@waybill/shared/domain/scan-event.ts';
import { bodyFailureId, eventFailureId } from '@waybill/shared/failures/failure-id.ts';
import type { FailureReason } from '@waybill/shared/failures/failure-record.ts';
import type { RejectedEvent } from './parcels/parcel-write.ts';

/**
 * The failure of an element that is not a scan event.
 *
 * @param whole the message that carries it; `failureId` is the record on which its only element failed before
 */
export function invalidElement(
  { rejection, eventId, parcelId, json }: Extract<Unpacked, { rejection: Rejection }>,
  whole: { readonly body: string; readonly single: boolean; readonly failureId: string | undefined },
): ElementFailure {
  // What is split off has this body, so that it fails on the same record again.
  const splitBody = whole.single || json === undefined ? undefined : packOne(json);
  const ownId = eventId === undefined ? bodyFailureId(splitBody ?? whole.body) : eventFailureId(eventId);
  return {
    failureId: (whole.single ? whole.failureId : undefined) ?? ownId,
    reason: 'INVALID_EVENT' satisfies FailureReason,
    detail: `${rejection.code}: expected ${rejection.expected}${rejection.path && ` in ${rejection.path}`}`,
    body: json ?? whole.body,
    parcelId,
    splitBody,
    mayHeal: false,
  };
}

/** The failure of an event that the store rejects. */
export function rejectedEvent({ event, detail }: RejectedEvent): ElementFailure {
  const json = eventJson(event);
  return {
    failureId: eventFailureId(event.eventId),
    reason: 'STORE_REJECTED' satisfies FailureReason,
    detail,
    body: json,
    parcelId: event.parcelId,
    splitBody: packOne(json),
    mayHeal: false,
  };
}
