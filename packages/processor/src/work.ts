import { describeError, hasCode } from '@waybill/shared/error.ts';
import type { Logger } from '@waybill/shared/logger.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import { merge, type ParcelState, stateOf } from '@waybill/shared/parcel-state.ts';
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
  readonly signal: AbortSignal;
};

/** What became of one parcel's events: those not listed are stored. */
type ParcelResult = { readonly rejected: ReadonlyMap<ScanEvent, ElementFailure> };

const allStored: ParcelResult = { rejected: new Map() };

/**
 * Stores the events of messages that were received together: folded per parcel across the messages, one conditional
 * write per parcel. Answers, for each message, a promise of its rejected events, so that no message waits for a parcel
 * that it does not mention. A promise rejects with the engine's error once the signal aborts.
 */
export function storeEvents(
  messages: readonly (readonly ScanEvent[])[],
  dependencies: WorkDependencies,
): Promise<readonly ElementFailure[]>[] {
  const byParcel = Map.groupBy(messages.flat(), (event) => event.parcelId);
  const results = new Map([...byParcel].map(([parcelId, events]) => [parcelId, storeParcel(events, dependencies)]));
  return messages.map(async (events) => {
    const parcelIds = [...new Set(events.map((event) => event.parcelId))];
    const stored = await Promise.all(parcelIds.map((parcelId) => results.get(parcelId) ?? allStored));
    return stored.flatMap(({ rejected }) => events.flatMap((event) => rejected.get(event) ?? []));
  });
}

/** One parcel's events in one write; where the store rejects that, one by one, to find whose fault it is. */
async function storeParcel(events: readonly ScanEvent[], dependencies: WorkDependencies): Promise<ParcelResult> {
  const change = events.map(stateOf).reduce(merge);
  try {
    await storeChange(change, events, dependencies);
    return allStored;
  } catch (error) {
    if (!hasCode(error, 'STORE_REJECTED')) throw error;
    const [only, ...others] = events;
    if (only && others.length === 0) return { rejected: new Map([[only, rejectedEvent(only, describeError(error))]]) };
  }
  const rejected = new Map<ScanEvent, ElementFailure>();
  for (const event of events) {
    const alone = await storeParcel([event], dependencies);
    for (const [rejectedOne, failure] of alone.rejected) rejected.set(rejectedOne, failure);
  }
  return { rejected };
}

async function storeChange(
  change: ParcelState,
  events: readonly ScanEvent[],
  { guard, parcels, metrics, log, signal }: WorkDependencies,
): Promise<WriteOutcome> {
  const outcome = await guard.hold(`parcel-${change.parcelId}`, () => writeParcel(parcels, change), signal);
  metrics['waybill.processor.outcomes'].add(1, { outcome });
  metrics['waybill.processor.events'].add(events.length);
  if (log.isLevelEnabled('debug')) {
    log.debug({ parcelId: change.parcelId, eventIds: events.map((event) => event.eventId), outcome }, 'parcel written');
  }
  return outcome;
}
