import { paginateScan } from '@aws-sdk/client-dynamodb';
import { batchGetKeys } from '@waybill/shared/batch-get.ts';
import type { Announcement } from '@waybill/shared/domain/announcement.ts';
import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';
import { comparableTime } from '@waybill/shared/domain/scan-time.ts';
import type { Item } from '@waybill/shared/parcels/parcel-item.ts';
import { parcelIdIn, parcelOrProblem, readParcelItems } from '@waybill/shared/parcels/read-parcels.ts';
import type { ParcelsReading } from '../parcels/read-parcels.ts';

/** Which parcels are announced: these, or those delivered within a time, both ends included (ISO dates and times in UTC). */
export type AnnounceFilter =
  | { readonly parcelIds: readonly number[]; readonly milestone: MilestoneName }
  | { readonly deliveredFrom: string; readonly deliveredTo: string };

/** Some of the announcements, and the parcels that were to be announced and cannot be, with the reason. */
export type AnnouncementPage = {
  readonly announcements: readonly Announcement[];
  readonly left: readonly { readonly parcelId: number; readonly why: string }[];
};

/** The announcements that a filter selects, some at a time, as the parcels are now. */
export async function* announcementsOf(
  reading: ParcelsReading,
  filter: AnnounceFilter,
  signal: AbortSignal,
): AsyncGenerator<AnnouncementPage> {
  if ('parcelIds' in filter) yield* ofParcels(reading, filter.parcelIds, filter.milestone, signal);
  else yield* ofDeliveries(reading, filter, signal);
}

async function* ofParcels(
  reading: ParcelsReading,
  parcelIds: readonly number[],
  milestone: MilestoneName,
  signal: AbortSignal,
): AsyncGenerator<AnnouncementPage> {
  const each = [...new Set(parcelIds)];
  for (let at = 0; at < each.length; at += batchGetKeys) {
    const ids = each.slice(at, at + batchGetKeys);
    const items = await readParcelItems(reading, reading.deployment.parcelsTable, ids, signal);
    yield pageOf(ids.map((parcelId) => announced(items.get(parcelId), parcelId, milestone)));
  }
}

async function* ofDeliveries(
  { dynamodb, deployment }: ParcelsReading,
  { deliveredFrom, deliveredTo }: { readonly deliveredFrom: string; readonly deliveredTo: string },
  signal: AbortSignal,
): AsyncGenerator<AnnouncementPage> {
  const [from = '', to = ''] = [deliveredFrom, deliveredTo].map(comparableTime);
  const pages = paginateScan(
    { client: dynamodb },
    {
      TableName: deployment.parcelsTable,
      // To the second: the table compares texts, which have the feed's own digits. `~` is after all that a time may end in.
      FilterExpression: 'deliveryTimeUtc BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':from': { S: toSecond(from) }, ':to': { S: `${toSecond(to)}~` } },
    },
    { abortSignal: signal },
  );
  for await (const { Items = [] } of pages) {
    const found = Items.map((item) => announced(item, parcelIdIn(item), 'delivery'));
    yield pageOf(
      found.filter((each) => {
        if ('why' in each) return true;
        const time = comparableTime(each.timeUtc);
        return time !== undefined && time >= from && time <= to;
      }),
    );
  }
}

function toSecond(time: string): string {
  return time.slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
}

type Left = AnnouncementPage['left'][number];

function announced(item: Item | undefined, parcelId: number, milestone: MilestoneName): Announcement | Left {
  if (!item) return { parcelId, why: 'it is not stored' };
  const parcel = parcelOrProblem(item, parcelId);
  if ('problem' in parcel) return { parcelId, why: 'its stored item is not a parcel' };
  const reached = parcel.state.milestones[milestone];
  if (!reached) return { parcelId, why: `its ${milestone} is not known` };
  return { parcelId, milestone, eventId: reached.eventId, timeUtc: reached.timeUtc };
}

function pageOf(each: readonly (Announcement | Left)[]): AnnouncementPage {
  return {
    announcements: each.filter((one): one is Announcement => !('why' in one)),
    left: each.filter((one) => 'why' in one),
  };
}
