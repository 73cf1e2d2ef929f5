import { type Milestone, milestoneNames, milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { Scan, ScanEvent } from '@waybill/shared/domain/scan-event.ts';

/**
 * What must come out, computed the naive way: from all events at once, by sorting them. It shares no code with what is
 * tested, but for the table of milestones.
 */

/** What a message body carries. Elements are named by their JSON. */
export type Carried = {
  readonly events: readonly ScanEvent[];
  /** Elements that are not scan events. */
  readonly bad: readonly string[];
  /** Nobody can read it. */
  readonly unreadable: boolean;
  /** The names of all its elements: {@link keyOf} an event, the JSON of anything else, the body of what nobody can read. */
  readonly keys: ReadonlySet<string>;
};

export function carriedBy(body: string): Carried {
  const { events, bad, unreadable } = read(body);
  return { events, bad, unreadable, keys: new Set([...events.map(keyOf), ...(unreadable ? [body] : bad)]) };
}

function read(body: string): Omit<Carried, 'keys'> {
  let message: { version?: unknown; events?: unknown; unparsed?: unknown };
  try {
    message = JSON.parse(body);
  } catch {
    return { events: [], bad: [], unreadable: true };
  }
  if (message.version === 1 && 'unparsed' in message)
    return { events: [], bad: [JSON.stringify(message.unparsed)], unreadable: false };
  if (message.version !== 1 || !Array.isArray(message.events)) return { events: [], bad: [], unreadable: true };
  return {
    events: message.events.filter(isEvent),
    bad: message.events.filter((element) => !isEvent(element)).map((element) => JSON.stringify(element)),
    unreadable: false,
  };
}

/** Good enough for what the simulator itself puts into the world. */
function isEvent(element: unknown): element is ScanEvent {
  if (typeof element !== 'object' || element === null) return false;
  const { eventId, parcelId, type, createdDateTimeUtc } = element as Partial<ScanEvent>;
  return Number(eventId) > 0 && Number(parcelId) > 0 && type !== '' && /^2021-.*Z$/.test(String(createdDateTimeUtc));
}

/**
 * The parcel that a failed body is about: that of the one element that it is or carries, in either spelling. Undefined
 * where that has no usable id, and where there are several.
 */
export function parcelOf(body: string): number | undefined {
  try {
    const read = JSON.parse(body);
    const elements: readonly unknown[] = Array.isArray(read?.events) ? read.events : [read?.unparsed ?? read];
    const [element, ...others]: readonly { ParcelId?: unknown; parcelId?: unknown }[] = elements.map(Object);
    const parcelId = element?.ParcelId ?? element?.parcelId;
    return others.length === 0 && Number.isSafeInteger(parcelId) && Number(parcelId) > 0 ? Number(parcelId) : undefined;
  } catch {
    return undefined;
  }
}

/** The event's name for the simulator: its whole content. */
export function keyOf(event: ScanEvent): string {
  const { eventId, parcelId, type, createdDateTimeUtc, statusCode, runId } = event;
  return JSON.stringify([eventId, parcelId, type, createdDateTimeUtc, statusCode, runId]);
}

/** The state of the parcel that all these events are about. */
export function stateAfter(events: readonly ScanEvent[]): ParcelState | undefined {
  const latest = events.toSorted(byTruth).at(-1);
  if (!latest) return undefined;
  const milestones = milestoneNames.flatMap((name) => {
    const first = firstOf(milestoneTypes[name], events);
    return first ? [[name, first] as const] : [];
  });
  return { parcelId: latest.parcelId, latest: scanOf(latest), milestones: Object.fromEntries(milestones) };
}

/** Whether the state has seen everything that the other has. */
export function hasSeen(state: ParcelState | undefined, other: ParcelState | undefined): boolean {
  if (!other) return true;
  if (!state) return false;
  return (
    byTruth({ parcelId: 0, ...state.latest }, { parcelId: 0, ...other.latest }) >= 0 &&
    milestoneNames.every((name) => firstIsAtLeastAsEarly(state.milestones[name], other.milestones[name]))
  );
}

export function isSame(a: ParcelState | undefined, b: ParcelState | undefined): boolean {
  return hasSeen(a, b) && hasSeen(b, a);
}

function scanOf({ eventId, type, createdDateTimeUtc, statusCode, runId }: ScanEvent): Scan {
  return { eventId, type, createdDateTimeUtc, statusCode, runId };
}

/** Two contents under one id: the greater of (createdDateTimeUtc, type, statusCode, runId), by code unit. */
function byTruth(a: ScanEvent, b: ScanEvent): number {
  if (a.eventId !== b.eventId) return a.eventId - b.eventId;
  for (const field of ['createdDateTimeUtc', 'type', 'statusCode', 'runId'] as const) {
    if (a[field] < b[field]) return -1;
    if (a[field] > b[field]) return 1;
  }
  return 0;
}

/** The lowest id of the type; of two contents under one id the greater time. */
function firstOf(type: string, events: readonly ScanEvent[]): Milestone | undefined {
  const candidates = events.filter((event) => event.type === type);
  const eventId = Math.min(...candidates.map((event) => event.eventId));
  const times = candidates.filter((event) => event.eventId === eventId).map((event) => event.createdDateTimeUtc);
  const timeUtc = times.toSorted().at(-1);
  return timeUtc === undefined ? undefined : { eventId, timeUtc };
}

function firstIsAtLeastAsEarly(a: Milestone | undefined, b: Milestone | undefined): boolean {
  if (!b) return true;
  if (!a) return false;
  return a.eventId < b.eventId || (a.eventId === b.eventId && a.timeUtc >= b.timeUtc);
}
