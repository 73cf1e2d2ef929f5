import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '@waybill/shared/clock.ts';
import { merge, removalOf, sameState } from '@waybill/shared/domain/parcel-state.ts';
import { noScan } from '@waybill/shared/domain/removals.ts';
import { scanTimeMs } from '@waybill/shared/domain/scan-time.ts';
import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { itemBytes, writeUnits } from '@waybill/shared/item-size.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { expiresAt, type Item } from '@waybill/shared/parcels/parcel-item.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import { type ParcelView, parcelView, type ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import { parcelIn } from '@waybill/shared/parcels/read-parcels.ts';
import type { Deployment } from '../deployment.ts';
import type { ActContext, ActResult } from '../record/on-record.ts';
import { costOf, type Plan } from '../record/plan.ts';
import { readParcelItem } from './read-parcels.ts';
import { repairParcel } from './repair-parcel.ts';

export type RepairDependencies = {
  readonly dynamodb: DynamoDBClient;
  readonly deployment: Pick<Deployment, 'parcelsTable'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** What `STAGES` says. */
  readonly mapping: StageMapping;
};

export type RepairFilter = { readonly parcelId: number; readonly eventIds: readonly number[] };

export type PlannedRepair = {
  readonly plan: Plan;
  readonly filter: RepairFilter;
  readonly before: ParcelView;
  /** Equal to `before` where these events were removed before. */
  readonly after: ParcelView;
};

/**
 * Shows what a repair will do. Rejects with `NOT_FOUND` where there is no such parcel, and with `OPERATION_REFUSED` where no scan
 * would be left.
 */
export async function planRepair(
  deps: RepairDependencies,
  filter: RepairFilter,
  signal: AbortSignal,
): Promise<PlannedRepair> {
  const { parcelId, eventIds } = filter;
  const item = await readParcelItem(deps, parcelId, signal);
  if (!item) throw notStored(parcelId);
  const stored = parcelIn(item, parcelId);
  const repaired = merge(stored.state, removalOf(parcelId, eventIds));
  if (repaired.latest.eventId === noScan.eventId) throw nothingLeft(parcelId);
  const isChanged = !sameState(stored.state, repaired);
  const before = parcelView(stored, deps.mapping);
  const after = isChanged
    ? { ...parcelView({ ...stored, state: repaired }, deps.mapping), revision: stored.revision + 1 }
    : before;
  return { filter, plan: planOf({ item, stored, before, after, filter, isChanged }), before, after };
}

type Foreseen = Omit<PlannedRepair, 'plan'> & {
  readonly item: Item;
  readonly stored: ReadParcel;
  readonly isChanged: boolean;
};

function planOf({ item, stored: { state }, before, after, filter, isChanged }: Foreseen): Plan {
  const { parcelId, eventIds } = filter;
  const inState = new Set([
    state.latest.eventId,
    ...Object.values(state.milestones).flatMap((milestone) => (milestone ? [milestone.eventId] : [])),
    ...state.history.map(({ eventId }) => eventId),
  ]);
  const notSeen = eventIds.filter((id) => !inState.has(id) && !state.removed.includes(id));
  const readUnits = Math.ceil(sizeOf(item) / readUnitBytes);
  return {
    count: isChanged ? 1 : 0,
    isMoreThan: false,
    byReason: {},
    oldestUtc: null,
    newestUtc: null,
    samples: isChanged ? [sampleOf('before', before), sampleOf('after', after)] : [sampleOf('now', before)],
    // It reads the item twice. The index of open parcels takes a unit where the repair changes whether it is delivered.
    cost: costOf(isChanged ? { readUnits: 2 * readUnits, writeUnits: writeUnits(sizeOf(item), 0) + 1 } : {}),
    notLookedAt: [],
    warnings: [
      ...notSeen.map(
        (id) => `nothing that is stored of parcel ${parcelId} comes from event ${id}: it is kept out, should it come`,
      ),
      ...(isChanged ? [] : [`these events were removed from parcel ${parcelId} before: there is nothing to do`]),
    ],
  };
}

/** A parcel in a plan, which goes on record: without the run, which names a person's round. */
function sampleOf(when: string, { stage, latest, pickup, delivery }: ParcelView): Plan['samples'][number] {
  return {
    when,
    stage,
    latest: latest.eventId,
    type: latest.type,
    statusCode: latest.statusCode,
    pickup: pickup?.eventId ?? null,
    delivery: delivery?.eventId ?? null,
  };
}

/** Bytes that one unit of a consistent read covers (DynamoDB's documentation, "Read and write operations"). */
const readUnitBytes = 4_096;

/** Of an item with an attribute of a later release no exact size is known: the largest that a history makes it. */
function sizeOf(item: Item): number {
  try {
    return itemBytes(item);
  } catch {
    return 3 * readUnitBytes;
  }
}

/** Repairs the parcel as it is now: scans that came since the plan are kept. */
export async function runRepair(
  deps: RepairDependencies,
  { filter: { parcelId, eventIds } }: Pick<PlannedRepair, 'filter'>,
  { signal }: Pick<ActContext, 'signal'>,
): Promise<ActResult> {
  const repair = await repairParcel(tableAsStored(deps, signal), parcelId, eventIds);
  const none = { repaired: 0 };
  switch (repair.outcome) {
    case 'repaired':
      return { outcome: 'done', counts: { repaired: 1 }, problems: [] };
    case 'unchanged':
      return { outcome: 'done', counts: { ...none, unchanged: 1 }, problems: [] };
    case 'not stored':
      return { outcome: 'refused', counts: none, problems: [`parcel ${parcelId} is not stored any more`] };
    case 'nothing left':
      return { outcome: 'refused', counts: none, problems: [nothingLeft(parcelId).message] };
    case 'contended':
      return {
        outcome: 'failed',
        counts: none,
        problems: [`other writers of parcel ${parcelId} were faster each time, nothing was written: try again`],
      };
  }
}

/**
 * The table as a repair needs it. What an operator's process is told of retention may be another thing than what the
 * processors are told, and an item says itself for how long it is kept: so each write is of the item just read, and keeps that.
 */
function tableAsStored(deps: RepairDependencies, signal: AbortSignal): Pick<ParcelTable, 'replace'> {
  const { dynamodb, deployment, clock } = deps;
  return {
    replace: async (state, expected) => {
      const item = await readParcelItem(deps, state.parcelId, signal);
      if (!item) return { done: false, stored: undefined };
      const stored = parcelIn(item, state.parcelId);
      if (stored.revision !== expected.revision) return { done: false, stored };
      const table = dynamoDbParcelTable({
        dynamodb,
        tableName: deployment.parcelsTable,
        clock,
        // Not used by a replacement, which is not bounded.
        historyEvents: 0,
        retentionDays: retentionDaysOf(stored, item),
      });
      return await table.replace(state, stored);
    },
  };
}

/**
 * Days for which a stored parcel is kept after its delivery; 0: for ever, or not delivered. One that is not delivered has no
 * delivery after a repair either: a repair only takes away.
 */
function retentionDaysOf({ state }: Pick<ReadParcel, 'state'>, item: Item): number {
  const { delivery } = state.milestones;
  const end = item[expiresAt.name]?.N;
  const deliveredMs = delivery && scanTimeMs(delivery.timeUtc);
  if (end === undefined || deliveredMs === undefined) return 0;
  const days = (Number(end) - Math.floor(deliveredMs / 1_000)) / secondsPerDay;
  return Math.max(1, Math.ceil(days));
}

const secondsPerDay = 86_400;

function notStored(parcelId: number): WaybillError {
  return new WaybillError('NOT_FOUND', `parcel ${parcelId} is not stored, so there is nothing to repair`, {
    details: { parcelId, next: `waybill parcel ${parcelId}` },
  });
}

function nothingLeft(parcelId: number): WaybillError {
  const why = 'no other scan of it is known, so nothing would be left';
  return new WaybillError('OPERATION_REFUSED', `parcel ${parcelId} cannot be repaired: ${why}`, {
    details: { parcelId, next: `waybill parcel ${parcelId}` },
  });
}
