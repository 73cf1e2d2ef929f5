import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { noHistory, readHistory } from '../domain/history.ts';
import {
  type Milestone,
  type MilestoneName,
  type Milestones,
  milestoneBits,
  milestoneNames,
} from '../domain/milestones.ts';
import type { ParcelState } from '../domain/parcel-state.ts';
import { mergeRemoved, noneRemoved, noScan } from '../domain/removals.ts';
import type { Scan } from '../domain/scan-event.ts';
import { hasCode, WaybillError } from '../error.ts';
import { openShards, tables } from '../resources.ts';
import type { Bookkeeping, StoredParcel } from './parcel-table.ts';

/** What a deployment decides about stored parcels. */
export type ParcelTableSettings = {
  /** Most entries of a parcel's history; 0: it has none. */
  readonly historyEvents: number;
  /** Days after its delivery for which a parcel is kept; 0: for ever. */
  readonly retentionDays: number;
};

/** What a write knows beside the state. */
export type WriteFacts = ParcelTableSettings & {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The same as an ISO date and time. */
  readonly nowUtc: string;
  /** What a write that is conditional on the revision expects to find; {@link nothingStored} for any other. */
  readonly stored: Bookkeeping;
};

/** Of a parcel that is not stored. */
export const nothingStored: Bookkeeping = { revision: 0 };

/** An item in the form of DynamoDB's own API. */
export type Item = Record<string, AttributeValue>;

/** The value that a write of this state puts in place of a placeholder. */
export type Value = (state: ParcelState, facts: WriteFacts) => AttributeValue;

/** An attribute as it is written. Both writers make their texts and values from this table. */
export type WrittenAttribute = { readonly name: string; readonly value: Value };

/** One attribute of a parcel's item. */
export type Attribute<Type = string | number> = WrittenAttribute & {
  /** Undefined where what is stored is of another type. */
  readonly read: (stored: AttributeValue) => Type | undefined;
};

function text(name: string, of: (state: ParcelState, facts: WriteFacts) => string): Attribute<string> {
  return { name, value: (state, facts) => ({ S: of(state, facts) }), read: ({ S }) => S };
}

