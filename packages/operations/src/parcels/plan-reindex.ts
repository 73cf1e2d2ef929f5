import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { counted } from '@waybill/shared/counted.ts';
import { openParcelsIndex } from '@waybill/shared/resources.ts';
import { costOf, mostSamples, type Plan } from '../record/plan.ts';
import { describeTable, whyIndexIsOff } from './index-state.ts';
import { type ReindexDependencies, scanWrongMarks, type WrongParcel } from './scan-wrong-marks.ts';

export type ReindexFilter = {
  /** Of table and index together. At 50, some 90,000 parcels an hour, 1/20 of what one partition takes. */
  readonly writeUnitsPerSecond: number;
  /** The parcel after which an earlier run says to go on. */
  readonly resumeAfter?: number | undefined;
};

export type PlannedReindex = { readonly plan: Plan; readonly filter: ReindexFilter };

/** Scans of a plan, of 500 items each. Items lie in the order of a hash of their ids, so those are a sample of the table. */
const planScans = 20;

/**
 * Looks at the first 10,000 items and says what a run will do: to these, or, where the table has more, to as many as its share
 * of DynamoDB's own count makes. Writes nothing.
 */
export async function planReindex(
  deps: ReindexDependencies,
  filter: ReindexFilter,
  signal: AbortSignal,
  mostScans = planScans,
): Promise<PlannedReindex> {
  const { parcelsTable } = deps.deployment;
  const table = await describeTable(deps.dynamodb, parcelsTable, signal);
  const isOff = whyIndexIsOff(table, openParcelsIndex);
  const found: WrongParcel[] = [];
  let lookedAt = 0;
  let { resumeAfter } = filter;
  for (let scans = 0; scans < mostScans; scans += 1) {
    const page = await scanWrongMarks(deps, resumeAfter, signal);
    lookedAt += page.lookedAt;
    found.push(...page.wrong);
    resumeAfter = page.resumeAfter;
    if (resumeAfter === undefined) break;
  }
  const isWhole = resumeAfter === undefined;
  const byReason = { mark: 0, unmark: 0, 'not a parcel': 0 };
  for (const { marking } of found) byReason[marking.kind] += 1;
  const count = byReason.mark + byReason.unmark;
  const { items, readUnits } = sizeOfTable(table, isWhole, lookedAt);
  const ratio = items / Math.max(1, lookedAt);
  const writeUnits = Math.round(found.reduce((sum, { units }) => sum + units, 0) * ratio);
  const seconds = Math.ceil(writeUnits / filter.writeUnitsPerSecond);
  return {
    filter,
    plan: {
      count,
      isMoreThan: !isWhole,
      byReason,
      oldestUtc: null,
      newestUtc: null,
      samples: found.slice(0, mostSamples).map(({ parcelId, marking }) => ({ parcelId, what: marking.kind })),
      cost: costOf({ readUnits, writeUnits }),
      notLookedAt: isWhole ? [] : [estimated(lookedAt, items, Math.round(count * ratio))],
      warnings: [
        ...(isOff === undefined
          ? []
          : [`the table ${parcelsTable} ${isOff}: what is set now is of use once it has one`]),
        ...(seconds > 60
          ? [`at ${filter.writeUnitsPerSecond} write units per second this takes ${seconds} s or more`]
          : []),
      ],
    },
  };
}

/** Bytes that a read unit of a Scan covers: it is eventually consistent (DynamoDB's documentation). */
const scannedBytesPerUnit = 8_192;

/** Of a parcel with a scan or two, for a table whose size DynamoDB has not measured yet. */
const smallItemBytes = 400;

/** DynamoDB counts items every six hours or so: what was seen is a lower bound. */
function sizeOfTable({ ItemCount = 0, TableSizeBytes = 0 }: TableDescription, isWhole: boolean, lookedAt: number) {
  const items = isWhole ? lookedAt : Math.max(ItemCount, lookedAt);
  const itemBytes = ItemCount > 0 ? Math.max(TableSizeBytes / ItemCount, 1) : smallItemBytes;
  return { items, readUnits: Math.ceil((items * itemBytes) / scannedBytesPerUnit) };
}

function estimated(lookedAt: number, items: number, estimate: number): string {
  return `${lookedAt} of some ${counted(items, 'item')} were looked at (DynamoDB's count, up to six hours old): some ${estimate} of all are to be changed, and the cost is an estimate from these`;
}
