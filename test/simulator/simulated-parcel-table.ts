import { createNoopMeter } from '@opentelemetry/api';
import type { ParcelReader } from '@waybill/notifier/parcels/parcel-reader.ts';
import { batchedParcelTable } from '@waybill/processor/parcels/batched/batched-parcel-table.ts';
import {
  mostStatements,
  type ParcelStatement,
  type StatementAnswer,
} from '@waybill/processor/parcels/batched/parcel-statement.ts';
import { type History, readHistory } from '@waybill/shared/domain/history.ts';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import type { Bookkeeping, ConditionalWrite, ParcelTable, StoredParcel } from '@waybill/shared/parcels/parcel-table.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { type Chance, chanceOf } from './chance.ts';
import type { FaultLayer } from './faults.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** Parcels whose id leaves `digit` when divided by ten, and when. */
export type ThrottledPartition = {
  readonly digit: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** For the last two minutes nothing else is wrong: all other parcels must be stored. */
  readonly othersAreWell: boolean;
};

export type ParcelTablePlan = {
  /** The engine takes batches of statements. */
  readonly takesStatements: boolean;
  /** Share of statements that are throttled though their call is served. */
  readonly throttled: number;
  /** One partition of ten that is throttled whole, while the others are well. */
  readonly throttledPartition: ThrottledPartition | undefined;
  /** Share of calls that fail when some of their statements are done. */
  readonly cut: number;
  /** Share of calls with a rejected value in them that are refused as a whole. */
  readonly refusedWhole: number;
  /** Entries of a history at most, of each release that is deployed: every life of a process is of one of them. */
  readonly historyEvents: readonly [number, ...number[]];
};

/** Sees what is written to the table. */
export type ParcelTableWitness = {
  readonly violate: (what: string) => void;
  readonly count: (fact: string) => void;
  readonly parcelWritten: (writer: Writer, before: StoredParcel | undefined, after: StoredParcel) => void;
};

/** Who writes, and the entries that its release keeps of a history. */
export type Writer = { readonly process: SimulatedProcess; readonly historyEvents: number };

const metrics = createMetrics(createNoopMeter());
/** Keys of one BatchGetItem (DynamoDB's limit). */
const mostKeys = 100;

/** The parcels table with the conditions of {@link ParcelTable}, written by single updates or in batches of statements. */
export class SimulatedParcelTable {
  readonly parcels = new Map<number, StoredParcel>();
  /** ISO times of the last write, by the writer's clock. */
  readonly #updatedAtUtc = new Map<number, string>();
  /** EventIds whose values the store rejects, until they are taken out. */
  readonly rejected: Set<number>;
  readonly #faults: FaultLayer;
  readonly #witness: ParcelTableWitness;
  readonly #plan: ParcelTablePlan;
  readonly #chance: Chance;
  readonly #seed: number;

  constructor(options: {
    readonly seed: number;
    readonly plan: ParcelTablePlan;
    readonly chance: Chance;
    readonly rejected: ReadonlySet<number>;
    readonly faults: FaultLayer;
    readonly witness: ParcelTableWitness;
  }) {
    this.rejected = new Set(options.rejected);
    this.#seed = options.seed;
    this.#faults = options.faults;
    this.#witness = options.witness;
    this.#plan = options.plan;
    this.#chance = options.chance;
  }

