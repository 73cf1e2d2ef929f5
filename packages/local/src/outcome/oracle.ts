import { type MilestoneName, milestoneNames, milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import { expectedHistory, firstDifference } from './expected-history.ts';

/*
 * What Waybill should have stored, worked out once more from the feed itself. On purpose it shares no code with the
 * pipeline but the table of milestones, and folds nothing: a mistake in `merge` or `parse` must not be able to hide here.
 */

type Scan = {
  readonly eventId: number;
  readonly parcelId: number;
  readonly type: string;
  readonly createdDateTimeUtc: string;
  readonly statusCode: string;
  readonly runId: string;
};

/** A parcel's item in the parcels table, without bookkeeping. */
export type ExpectedParcel = {
  readonly parcelId: number;
  readonly lastEventId: number;
  readonly type: string;
  readonly statusCode: string;
  readonly runId: string;
  readonly createdDateTimeUtc: string;
  /** Absent after the delivery. */
  readonly openShard?: number;
  /** Entries of all scans, the newest first. */
  readonly history: readonly string[];
} & Readonly<ExpectedMilestones>;

/** The processor's settings that decide what an item has beside the scans. */
export type KeptSettings = {
  /** Most entries of a history; 0: items have none. */
  readonly historyEvents: number;
  /** Days after its delivery that a parcel is kept; 0: for ever. */
  readonly retentionDays: number;
};

/** What a processor has whose variables are not set (docs/configuration.md). */
export const defaultKept: KeptSettings = { historyEvents: 32, retentionDays: 0 };

/** Partitions of the index of open parcels (docs/data-model.md). */
const openShards = 16;

type ExpectedMilestones = { [Attribute in `${MilestoneName}TimeUtc`]?: string } & {
  [Attribute in `${MilestoneName}EventId`]?: number;
};

/** An item as it was read, by attribute. */
export type StoredParcel = Readonly<Record<string, unknown>>;

/** One attribute of one parcel that is not what it should be; `attribute` is absent when the whole item is. */
export type Difference = {
  readonly parcelId: unknown;
  readonly attribute?: string;
  readonly expected?: unknown;
  readonly stored?: unknown;
};

/** What every parcel should look like after all these feed elements, whatever their order and repetition. */
export function expectedParcels(elements: Iterable<unknown>): Map<number, ExpectedParcel> {
  const scansOf = new Map<number, Scan[]>();
  for (const element of elements) {
    const scan = scanOf(element);
    if (!scan) continue;
    const scans = scansOf.get(scan.parcelId);
    if (scans) scans.push(scan);
    else scansOf.set(scan.parcelId, [scan]);
  }
  const parcels = new Map<number, ExpectedParcel>();
  for (const [parcelId, scans] of scansOf) {
    const expected = expectedParcel(scans);
    if (expected) parcels.set(parcelId, expected);
  }
  return parcels;
}

/** All differences between what should be stored and what is. None means that the pipeline kept its promise. */
export function compare(
  expected: ReadonlyMap<number, ExpectedParcel>,
  stored: Iterable<StoredParcel>,
  kept: KeptSettings = defaultKept,
): Difference[] {
  const differences: Difference[] = [];
  const found = new Set<unknown>();
  for (const item of stored) {
    const parcelId = item['parcelId'];
    found.add(parcelId);
    const should = typeof parcelId === 'number' ? expected.get(parcelId) : undefined;
    if (should) differences.push(...differencesOf(should, item, kept));
    else differences.push({ parcelId, stored: item });
  }
  for (const [parcelId, should] of expected) {
    if (!found.has(parcelId)) differences.push({ parcelId, expected: should });
  }
  return differences;
}

/** One line for a person. */
export function describe({ parcelId, attribute, expected, stored }: Difference): string {
  const show = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
  return `parcel ${parcelId}${attribute ? `, ${attribute}` : ''}: stored ${show(stored)}, expected ${show(expected)}`;
}

function differencesOf(expected: ExpectedParcel, stored: StoredParcel, kept: KeptSettings): Difference[] {
  const { parcelId, history: scans, ...attributes } = expected;
  const { revision, updatedAtUtc, openedAtMs, history, ...rest } = stored;
  const should: StoredParcel = { parcelId, ...attributes, ...expectedEnd(expected, kept) };
  const differences: Difference[] = [];
  for (const attribute of new Set([...Object.keys(should), ...Object.keys(rest)])) {
    if (should[attribute] === rest[attribute]) continue;
    differences.push({ parcelId, attribute, expected: should[attribute], stored: rest[attribute] });
  }
  const entries = kept.historyEvents === 0 ? undefined : scans.slice(0, kept.historyEvents);
  if (!isSet(history, entries))
    differences.push({ parcelId, attribute: 'history', expected: entries, stored: history });
  const isOpen = expected.openShard !== undefined;
  if (isOpen ? !(Number(openedAtMs) > 0) : openedAtMs !== undefined)
    differences.push({
      parcelId,
      attribute: 'openedAtMs',
      expected: isOpen ? 'a time' : undefined,
      stored: openedAtMs,
    });
  if (typeof revision !== 'number' || revision < 1) {
    differences.push({ parcelId, attribute: 'revision', expected: 'a count from 1', stored: revision });
  }
  if (typeof updatedAtUtc !== 'string' || !isUtc(updatedAtUtc)) {
    differences.push({ parcelId, attribute: 'updatedAtUtc', expected: 'a time', stored: updatedAtUtc });
  }
  return differences;
}

/** When DynamoDB may delete the parcel, in Unix seconds. */
function expectedEnd({ deliveryTimeUtc }: ExpectedParcel, { retentionDays }: KeptSettings): { expiresAt?: number } {
  if (deliveryTimeUtc === undefined || retentionDays === 0) return {};
  const [toTheSecond = ''] = deliveryTimeUtc.split(/[.Z]/);
  return { expiresAt: Date.parse(`${toTheSecond}Z`) / 1_000 + retentionDays * 86_400 };
}

/** Whether what was read is a set of just these texts, in any order. A set is never empty: without texts there is none. */
function isSet(stored: unknown, texts: readonly string[] | undefined): boolean {
  if (texts === undefined) return stored === undefined;
  if (!isObject(stored) || !Array.isArray(stored['SS'])) return false;
  return JSON.stringify(stored['SS'].toSorted()) === JSON.stringify(texts.toSorted());
}

function expectedParcel(scans: readonly Scan[]): ExpectedParcel | undefined {
  const [first] = scans;
  if (!first) return undefined;
  const highestId = Math.max(...scans.map((scan) => scan.eventId));
  const contenders = scans
    .filter((scan) => scan.eventId === highestId)
    .map(contents)
    .sort(firstDifference);
  const [createdDateTimeUtc = '', type = '', statusCode = '', runId = ''] = contenders.at(-1) ?? [];
  const milestones: ExpectedMilestones = {};
  for (const name of milestoneNames) {
    const earliest = firstOf(milestoneTypes[name], scans);
    if (!earliest) continue;
    milestones[`${name}TimeUtc` as const] = earliest.timeUtc;
    milestones[`${name}EventId` as const] = earliest.eventId;
  }
  return {
    parcelId: first.parcelId,
    lastEventId: highestId,
    type,
    statusCode,
    runId,
    createdDateTimeUtc,
    ...milestones,
    ...(milestones.deliveryEventId === undefined && { openShard: first.parcelId % openShards }),
    history: expectedHistory(scans),
  };
}

function firstOf(type: string, scans: readonly Scan[]): { eventId: number; timeUtc: string } | undefined {
  const ofType = scans.filter((scan) => scan.type === type);
  if (ofType.length === 0) return undefined;
  const eventId = Math.min(...ofType.map((scan) => scan.eventId));
  const times = ofType.filter((scan) => scan.eventId === eventId).map((scan) => scan.createdDateTimeUtc);
  // Array.sort without a comparison orders by code unit.
  return { eventId, timeUtc: times.sort().at(-1) ?? '' };
}

function contents(scan: Scan): string[] {
  return [scan.createdDateTimeUtc, scan.type, scan.statusCode, scan.runId];
}

/** The element as a scan, or nothing when it is not one (design, "What counts as a scan event"). */
export function scanOf(element: unknown): Scan | undefined {
  if (!isObject(element)) return undefined;
  const { EventId, ParcelId, Type, CreatedDateTimeUtc, StatusCode = null, User = null, Device = null } = element;
  if (!isId(EventId) || !isId(ParcelId)) return undefined;
  if (typeof Type !== 'string' || Type === '' || Type.length > 1024 || !Type.isWellFormed()) return undefined;
  if (typeof CreatedDateTimeUtc !== 'string' || !isUtc(CreatedDateTimeUtc)) return undefined;
  if (User !== null && !isObject(User)) return undefined;
  if (Device !== null && !isObject(Device)) return undefined;
  const RunId = User?.['RunId'] ?? null;
  if (!isTextOrNull(StatusCode) || !isTextOrNull(RunId)) return undefined;
  return {
    eventId: EventId,
    parcelId: ParcelId,
    type: Type,
    createdDateTimeUtc: CreatedDateTimeUtc.endsWith('Z') ? CreatedDateTimeUtc : `${CreatedDateTimeUtc}Z`,
    statusCode: StatusCode ?? '',
    runId: RunId ?? '',
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && value.length <= 1024 && value.isWellFormed());
}

/** Date rolls 30 February over into March; what does not come back as it went in does not exist. */
function isUtc(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$/.test(text)) return false;
  const toTheSecond = text.slice(0, 19);
  const date = new Date(`${toTheSecond}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(toTheSecond);
}
