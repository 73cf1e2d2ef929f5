import type { Reading } from '@waybill/consumer/handler.ts';
import { unreadableMessage } from '@waybill/consumer/unreadable-message.ts';
import {
  type Announcement,
  type UnpackedAnnouncement,
  unpackAnnouncements,
} from '@waybill/shared/domain/announcement.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';
import type { Look } from '../delivery/delivery.ts';
import { notificationFailureId } from '../notifications/notification-id.ts';
import { invalidElement } from './announcement-failures.ts';

/** What a message of announcements asks for: that these parcels are looked at. */
export type AnnouncedWork = {
  /** Each parcel once. */
  readonly looks: readonly Look[];
  readonly announcements: readonly Announcement[];
  /** When the message was sent, milliseconds since 1970. */
  readonly sentAtMs: number;
  /** The record of a notification that failed alone: what fails besides it has a message of its own. */
  readonly failureId: string | undefined;
  /** One announcement that was received before. */
  readonly isRepeated: boolean;
  /** How many milestones had each outcome; filled as they have it. */
  readonly outcomes: Map<string, number>;
};

/** Reads a message of announcements. Never throws. */
export function readAnnouncements(
  message: ReceivedMessage,
  failureId: string | undefined,
  span?: TraceSpan,
): Reading<AnnouncedWork> {
  const unpacked = unpackAnnouncements(message.body);
  if (unpacked.kind === 'unreadable') {
    const failures = [unreadableMessage(unpacked, message.body, failureId)];
    return { work: workOf([], message, undefined), failures, single: true, element: undefined, resolves: undefined };
  }
  const { elements } = unpacked;
  const single = elements.length <= 1;
  const whole = { body: message.body, single, failureId };
  const failures = elements.flatMap((each) => (each.kind === 'invalid' ? [invalidElement(each, whole)] : []));
  const work = workOf(elements, message, single ? failureId : undefined, span);
  const [announcement] = work.announcements;
  const element =
    single && announcement
      ? { failureId: notificationFailureId(announcement), parcelId: announcement.parcelId }
      : undefined;
  return { work, failures, single, element, resolves: undefined };
}

function workOf(
  elements: readonly UnpackedAnnouncement[],
  { sentAtMs, receiveCount }: ReceivedMessage,
  failureId: string | undefined,
  span?: TraceSpan,
): AnnouncedWork {
  const announcements = elements.flatMap((each) => (each.kind === 'announcement' ? [each.announcement] : []));
  const parcelIds = elements.flatMap((each) => {
    if (each.kind === 'invalid') return [];
    return each.kind === 'announcement' ? each.announcement.parcelId : each.parcelId;
  });
  const announced = Map.groupBy(announcements, ({ parcelId }) => parcelId);
  const looks = [...new Set(parcelIds)].map((parcelId) => ({
    parcelId,
    announced: (announced.get(parcelId) ?? []).map(({ milestone }) => milestone),
    span,
  }));
  const isRepeated = elements.length === 1 && receiveCount > 1;
  return { looks, announcements, sentAtMs, failureId, isRepeated, outcomes: new Map() };
}