  openFor(process: SimulatedProcess, writeConcurrency: number): ParcelTable {
    const historyEvents = chanceOf(this.#seed, `release of ${process.name}`).pick(this.#plan.historyEvents);
    const writer = { process, historyEvents };
    const single = this.#singleFor(writer);
    if (!this.#plan.takesStatements) return single;
    const execute = (statements: readonly ParcelStatement[]) => {
      const operation = `execute ${statements.map(shownStatement).join(', ')}`;
      return this.#faults.call(process, { engine: 'dynamodb', operation }, () => this.#execute(writer, statements));
    };
    return batchedParcelTable({ execute, single, writeConcurrency, metrics });
  }

  /** Reads parcels, by consistent reads. */
  readerFor(process: SimulatedProcess): ParcelReader {
    const get = (parcelIds: readonly number[]) => {
      if (parcelIds.length === 0 || parcelIds.length > mostKeys || new Set(parcelIds).size < parcelIds.length)
        this.#witness.violate(`${process.name} reads ${parcelIds.length} parcels at once, or one twice`);
      return new Map(
        parcelIds.flatMap((parcelId) => {
          const stored = this.parcels.get(parcelId);
          const updatedAtUtc = this.#updatedAtUtc.get(parcelId) ?? '';
          return stored ? [[parcelId, { ...stored, updatedAtUtc }] as const] : [];
        }),
      );
    };
    return {
      get: (parcelIds) =>
        this.#faults.call(process, { engine: 'dynamodb', operation: `read parcels ${parcelIds.join(', ')}` }, () =>
          get(parcelIds),
        ),
    };
  }

  /** Puts an item there that a release without histories and open marks has written. */
  addOfOldRelease({ parcelId, latest, milestones }: ParcelState, revision: number): void {
    this.parcels.set(parcelId, { state: { parcelId, latest, milestones, history: [], removed: [] }, revision });
  }

  #singleFor(writer: Writer): ParcelTable {
    const { process, historyEvents } = writer;
    const call = (operation: string, parcelId: number, effect: () => ConditionalWrite) =>
      this.#faults.call(process, { engine: 'dynamodb', operation }, () => {
        if (this.isThrottled(parcelId)) throw named('ProvisionedThroughputExceededException');
        return effect();
      });
    return {
      historyEvents,
      apply: (change) => call(`apply ${shown(change)}`, change.parcelId, () => this.#apply(writer, change)),
      addHistory: (parcelId, added) =>
        call(`union ${shownUnion({ parcelId, history: added })}`, parcelId, () =>
          this.#addHistory(writer, parcelId, added),
        ),
      replace: (state, stored) =>
        call(`replace ${shown(state)} at ${stored.revision}`, state.parcelId, () =>
          this.#replace(writer, state, stored),
        ),
    };
  }

  /** Whether the parcel lies in the partition that is throttled now. */
  isThrottled(parcelId: number): boolean {
    const { throttledPartition: part } = this.#plan;
    return part !== undefined && parcelId % 10 === part.digit && this.#faults.isBetween(part.fromMs, part.toMs);
  }

  #execute(writer: Writer, statements: readonly ParcelStatement[]): readonly StatementAnswer[] {
    const parcels = new Set(statements.map(({ state }) => state.parcelId));
    if (parcels.size < statements.length || statements.length > mostStatements)
      this.#witness.violate(
        `${writer.process.name} makes a call of ${statements.length} statements on ${parcels.size} parcels`,
      );
    if (statements.length > 1) this.#witness.count('calls of several statements');
    const isPoisoned = statements.some(({ state }) => this.#isRejected(state));
    if (isPoisoned && this.#chance.happens(this.#plan.refusedWhole)) {
      this.#witness.count('calls of statements refused whole');
      // As engines do it: what they had done before they met the reason stays done.
      for (const one of statements.slice(0, this.#chance.between(0, statements.length))) this.#executeOne(writer, one);
      return statements.map(() => ({ kind: 'refused' }));
    }
    const done = this.#strikes(this.#plan.cut) ? this.#chance.between(0, statements.length) : undefined;
    const answers = statements.slice(0, done).map((statement) => this.#executeOne(writer, statement));
    if (done === undefined) return answers;
    this.#witness.count('calls of statements cut off');
    throw named('InternalServerError');
  }

  #executeOne(writer: Writer, statement: ParcelStatement): StatementAnswer {
    const { kind, state } = statement;
    if (this.#strikes(this.#plan.throttled)) {
      this.#witness.count('statements throttled');
      return { kind: 'failed', error: named('ThrottlingException') };
    }
    if (this.isThrottled(state.parcelId)) {
      this.#witness.count('statements of a throttled partition');
      return { kind: 'failed', error: named('ProvisionedThroughputExceededException') };
    }
    if (this.#isRejected(state)) return { kind: 'refused' };
    const stored = this.parcels.get(state.parcelId);
    if ((stored === undefined) !== (kind === 'insert')) {
      this.#witness.count('statements that missed');
      return { kind: 'missed' };
    }
    const write = this.#writeStatement(writer, statement, stored);
    if (write.done) return { kind: 'done' };
    return write.stored ? { kind: 'unmet', stored: write.stored } : { kind: 'missed' };
  }

  #writeStatement(writer: Writer, statement: ParcelStatement, stored: StoredParcel | undefined): ConditionalWrite {
    if (statement.kind === 'replace') return this.#replace(writer, statement.state, statement.stored);
    const { kind, state } = statement;
    if (kind === 'union') return this.#addHistory(writer, state.parcelId, state.history);
    if (!stored) return this.#write(writer, stored, state, markOf(state, opened(writer)));
    const { latest, milestones } = stored.state;
    const isMet = milestoneNames.every((name) => {
      const [known, added] = [milestones[name], state.milestones[name]];
      if (!added) return true;
      const keeps = kind === 'update' && statement.keeps.includes(name);
      return keeps ? known !== undefined && known.eventId < added.eventId : known === undefined;
    });
    // An item of an old release is refused, so that a merge marks it.
    const isMarked = stored.openedAtMs !== undefined || milestones.delivery !== undefined;
    if (!isMet || !isMarked || latest.eventId >= state.latest.eventId) return this.#unmet(stored);
    if (!hasRoom(writer, stored.state, state.history)) return this.#unmet(stored);
    return this.#write(writer, stored, joined(stored.state, state), markOf(state, stored.openedAtMs));
  }

  #strikes(share: number): boolean {
    return this.#faults.active && this.#chance.happens(share);
  }

  #isRejected(state: ParcelStatement['state']): boolean {
    try {
      this.#refuseRejected(state);
      return false;
    } catch (error) {
      return hasCode(error, 'STORE_REJECTED');
    }
  }

  /** In one text for an item and for none: it marks as open what has no mark, so it must refuse what is delivered. */
  #apply(writer: Writer, change: ParcelState): ConditionalWrite {
    this.#refuseRejected(change);
    const stored = this.parcels.get(change.parcelId);
    if (!stored) return this.#write(writer, stored, change, markOf(change, opened(writer)));
    const { latest, milestones } = stored.state;
    const isInOrder =
      latest.eventId < change.latest.eventId &&
      milestoneNames.every((name) => {
        const [known, added] = [milestones[name], change.milestones[name]];
        return !added || !known || known.eventId < added.eventId;
      });
    const isMarked = stored.openedAtMs !== undefined || change.milestones.delivery !== undefined;
    if (!isInOrder || !isMarked || !hasRoom(writer, stored.state, change.history)) return this.#unmet(stored);
    return this.#write(
      writer,
      stored,
      joined(stored.state, change),
      markOf(change, stored.openedAtMs ?? opened(writer)),
    );
  }

  #addHistory(writer: Writer, parcelId: number, added: History): ConditionalWrite {
    this.#refuseRejected({ parcelId, history: added });
    const stored = this.parcels.get(parcelId);
    if (!stored || !hasRoom(writer, stored.state, added)) return this.#unmet(stored);
    this.#witness.count('histories united');
    const history = union(stored.state.history, added);
    return this.#write(writer, stored, { ...stored.state, history }, stored.openedAtMs);
  }

  #replace(writer: Writer, state: ParcelState, known: Bookkeeping): ConditionalWrite {
    this.#refuseRejected(state);
    const stored = this.parcels.get(state.parcelId);
    if (stored?.revision !== known.revision) return this.#unmet(stored);
    return this.#write(writer, stored, state, markOf(state, known.openedAtMs ?? opened(writer)));
  }

  /** The item as a failed condition shows it: a set has no order. */
  #unmet(stored: StoredParcel | undefined): ConditionalWrite {
    if (!stored) return { done: false, stored };
    const texts = stored.state.history.map(({ text }) => text).reverse();
    const history = readHistory(texts);
    if (!history) this.#witness.violate(`parcel ${stored.state.parcelId} has an unreadable history: ${texts}`);
    return { done: false, stored: { ...stored, state: { ...stored.state, history: history ?? [] } } };
  }

  #write(
    writer: Writer,
    stored: StoredParcel | undefined,
    state: ParcelState,
    openedAtMs: number | undefined,
  ): ConditionalWrite {
    const after = { state, revision: (stored?.revision ?? 0) + 1, openedAtMs };
    this.#witness.parcelWritten(writer, stored, after);
    this.parcels.set(state.parcelId, after);
    this.#updatedAtUtc.set(state.parcelId, new Date(opened(writer)).toISOString());
    return { done: true };
  }

  #refuseRejected({ parcelId, latest, milestones = {}, history }: Partial<ParcelState>): void {
    if (this.rejected.size === 0) return;
    const ids = [latest, ...Object.values(milestones), ...(history ?? [])].map((each) => each?.eventId ?? 0);
    const named = ids.find((id) => this.rejected.has(id));
    if (named !== undefined)
      throw new WaybillError('STORE_REJECTED', `simulated: parcel ${parcelId} does not take event ${named}`);
  }
}

