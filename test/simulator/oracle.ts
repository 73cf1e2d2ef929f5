import type { HistoryEntry } from '@waybill/shared/domain/history.ts';
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

/** The state of the parcel that all these events are about, with a history that is never full. */
export function stateAfter(events: readonly ScanEvent[]): ParcelState | undefined {
  const latest = events.toSorted(byTruth).at(-1);
  if (!latest) return undefined;
  const milestones = milestoneNames.flatMap((name) => {
    const first = firstOf(milestoneTypes[name], events);
    return first ? [[name, first] as const] : [];
  });
  return {
    parcelId: latest.parcelId,
    latest: scanOf(latest),
    milestones: Object.fromEntries(milestones),
    history: historyOf(events),
    removed: [],
  };
}

/** Every scan of these events as a history keeps it, the newest first, each once. */
export function historyOf(events: readonly ScanEvent[]): readonly HistoryEntry[] {
  const texts = new Map(events.map((event) => [entryTextOf(event), event.eventId]));
  return [...texts].map(([text, eventId]) => ({ eventId, text })).sort(newestFirst);
}

/** No run, and of each text 64 code units at most, all of them whole. */
export function entryTextOf({ eventId, createdDateTimeUtc, type, statusCode }: Omit<Scan, 'runId'>): string {
  return JSON.stringify([eventId, cut(createdDateTimeUtc), cut(type), cut(statusCode)]);
}

function cut(text: string): string {
  const units = text.slice(0, 64);
  return units.isWellFormed() ? units : units.slice(0, -1);
}

/**
 * What is known when an operator has removed these events, besides those that were removed before. What one of them may
 * have hidden is as the history has it: the latest scan below the highest of them, a milestone above the lowest.
 */
export function without(state: ParcelState, eventIds: readonly number[]): ParcelState {
  const removed = [...new Set([...state.removed, ...eventIds])].sort((a, b) => a - b);
  if (removed.length === 0) return state;
  const { parcelId, latest } = state;
  const isLeft = ({ eventId }: { readonly eventId: number }) => !removed.includes(eventId);
  const history = state.history.filter(isLeft).toSorted(newestFirst);
  const known = history.map((entry) => ({ parcelId, ...scanOfEntry(entry) }));
  const newest = [...known, ...[latest].filter(isLeft).map((scan) => ({ parcelId, ...cutScan(scan) }))]
    .toSorted(byTruth)
    .at(-1);
  const milestones = milestoneNames.flatMap((name) => {
    const type = milestoneTypes[name];
    const own = [state.milestones[name]].filter((milestone) => milestone !== undefined).filter(isLeft);
    const isCertain = own.some(({ eventId }) => eventId < Math.min(...removed));
    const asScans = own.map(({ eventId, timeUtc }) => ({
      ...noScan,
      parcelId,
      eventId,
      type,
      createdDateTimeUtc: timeUtc,
    }));
    const first = firstOf(
      type,
      isCertain ? asScans : [...known, ...asScans.map((scan) => ({ parcelId, ...cutScan(scan) }))],
    );
    return first ? [[name, first] as const] : [];
  });
  return {
    parcelId,
    latest: isLeft(latest) && latest.eventId > Math.max(...removed) ? latest : newest ? scanOf(newest) : noScan,
    milestones: Object.fromEntries(milestones),
    history,
    removed,
  };
}

const noScan: Scan = { eventId: 0, type: '', createdDateTimeUtc: '', statusCode: '', runId: '' };

/** The scan as a history has it. */
function cutScan({ eventId, createdDateTimeUtc, type, statusCode }: Scan): Scan {
  return {
    eventId,
    createdDateTimeUtc: cut(createdDateTimeUtc),
    type: cut(type),
    statusCode: cut(statusCode),
    runId: '',
  };
}

/**
 * Whether the state has seen everything that the other has.
 *
 * @param historyEvents entries that a history has at most: of older ones it need not know
 */
export function hasSeen(
  state: ParcelState | undefined,
  other: ParcelState | undefined,
  historyEvents: number,
): boolean {
  if (!other) return true;
  if (!state) return false;
  const known = state.removed.length > other.removed.length ? without(other, state.removed) : other;
  return (
    byTruth({ parcelId: 0, ...state.latest }, { parcelId: 0, ...known.latest }) >= 0 &&
    milestoneNames.every((name) => firstIsAtLeastAsEarly(state.milestones[name], known.milestones[name])) &&
    known.removed.every((eventId) => state.removed.includes(eventId)) &&
    hasScans(state.history, known.history, historyEvents)
  );
}

/** Whether all scans of the other history are there, or as many newer ones as a history has. */
function hasScans(history: readonly HistoryEntry[], others: readonly HistoryEntry[], historyEvents: number): boolean {
  if (others.length === 0 || historyEvents === 0) return true;
  const texts = new Set(history.map(({ text }) => text));
  const missing = others.filter(({ text }) => !texts.has(text));
  return missing.every((entry) => history.filter((each) => newestFirst(each, entry) < 0).length >= historyEvents);
}

function scanOfEntry({ text }: HistoryEntry): Scan {
  const [eventId, createdDateTimeUtc, type, statusCode]: [number, string, string, string] = JSON.parse(text);
  return { eventId, createdDateTimeUtc, type, statusCode, runId: '' };
}

/** Two contents under one id: the greater one first. */
function newestFirst(a: HistoryEntry, b: HistoryEntry): number {
  if (a.eventId !== b.eventId) return b.eventId - a.eventId;
  return byTruth({ parcelId: 0, ...scanOfEntry(b) }, { parcelId: 0, ...scanOfEntry(a) });
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
