import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { StoredParcel } from '@waybill/shared/parcels/parcel-table.ts';
import { entryTextOf, hasSeen, historyOf, stateAfter, without } from './oracle.ts';
import type { SimulatedParcelTable, Writer } from './simulated-parcel-table.ts';

/**
 * Judges what is stored of parcels: at each write against what was stored before, and against the truth, which is what
 * follows from all events that were passed on.
 */
export class ParcelJudge {
  readonly #table: Pick<SimulatedParcelTable, 'parcels'>;
  readonly #leastHistory: number;
  /** Items that an old release has left: the events that they have seen. Their histories begin with what is written from now on. */
  readonly #old: ReadonlyMap<number, readonly ScanEvent[]>;
  readonly #passedOn = new Map<number, ScanEvent[]>();
  /** The entries of histories that may be there. */
  readonly #entries = new Map<number, Set<string>>();
  readonly #written = new Set<number>();
  readonly #openedAtMs = new Map<number, number>();
  /** What operators have removed. */
  readonly #removed = new Map<number, Set<number>>();

  constructor(options: {
    readonly table: Pick<SimulatedParcelTable, 'parcels'>;
    /** Of each release that is deployed. Of several only what all of them keep can be relied on. */
    readonly historyEvents: readonly number[];
    readonly old: ReadonlyMap<number, readonly ScanEvent[]>;
  }) {
    this.#table = options.table;
    this.#leastHistory = Math.min(...options.historyEvents);
    this.#old = options.old;
  }

  /** Each content once. */
  passedOn(event: ScanEvent): void {
    const { parcelId } = event;
    const events = this.#passedOn.get(parcelId) ?? [];
    const entries = this.#entries.get(parcelId) ?? new Set();
    events.push(event);
    entries.add(entryTextOf(event));
    this.#passedOn.set(parcelId, events);
    this.#entries.set(parcelId, entries);
  }

  /** From now on they must never be seen again: they are written as removed, or will be before everything has come to rest. */
  removed(parcelId: number, eventIds: readonly number[]): void {
    this.#removed.set(parcelId, new Set([...(this.#removed.get(parcelId) ?? []), ...eventIds]));
  }

  /** All parcels, with the events that were passed on. */
  get parcels(): ReadonlyMap<number, readonly ScanEvent[]> {
    return this.#passedOn;
  }

  /** Whatever a write does, it must keep what was known, and bring nothing that nobody said. */
  breachesOf(writer: Writer, before: StoredParcel | undefined, after: StoredParcel): readonly string[] {
    const { process, historyEvents } = writer;
    const { parcelId, history, removed, latest, milestones } = after.state;
    const breaches: string[] = [];
    this.#written.add(parcelId);
    const found = (what: string) =>
      breaches.push(`${process.name} ${what} of parcel ${parcelId}: ${told(before)} became ${told(after)}`);
    if (!hasSeen(after.state, before?.state, historyEvents)) found('lost what was known');
    const entries = this.#entries.get(parcelId);
    if (history.some(({ eventId, text }) => !entries?.has(text) || !text.startsWith(`[${eventId},`)))
      found('put into the history what nobody said');
    if (history.length > historyEvents && history.length > (before?.state.history.length ?? 0))
      found(`wrote a history longer than ${historyEvents}`);
    if (removed.length > 0) {
      const ids = [latest, ...Object.values(milestones), ...history].map(({ eventId }) => eventId);
      if (ids.some((id) => removed.includes(id))) found('brought back a removed event');
    }
    for (const breach of this.#breachesOfMark(before, after)) found(breach);
    return breaches;
  }

  /** Open from the first write until the delivery is known; open again only where an operator has removed the delivery. */
  #breachesOfMark(before: StoredParcel | undefined, after: StoredParcel): readonly string[] {
    const { parcelId } = after.state;
    const { openedAtMs } = after;
    if (isDelivered(after)) return openedAtMs === undefined ? [] : ['marked a delivery as open, that'];
    if (openedAtMs === undefined) return ['left off the mark'];
    const isRepair = after.state.removed.length > (before?.state.removed.length ?? 0);
    if (before && isDelivered(before)) {
      this.#openedAtMs.set(parcelId, openedAtMs);
      return isRepair ? [] : ['opened again the delivery'];
    }
    const known = this.#openedAtMs.get(parcelId) ?? openedAtMs;
    this.#openedAtMs.set(parcelId, known);
    return known === openedAtMs ? [] : ['changed the mark'];
  }

  /**
   * What must be known of the parcel from these of its events, and from those that an old release has seen. Of the history
   * the whole: how much of it must be there is up to {@link lacks}.
   */
  truthOf(parcelId: number, isIncluded: (event: ScanEvent) => boolean = () => true): ParcelState | undefined {
    const events = (this.#passedOn.get(parcelId) ?? []).filter(isIncluded);
    const truth = stateAfter([...events, ...(this.#old.get(parcelId) ?? [])]);
    return truth && without({ ...truth, history: historyOf(events) }, this.#storedOf(parcelId)?.removed ?? []);
  }

  /** Whether something of the truth is not stored, as far as it can be told. */
  lacks(parcelId: number, truth: ParcelState | undefined): boolean {
    return !this.#isPartlyForgotten(parcelId) && !hasSeen(this.#storedOf(parcelId), truth, this.#leastHistory);
  }

  /** Whether something is stored that is not in the truth. */
  exceeds(parcelId: number, truth: ParcelState | undefined): boolean {
    return !hasSeen(truth, this.#storedOf(parcelId), Number.POSITIVE_INFINITY);
  }

  isStored(event: ScanEvent): boolean {
    return !this.lacks(event.parcelId, stateAfter([event]));
  }

  /** Whether the marks of open parcels, and the removed events, are not what they must be when everything has come to rest. */
  breachesAtRest(parcelId: number): readonly string[] {
    const stored = this.#table.parcels.get(parcelId);
    if (!stored) return [];
    const removed = [...(this.#removed.get(parcelId) ?? [])].sort((a, b) => a - b);
    const truth = this.#isPartlyForgotten(parcelId) ? stored.state : this.truthOf(parcelId);
    const isOpen = stored.openedAtMs !== undefined;
    // An old release has left it, and nothing new came since.
    const isUntouched = this.#old.has(parcelId) && !this.#written.has(parcelId);
    return [
      ...(told(removed) === told(stored.state.removed) ? [] : [`without ${told(removed)} it is ${told(stored)}`]),
      ...(isUntouched || isOpen !== isDelivered({ state: truth }) ? [] : [`as to being open it is ${told(stored)}`]),
    ];
  }

  #storedOf(parcelId: number): ParcelState | undefined {
    return this.#table.parcels.get(parcelId)?.state;
  }

  /** A removal recomputes a parcel from its history, and this one was not whole. */
  #isPartlyForgotten(parcelId: number): boolean {
    if (!this.#storedOf(parcelId)?.removed.length) return false;
    return this.#old.has(parcelId) || (this.#entries.get(parcelId)?.size ?? 0) > this.#leastHistory;
  }
}

function isDelivered({ state }: { readonly state: ParcelState | undefined }): boolean {
  return state?.milestones.delivery !== undefined;
}

function told(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}