function number(name: string, of: (state: ParcelState, facts: WriteFacts) => number): Attribute<number> {
  const read = ({ N }: AttributeValue) => (N === undefined ? undefined : Number(N));
  return { name, value: (state, facts) => ({ N: String(of(state, facts)) }), read };
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

export const updatedAtUtc = text('updatedAtUtc', (_, { nowUtc }) => nowUtc);

/** What every write of a scan sets besides milestones and the revision, the scan first. */
export const alwaysSet: readonly WrittenAttribute[] = [...Object.values(scanAttributes), updatedAtUtc];

type MilestoneAttributes = { readonly [Field in keyof Milestone]: Attribute<Milestone[Field]> } & {
  readonly milestone: MilestoneName;
};

function attributesNamed(milestone: MilestoneName): MilestoneAttributes {
  return {
    milestone,
    timeUtc: text(`${milestone}TimeUtc`, (state) => milestoneIn(state, milestone).timeUtc),
    eventId: number(`${milestone}EventId`, (state) => milestoneIn(state, milestone).eventId),
  };
}

/** The milestones, each by its fields. Absent until the milestone is known. */
const milestoneAttributes: readonly MilestoneAttributes[] = milestoneNames.map(attributesNamed);
export const { eventId: deliveryEventId } = attributesNamed('delivery');

/** Counts the writes of a parcel. */
export const revision = number('revision', (_, { stored }) => stored.revision + 1);

/** The scans that were seen, or the newest of them. Absent while {@link ParcelTableSettings.historyEvents} is 0. */
export const history: Attribute<ParcelState['history']> = {
  name: 'history',
  value: (state) => ({ SS: state.history.map((entry) => entry.text) }),
  read: ({ SS }) => SS && readHistory(SS),
};

/** Events that an operator removed. Absent while there are none. */
export const removed: Attribute<ParcelState['removed']> = {
  name: 'removed',
  value: (state) => ({ NS: state.removed.map(String) }),
  read: ({ NS }) => NS && mergeRemoved(NS.map(Number), noneRemoved),
};

export const openShard = number('openShard', ({ parcelId }) => parcelId % openShards);
const openedAtMs = number('openedAtMs', (_, { nowMs, stored }) => stored.openedAtMs ?? nowMs);

/** What a parcel has while its delivery is not known, for an index of open parcels. */
export const openMarks: readonly WrittenAttribute[] = [openShard, openedAtMs];

/** When the table may delete a delivered parcel, in Unix seconds. Absent while {@link ParcelTableSettings.retentionDays} is 0. */
export const expiresAt = number('expiresAt', (state, { retentionDays }) => {
  // To the second, which every form of the time has: its fraction may be cut off anywhere, with the zone.
  const deliveredAtMs = Date.parse(`${milestoneIn(state, 'delivery').timeUtc.slice(0, 'YYYY-MM-DDThh:mm:ss'.length)}Z`);
  return deliveredAtMs / 1_000 + retentionDays * secondsPerDay;
});

const secondsPerDay = 86_400;

/** The attributes of the milestones that are there. */
export function attributesOf(milestones: Milestones): readonly MilestoneAttributes[] {
  return milestoneAttributes.filter(({ milestone }) => milestones[milestone]);
}

/** All attributes of these milestones. */
export function fieldsOf(milestones: readonly MilestoneAttributes[]): readonly WrittenAttribute[] {
  return milestones.flatMap(({ timeUtc, eventId }) => [timeUtc, eventId]);
}

/** What an item has that is delivered, and on which this release has done what it does then. */
export function deliveredMark({ retentionDays }: ParcelTableSettings): WrittenAttribute {
  return retentionDays > 0 ? expiresAt : deliveryEventId;
}

/** What an addition to the history is made of. */
export function historyAlone(parcelId: number, added: ParcelState['history']): ParcelState {
  return { parcelId, latest: noScan, milestones: {}, history: added, removed: noneRemoved };
}

/** What a write of a whole state does. It is the same for all states of one {@link shapeOf}. */
export type WholeWrite = {
  readonly set: readonly WrittenAttribute[];
  /** What an item may have that the state has not. */
  readonly remove: readonly WrittenAttribute[];
};

export function wholeWrite(state: ParcelState, { retentionDays }: ParcelTableSettings): WholeWrite {
  const isDelivered = state.milestones.delivery !== undefined;
  const isRepaired = state.removed.length > 0;
  // Only a repair takes milestones away.
  const lost = isRepaired ? milestoneAttributes.filter(({ milestone }) => !state.milestones[milestone]) : [];
  const set: WrittenAttribute[] = [...alwaysSet, ...fieldsOf(attributesOf(state.milestones))];
  const remove: WrittenAttribute[] = [...fieldsOf(lost)];
  (state.history.length > 0 ? set : remove).push(history);
  if (isRepaired) set.push(removed);
  (isDelivered ? remove : set).push(...openMarks);
  (isDelivered && retentionDays > 0 ? set : remove).push(expiresAt);
  set.push(revision);
  return { set, remove };
}

/** What decides which attributes a write of this state names, as a number below 16 for two milestones. */
export function shapeOf({ milestones, history: entries, removed: ids }: ParcelState): number {
  return (milestoneBits(milestones) << 2) | (entries.length > 0 ? 2 : 0) | (ids.length > 0 ? 1 : 0);
}

/** How many entries a history may have so that the state's can be added to it. */
export const room: Value = ({ history: added }, { historyEvents }) => ({ N: String(historyEvents - added.length) });

function milestoneIn(state: ParcelState, name: MilestoneName): Milestone {
  const milestone = state.milestones[name];
  if (!milestone) throw new Error(`a write of parcel ${state.parcelId} names its ${name}, which it does not have`);
  return milestone;
}

/** Reserved words of both DynamoDB's expressions and PartiQL. */
const reserved: ReadonlySet<string> = new Set(['type']);

export function isReserved({ name }: WrittenAttribute): boolean {
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
  const state = {
    parcelId,
    latest,
    milestones,
    history: optional(history) ?? noHistory,
    removed: optional(removed) ?? noneRemoved,
  };
  return { state, revision: required(revision), openedAtMs: optional(openedAtMs) };
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
