import type { Fault } from '@waybill/consumer/guard/guard.ts';
import type { Handler, Reading } from '@waybill/consumer/handler.ts';
import { unreadableMessage } from '@waybill/consumer/unreadable-message.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import { pack, unpack } from '@waybill/shared/domain/pack.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { hasCode } from '@waybill/shared/error.ts';
import { eventFailureId, eventFailureIds } from '@waybill/shared/failures/failure-id.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { announceAttribute, announceNever } from '@waybill/shared/queue/message-attributes.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import { recordAge } from '@waybill/shared/telemetry/record-age.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';
import { isThrottling } from '@waybill/shared/throttling.ts';
import type { Announcer } from './announcements/announcer.ts';
import { invalidElement, rejectedEvent } from './element-failures.ts';
import type { MessageScans, StoredScans } from './parcels/parcel-write.ts';
import { ParcelWrites } from './parcels/parcel-writes.ts';

export type ParcelHandlerDependencies = {
  readonly log: Logger;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly metrics: Metrics;
  readonly parcels: ParcelTable;
  readonly writeConcurrency: number;
  /** Undefined where nobody is told of milestones. */
  readonly announcer: Pick<Announcer, 'announce'> | undefined;
};

/** Packs of scan events, and parcel state as what they ask for. */
export function parcelHandler(deps: ParcelHandlerDependencies): Handler<MessageScans, 'parcels'> {
  const { clock, metrics, writeConcurrency, announcer } = deps;
  const isAnnouncing = announcer !== undefined;
  const writes = new ParcelWrites({ ...deps, isAnnouncing });
  // A message that is given up is announced as far as it is stored: its rest brings what is not.
  const failuresOf = async (storing: Promise<StoredScans>, signal: AbortSignal, asked?: MessageScans) => {
    const { scans, rejected, milestones } = await (asked?.span ? shownStoring(storing, asked, asked.span) : storing);
    if (announcer && milestones) {
      scans.storedAtMs = clock.now();
      await announcer.announce(scans.events, milestones, signal, scans.span);
    }
    return rejected.map(rejectedEvent);
  };
  return {
    engine: 'DynamoDB',
    lanes: { parcels: writeConcurrency },
    faultOf,
    failureIds: eventFailureIds,
    read: (message, failureId, span) => readPack({ message, failureId, span }, isAnnouncing),
    work: (together, guard, signal) =>
      writes.store(together, guard, signal).map((storing, index) => failuresOf(storing, signal, together[index])),
    backlog: () => writes.waiting,
    heapBytes,
    rest: {
      throttledSince: (scans) => writes.throttledSince(scans),
      giveUp: (scans) => {
        const [body, ...others] = pack(writes.giveUp(scans), limits.sendBytes);
        return others.length === 0 ? body : undefined;
      },
    },
    failureIdsOf: ({ events }) => events.map(({ eventId }) => eventFailureId(eventId)),
    settled: ({ events, storedAtMs = clock.now() }, settlement) => {
      if (events.length > 0 && settlement !== 'sent on') {
        const oldest = events.map((event) => event.createdDateTimeUtc).reduce((a, b) => (a < b ? a : b));
        recordAge(metrics['waybill.processor.scan_to_state'], Date.parse(oldest), storedAtMs);
      }
      return { events: events.length, ...span(events) };
    },
  };
}

/** Shows the writes of a message's parcels as one step: they are shared with other messages. */
function shownStoring(storing: Promise<StoredScans>, { events }: MessageScans, span: TraceSpan): Promise<StoredScans> {
  const parcels = new Set(events.map(({ parcelId }) => parcelId)).size;
  const attributes = { 'db.system.name': 'aws.dynamodb', 'waybill.parcels': parcels, 'waybill.events': events.length };
  return span
    .step('write parcels', { attributes })
    .around(storing, ({ rejected }) => ({ 'waybill.rejected': rejected.length }));
}

type Received = {
  readonly message: ReceivedMessage;
  readonly failureId: string | undefined;
  readonly span: TraceSpan | undefined;
};

function readPack(
  { message: { body, attributes }, failureId, span }: Received,
  isAnnouncing: boolean,
): Reading<MessageScans> {
  const unpacked = unpack(body);
  const isAnnounced = isAnnouncing && attributes[announceAttribute] !== announceNever;
  if (unpacked.kind === 'unreadable') {
    const failures = [unreadableMessage(unpacked, body, failureId)];
    return { work: { events: [], isAnnounced, span }, failures, single: true, element: undefined, resolves: undefined };
  }
  const isUnparsed = unpacked.kind === 'unparsed';
  const elements = isUnparsed ? [unpacked.element] : unpacked.elements;
  const single = elements.length <= 1;
  const events = elements.flatMap((element) => ('event' in element ? [element.event] : []));
  const whole = { body, single, failureId };
  // Equal elements are one object, and one failure.
  const invalid = new Set(elements.flatMap((element) => ('event' in element ? [] : [element])));
  const failures = [...invalid].map((element) => invalidElement(element, whole));
  const [event] = events;
  const element = single && event ? { failureId: eventFailureId(event.eventId), parcelId: event.parcelId } : undefined;
  // An element that failed in the poller, and is read now, is on record by its own id.
  return {
    work: { events, isAnnounced, span },
    failures,
    single,
    element,
    resolves: isUnparsed ? element?.failureId : undefined,
  };
}

/**
 * Heap of a parcel whose write waits, of a decoded event besides its text with its entry of the history, and of a failed
 * element, bytes: measured (decisions 79 and 93).
 */
const parcelHeapBytes = 4_000;
const eventHeapBytes = 200;
const failureHeapBytes = 300;

/** At most: several messages may share the write of a parcel. */
function heapBytes({ work: { events }, failures }: Reading<MessageScans>): number {
  // A pack has the events of a parcel one after the other.
  let parcels = 0;
  let last: number | undefined;
  for (const { parcelId } of events) {
    if (parcelId !== last) parcels += 1;
    last = parcelId;
  }
  return parcels * parcelHeapBytes + events.length * eventHeapBytes + failures.length * failureHeapBytes;
}

/** What does not name the item is the engine's failure. */
function faultOf(error: unknown): Fault {
  if (hasCode(error, 'STORE_REJECTED')) return 'item';
  if (hasCode(error, 'STORE_CONTENDED')) return 'others';
  return isThrottling(error) ? 'throttled' : 'engine';
}

/** The ids that a line about many events carries. */
function span(events: readonly ScanEvent[]): { readonly firstEventId?: number; readonly lastEventId?: number } {
  const [first] = events;
  if (!first) return {};
  let firstEventId = first.eventId;
  let lastEventId = first.eventId;
  for (const { eventId } of events) {
    if (eventId < firstEventId) firstEventId = eventId;
    if (eventId > lastEventId) lastEventId = eventId;
  }
  return { firstEventId, lastEventId };
}