/** What an update in order leaves: its scan, the first milestones, both histories. */
function joined(stored: ParcelState, change: ParcelState): ParcelState {
  return {
    parcelId: change.parcelId,
    latest: change.latest,
    milestones: { ...change.milestones, ...stored.milestones },
    history: union(stored.history, change.history),
    removed: stored.removed,
  };
}

/** As `ADD` does it. */
function union(stored: History, added: History): History {
  if (added.length === 0) return stored;
  return [...new Map([...stored, ...added].map((entry) => [entry.text, entry])).values()];
}

function hasRoom({ historyEvents }: Writer, { history, removed }: ParcelState, added: History): boolean {
  if (removed.length > 0) return false;
  if (added.length === 0) return history.length === 0;
  return history.length > 0 && history.length + added.length <= historyEvents;
}

/** A write that brings the delivery takes the mark away; none looks at a delivery that is stored. */
function markOf({ milestones }: ParcelState, openedAtMs: number | undefined): number | undefined {
  return milestones.delivery ? undefined : openedAtMs;
}

/** The writer's clock, which may be hours off. */
function opened({ process }: Writer): number {
  return process.clock.now();
}

function shown({ parcelId, latest, milestones, history }: ParcelState): string {
  const ids = milestoneNames.map((name) => `${name} ${milestones[name]?.eventId ?? '-'}`);
  return `parcel ${parcelId} latest ${latest.eventId} ${ids.join(' ')} history ${idsOf(history)}`;
}

function shownUnion({ parcelId, history }: Pick<ParcelState, 'parcelId' | 'history'>): string {
  return `parcel ${parcelId} history ${idsOf(history)}`;
}

function shownStatement(statement: ParcelStatement): string {
  const { kind } = statement;
  return `${kind} ${kind === 'union' ? shownUnion(statement.state) : shown(statement.state)}`;
}

function idsOf(history: History): string {
  return history.map(({ eventId }) => eventId).join(',') || '-';
}

/** An error as the AWS SDK throws it, known by its name. */
function named(name: string): Error {
  return Object.assign(new Error('simulated'), { name });
}
