import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  type Milestone,
  type MilestoneName,
  type Milestones,
  milestoneNames,
} from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { Scan } from '@waybill/shared/domain/scan-event.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import { tables } from '@waybill/shared/resources.ts';
import type { StoredParcel } from './parcel-table.ts';

/** An item in the form of DynamoDB's own API. */
export type Item = Record<string, AttributeValue>;

/**
 * The value that a write of this state puts in place of a placeholder.
 *
 * @param now an ISO date and time
 * @param storedRevision what a write that is conditional on it expects to find; 0 for one that creates an item
 */
export type Value = (state: ParcelState, now: string, storedRevision: number) => AttributeValue;

/** One attribute of a parcel's item. Both writers make their texts and values from this table. */
export type Attribute<Type = string | number> = {
  readonly name: string;
  readonly value: Value;
  /** Undefined where what is stored is of another type. */
  readonly read: (stored: AttributeValue) => Type | undefined;
};

function text(name: string, of: (state: ParcelState, now: string) => string): Attribute<string> {
  return { name, value: (state, now) => ({ S: of(state, now) }), read: ({ S }) => S };
}

function number(name: string, of: (state: ParcelState, storedRevision: number) => number): Attribute<number> {
  const read = ({ N }: AttributeValue) => (N === undefined ? undefined : Number(N));
  return { name, value: (state, _, storedRevision) => ({ N: String(of(state, storedRevision)) }), read };
}

export const parcelKey = number(tables.parcels.key.name, ({ parcelId }) => parcelId);

/** The latest scan, by its fields. A further field that is to be stored is a further row. */
export const scanAttributes = {
  eventId: number('lastEventId', ({ latest }) => latest.eventId),
  type: text('type', ({ latest }) => latest.type),
  statusCode: text('statusCode', ({ latest }) => latest.statusCode),
  runId: text('runId', ({ latest }) => latest.runId),
  createdDateTimeUtc: text('createdDateTimeUtc', ({ latest }) => latest.createdDateTimeUtc),
} as const satisfies { readonly [Field in keyof Scan]: Attribute<Scan[Field]> };

/** What every write sets besides milestones and the revision, the scan first. */
export const alwaysSet: readonly Attribute[] = [
  ...Object.values(scanAttributes),
  text('updatedAtUtc', (_, now) => now),
];

type MilestoneAttributes = { readonly [Field in keyof Milestone]: Attribute<Milestone[Field]> } & {
  readonly milestone: MilestoneName;
};

/** The milestones, each by its fields. Absent until the milestone is known. */
const milestoneAttributes: readonly MilestoneAttributes[] = milestoneNames.map((milestone) => ({
  milestone,
  timeUtc: text(`${milestone}TimeUtc`, (state) => milestoneIn(state, milestone).timeUtc),
  eventId: number(`${milestone}EventId`, (state) => milestoneIn(state, milestone).eventId),
}));

/** Counts the writes of a parcel. */
export const revision = number('revision', (_, stored) => stored + 1);

/** The attributes of the milestones that are there. */
export function attributesOf(milestones: Milestones): readonly MilestoneAttributes[] {
  return milestoneAttributes.filter(({ milestone }) => milestones[milestone]);
}

/** All attributes of these milestones. */
export function fieldsOf(milestones: readonly MilestoneAttributes[]): readonly Attribute[] {
  return milestones.flatMap(({ timeUtc, eventId }) => [timeUtc, eventId]);
}

function milestoneIn(state: ParcelState, name: MilestoneName): Milestone {
  const milestone = state.milestones[name];
  if (!milestone) throw new Error(`a write of parcel ${state.parcelId} names its ${name}, which it does not have`);
  return milestone;
}

/** Reserved words of both DynamoDB's expressions and PartiQL. */
const reserved: ReadonlySet<string> = new Set(['type']);

export function isReserved({ name }: Attribute): boolean {
  return reserved.has(name);
}

const unreadable = 'unreadable';

/** Rejects an item that is not a parcel as the item's fault: no retry would cure it. {@link isStoredUnreadable} distinguishes it from a rejected change. */
export function storedParcel(item: Item, parcelId: number): StoredParcel {
  const optional = <Type>({ name, read }: Attribute<Type>): Type | undefined => {
    const stored = item[name];
    if (stored === undefined) return undefined;
    const value = read(stored);
    if (value === undefined) throw notAParcel(parcelId, `${name} has another type`);
    return value;
  };
  const required = <Type>(attribute: Attribute<Type>): Type => {
    const value = optional(attribute);
    if (value === undefined) throw notAParcel(parcelId, `${attribute.name} is missing`);
    return value;
  };
  const fields = Object.entries(scanAttributes).map(([field, attribute]) => [
    field,
    required<string | number>(attribute),
  ]);
  // Holds: the table has a row of the field's type for each field of a scan.
  const latest = Object.fromEntries(fields) as Scan;
  const milestones: { [Name in MilestoneName]?: Milestone } = {};
  for (const attributes of milestoneAttributes) {
    const eventId = optional(attributes.eventId);
    const timeUtc = optional(attributes.timeUtc);
    if (eventId !== undefined && timeUtc !== undefined) milestones[attributes.milestone] = { eventId, timeUtc };
  }
  return { state: { parcelId, latest, milestones }, revision: required(revision) };
}

function notAParcel(parcelId: number, problem: string): WaybillError {
  return new WaybillError('STORE_REJECTED', `the stored item of parcel ${parcelId} is not a parcel: ${problem}`, {
    details: { parcelId, stored: unreadable },
  });
}

/** Whether the parcel was rejected for what is stored of it, and not for what a write brings. */
export function isStoredUnreadable(error: unknown): boolean {
  return hasCode(error, 'STORE_REJECTED') && error.details['stored'] === unreadable;
}
