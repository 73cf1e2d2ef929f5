import { describeError, hasCode } from '@waybill/shared/error.ts';
import type { Logger } from '@waybill/shared/logger.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import { merge, stateOf } from '@waybill/shared/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/scan-event.ts';
import type { EngineGuard } from './engine-guard.ts';
import { type ElementFailure, rejectedEvent } from './message-reading.ts';
import type { ParcelTable } from './parcel-table.ts';
import { type WriteOutcome, writeParcel } from './write-parcel.ts';

export type WorkDependencies = {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly parcels: ParcelTable;
  readonly guard: EngineGuard;
  /** Shared by all work of the process. */
  readonly waiting: WaitingWrites;
  readonly signal: AbortSignal;
};

/**
 * Writes that wait for their turn, by parcel. Events that arrive meanwhile join them: the further the processor is
 * behind, the fewer writes an event costs, and no two of its own writes race for a parcel that waits.
 */
export type WaitingWrites = Map<number, { readonly events: ScanEvent[]; readonly result: Promise<ParcelResult> }>;

/** What became of one parcel's events: those not listed are stored. */
type ParcelResult = { readonly rejected: ReadonlyMap<ScanEvent, ElementFailure> };

const allStored: ParcelResult = { rejected: new Map() };

/**
 * Stores the events of messages that were received together: folded per parcel across the messages, and with those of
 * earlier messages that still wait, one conditional write per parcel. Answers, for each message, a promise of its
 * rejected events, so that no message waits for a parcel that it does not mention. A promise rejects with the engine's
 * error once the signal aborts.
 */
export function storeEvents(
  messages: readonly (readonly ScanEvent[])[],
  dependencies: WorkDependencies,
): Promise<readonly ElementFailure[]>[] {
  const byParcel = Map.groupBy(messages.flat(), (event) => event.parcelId);
  const results = new Map([...byParcel].map(([parcelId, events]) => [parcelId, join(parcelId, events, dependencies)]));
  return messages.map(async (events) => {
    const parcelIds = [...new Set(events.map((event) => event.parcelId))];
    const stored = await Promise.all(parcelIds.map((parcelId) => results.get(parcelId) ?? allStored));
    // Nearly always empty; looking up every event in every parcel's result is not free.
    const failed = stored.filter(({ rejected }) => rejected.size > 0);
    return failed.flatMap(({ rejected }) => events.flatMap((event) => rejected.get(event) ?? []));
  });
}

/** The events go with the write that waits for this parcel; where none does, they are one. */
function join(parcelId: number, events: ScanEvent[], dependencies: WorkDependencies): Promise<ParcelResult> {
  const { waiting } = dependencies;
  const open = waiting.get(parcelId);
  if (open) {
    for (const event of events) open.events.push(event);
    return open.result;
  }
  const { promise: result, resolve } = Promise.withResolvers<ParcelResult>();
  const write = { events, result };
  waiting.set(parcelId, write);
  const begin = () => {
    if (waiting.get(parcelId) === write) waiting.delete(parcelId);
  };
  resolve(storeParcel(parcelId, events, begin, dependencies));
  return result;
}

/**
 * One parcel's events in one write; where the store rejects that, one by one, to find whose fault it is.
 *
 * @param events may grow until `begin` is called
 */
async function storeParcel(
  parcelId: number,
  events: readonly ScanEvent[],
  begin: () => void,
  dependencies: WorkDependencies,
): Promise<ParcelResult> {
  try {
    await storeChange(parcelId, events, begin, dependencies);
    return allStored;
  } catch (error) {
    if (!hasCode(error, 'STORE_REJECTED')) throw error;
    const [only, ...others] = events;
    if (only && others.length === 0) return { rejected: new Map([[only, rejectedEvent(only, describeError(error))]]) };
  }
  const rejected = new Map<ScanEvent, ElementFailure>();
  for (const event of events) {
    const alone = await storeParcel(parcelId, [event], () => undefined, dependencies);
    for (const [rejectedOne, failure] of alone.rejected) rejected.set(rejectedOne, failure);
  }
  return { rejected };
}

async function storeChange(
  parcelId: number,
  events: readonly ScanEvent[],
  begin: () => void,
  { guard, parcels, metrics, log, signal }: WorkDependencies,
): Promise<WriteOutcome> {
  const write = () => {
    begin();
    return writeParcel(parcels, events.map(stateOf).reduce(merge));
  };
  const outcome = await guard.hold(`parcel-${parcelId}`, write, signal);
  metrics['waybill.processor.outcomes'].add(1, { outcome });
  metrics['waybill.processor.events'].add(events.length);
  if (log.isLevelEnabled('debug')) {
    log.debug({ parcelId, eventIds: events.map((event) => event.eventId), outcome }, 'parcel written');
  }
  return outcome;
}
