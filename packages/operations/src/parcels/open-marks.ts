import { type History, scanOfEntry } from '@waybill/shared/domain/history.ts';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { scanTimeMs } from '@waybill/shared/domain/scan-time.ts';
import { deliveryEventId, type Item, openMarks, parcelKey } from '@waybill/shared/parcels/parcel-item.ts';
import type { ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import { parcelOrProblem } from '@waybill/shared/parcels/read-parcels.ts';
import { openShards } from '@waybill/shared/resources.ts';

const marks = openMarks.map(({ name }) => name);
const [openShardName = '', openedAtMsName = ''] = marks;
const delivery = deliveryEventId.name;

/** Selects the items with wrong marks: open parcels that lack what the index needs, and delivered ones that still have it; others need not be sent. In DynamoDB's language for filters. */
export const wrongMarksFilter = [
  ...marks.map((name) => `attribute_not_exists(${delivery}) AND attribute_not_exists(${name})`),
  ...marks.map((name) => `attribute_exists(${delivery}) AND attribute_exists(${name})`),
].join(' OR ');

/** What a reindexing does to an item. */
export type Marking =
  | { readonly kind: 'mark' | 'unmark'; readonly update: MarkUpdate }
  | { readonly kind: 'not a parcel'; readonly problem: string };

/** The expressions of an `UpdateItem`. */
export type MarkUpdate = {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues?: Item;
};

/**
 * What sets an item's marks right. Conditional, so that a delivery that is written meanwhile wins, a parcel that was deleted
 * stays so, and what another writer has marked keeps the time that it has.
 */
export function markingOf(item: Item, parcelId: number, nowMs: number): Marking {
  const parcel = parcelOrProblem(item, parcelId);
  if ('problem' in parcel) return { kind: 'not a parcel', problem: parcel.problem };
  if (item[delivery] !== undefined) {
    return {
      kind: 'unmark',
      update: {
        UpdateExpression: `REMOVE ${marks.join(', ')}`,
        ConditionExpression: `attribute_exists(${delivery})`,
      },
    };
  }
  return {
    kind: 'mark',
    update: {
      UpdateExpression: `SET ${openShardName} = :shard, ${openedAtMsName} = if_not_exists(${openedAtMsName}, :opened)`,
      // An update of an item that is not there any more would make one.
      ConditionExpression: `attribute_exists(${parcelKey.name}) AND attribute_not_exists(${delivery})`,
      ExpressionAttributeValues: {
        ':shard': { N: String(parcelId % openShards) },
        ':opened': { N: String(firstSeenMs(parcel, nowMs)) },
      },
    },
  };
}

/**
 * When a parcel was seen first, as well as its item can tell: the earliest time of the scans that are known, and no later than
 * the last write of the item, which came after it was seen first (decision 115).
 */
export function firstSeenMs(
  { state, updatedAtUtc }: Pick<ReadParcel, 'state' | 'updatedAtUtc'>,
  nowMs: number,
): number {
  const writtenMs = Date.parse(updatedAtUtc);
  const scanned = [
    state.latest.createdDateTimeUtc,
    ...milestoneNames.flatMap((name) => state.milestones[name]?.timeUtc ?? []),
    ...timesIn(state.history),
  ].flatMap((text) => scanTimeMs(text) ?? []);
  const latest = Number.isNaN(writtenMs) ? nowMs : Math.min(writtenMs, nowMs);
  return Math.max(0, Math.min(latest, ...scanned));
}

function timesIn(history: History): string[] {
  return history.map((entry) => scanOfEntry(entry).createdDateTimeUtc);
}
