import { announcing, notifierVariables, receiverVariables } from '@waybill/local/pipeline/service-process.ts';
import { startReceiver } from '@waybill/local/receiver/receiver.ts';
import { unpackAnnouncements } from '@waybill/shared/domain/announcement.ts';
import { consuming, type Deployment, until } from './deployment.ts';
import { textIn } from './item.ts';
import type { Queued, Told } from './release.ts';

const secret = `whsec_${Buffer.alloc(32, 'told').toString('base64')}`;

/** The parcel whose notification the receiver refuses. It was picked up, as what is told must have been. */
export const refusedParcel = 5;

/** What this release's processor announces of these messages. */
export async function announce(deployment: Deployment, messages: readonly Queued[]): Promise<readonly Queued[]> {
  await deployment.send(messages);
  await deployment.processing(() => deployment.settled(), announcing(deployment.resources, 0));
  return await deployment.take(deployment.resources.announcementQueueUrl);
}

/**
 * Has this release's notifier tell a receiver of these announcements. Of the parcels in {@link feedElements} it tells some, is
 * refused one where `refused` names it, and leaves those that were never picked up.
 */
export async function tell(
  deployment: Deployment,
  announcements: readonly Queued[],
  { refused }: { readonly refused?: number } = {},
): Promise<Pick<Told, 'notifications' | 'ids'>> {
  const { resources } = deployment;
  const receiver = await startReceiver({ secrets: [secret] });
  if (refused !== undefined) receiver.refuse(refused, 422);
  try {
    await deployment.send(announcements, resources.announcementQueueUrl);
    const variables = {
      ...notifierVariables(resources),
      ...receiverVariables(receiver.url, secret),
      ...consuming,
      WEBHOOK_TIMEOUT_MS: '5000',
      NOTIFY_REQUIREMENTS: 'reached picked-up',
    };
    const due = deliveriesIn(announcements);
    let notifications: Told['notifications'] = [];
    await deployment.running('notifier', variables, () =>
      // Not until the queue is empty: what is refused comes again after half a minute.
      until('each is told, refused or left', async () => {
        notifications = await deployment.scan(resources.notificationsTable, 'notificationId');
        if (notifications.length < due) return false;
        // What is refused alone comes again at once, and may have been refused more than once by now.
        const isFailed = notifications.some((item) => textIn(item, 'state') === 'failed');
        return isFailed === (refused !== undefined);
      }),
    );
    return { notifications, ids: [...receiver.told().keys()].toSorted() };
  } finally {
    await receiver.stop();
  }
}

/** Parcels whose delivery is announced: nothing else is told. */
function deliveriesIn(announcements: readonly Queued[]): number {
  const elements = announcements.flatMap(({ body }) => unpackedDeliveries(body));
  return new Set(elements).size;
}

function unpackedDeliveries(body: string): number[] {
  const unpacked = unpackAnnouncements(body);
  if (unpacked.kind === 'unreadable') return [];
  return unpacked.elements.flatMap((each) =>
    each.kind === 'announcement' && each.announcement.milestone === 'delivery' ? [each.announcement.parcelId] : [],
  );
}
