import { createNoopMeter } from '@opentelemetry/api';
import { batchedParcelTable } from '@waybill/processor/parcels/batched/batched-parcel-table.ts';
import {
  mostStatements,
  type ParcelStatement,
  type StatementAnswer,
} from '@waybill/processor/parcels/batched/parcel-statement.ts';
import type { ConditionalWrite, ParcelTable, StoredParcel } from '@waybill/processor/parcels/parcel-table.ts';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import type { Chance } from './chance.ts';
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
};

/** Sees what is written to the table. */
export type ParcelTableWitness = {
  readonly violate: (what: string) => void;
  readonly count: (fact: string) => void;
  readonly parcelWritten: (process: SimulatedProcess, before: ParcelState | undefined, after: ParcelState) => void;
};

const metrics = createMetrics(createNoopMeter());

/** The parcels table with the conditions of {@link ParcelTable}, written by single updates or in batches of statements. */
export class SimulatedParcelTable {
  readonly parcels = new Map<number, StoredParcel>();
  /** EventIds whose values the store rejects, until they are taken out. */
  readonly rejected: Set<number>;
  readonly #faults: FaultLayer;
  readonly #witness: ParcelTableWitness;
  readonly #plan: ParcelTablePlan;
  readonly #chance: Chance;

  constructor(options: {
    readonly plan: ParcelTablePlan;
    readonly chance: Chance;
    readonly rejected: ReadonlySet<number>;
    readonly faults: FaultLayer;
    readonly witness: ParcelTableWitness;
  }) {
    this.rejected = new Set(options.rejected);
    this.#faults = options.faults;
    this.#witness = options.witness;
    this.#plan = options.plan;
    this.#chance = options.chance;
  }

  openFor(process: SimulatedProcess, writeConcurrency: number): ParcelTable {
    const single = this.#singleFor(process);
    if (!this.#plan.takesStatements) return single;
    const execute = (statements: readonly ParcelStatement[]) => {
      const operation = `execute ${statements.map(({ kind, state }) => `${kind} ${shown(state)}`).join(', ')}`;
      return this.#faults.call(process, { engine: 'dynamodb', operation }, () => this.#execute(process, statements));
    };
    return batchedParcelTable({ execute, single, writeConcurrency, metrics });
  }

  #singleFor(process: SimulatedProcess): ParcelTable {
    const call = (operation: string, effect: () => ConditionalWrite) =>
      this.#faults.call(process, { engine: 'dynamodb', operation }, effect);
    const unlessThrottled = (parcelId: number, effect: () => ConditionalWrite) => () => {
      if (this.isThrottled(parcelId)) throw named('ProvisionedThroughputExceededException');
      return effect();
    };
    return {
      apply: (change) =>
        call(
          `apply ${shown(change)}`,
          unlessThrottled(change.parcelId, () => this.#apply(process, change)),
        ),
      replace: (state, revision) =>
        call(
          `replace ${shown(state)} at ${revision}`,
          unlessThrottled(state.parcelId, () => this.#replace(process, state, revision)),
        ),
    };
  }

  /** Whether the parcel lies in the partition that is throttled now. */
  isThrottled(parcelId: number): boolean {
    const { throttledPartition: part } = this.#plan;
    return part !== undefined && parcelId % 10 === part.digit && this.#faults.isBetween(part.fromMs, part.toMs);
  }

  #execute(process: SimulatedProcess, statements: readonly ParcelStatement[]): readonly StatementAnswer[] {
    const parcels = new Set(statements.map(({ state }) => state.parcelId));
    if (parcels.size < statements.length || statements.length > mostStatements)
      this.#witness.violate(
        `${process.name} makes a call of ${statements.length} statements on ${parcels.size} parcels`,
      );
    if (statements.length > 1) this.#witness.count('calls of several statements');
    const isPoisoned = statements.some(({ state }) => this.#isRejected(state));
    if (isPoisoned && this.#chance.happens(this.#plan.refusedWhole)) {
      this.#witness.count('calls of statements refused whole');
      // As engines do it: what they had done before they met the reason stays done.
      for (const one of statements.slice(0, this.#chance.between(0, statements.length))) this.#executeOne(process, one);
      return statements.map(() => ({ kind: 'refused' }));
    }
    const done = this.#strikes(this.#plan.cut) ? this.#chance.between(0, statements.length) : undefined;
    const answers = statements.slice(0, done).map((statement) => this.#executeOne(process, statement));
    if (done === undefined) return answers;
    this.#witness.count('calls of statements cut off');
    throw named('InternalServerError');
  }

  #executeOne(process: SimulatedProcess, statement: ParcelStatement): StatementAnswer {
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
    if (stored && kind === 'replace' && stored.revision !== statement.revision) return { kind: 'unmet', stored };
    if (stored && kind === 'update') {
      const isUnmet = milestoneNames.some((name) => {
        const [known, added] = [stored.state.milestones[name], state.milestones[name]];
        if (!added) return false;
        return statement.keeps.includes(name) ? !known || known.eventId >= added.eventId : known !== undefined;
      });
      if (isUnmet || stored.state.latest.eventId >= state.latest.eventId) return { kind: 'unmet', stored };
      const milestones = { ...state.milestones, ...stored.state.milestones };
      this.#write(process, stored, { ...state, milestones });
    } else this.#write(process, stored, state);
    return { kind: 'done' };
  }

  #strikes(share: number): boolean {
    return this.#faults.active && this.#chance.happens(share);
  }

  #isRejected(state: ParcelState): boolean {
    try {
      this.#refuseRejected(state);
      return false;
    } catch (error) {
      return hasCode(error, 'STORE_REJECTED');
    }
  }

  #apply(process: SimulatedProcess, change: ParcelState): ConditionalWrite {
    this.#refuseRejected(change);
    const stored = this.parcels.get(change.parcelId);
    const isAhead =
      !stored ||
      (stored.state.latest.eventId < change.latest.eventId &&
        milestoneNames.every((name) => {
          const [known, added] = [stored.state.milestones[name], change.milestones[name]];
          return !added || !known || known.eventId < added.eventId;
        }));
    if (!isAhead) return { done: false, stored };
    const milestones = { ...change.milestones, ...stored?.state.milestones };
    this.#write(process, stored, { parcelId: change.parcelId, latest: change.latest, milestones });
    return { done: true };
  }

  #replace(process: SimulatedProcess, state: ParcelState, revision: number): ConditionalWrite {
    this.#refuseRejected(state);
    const stored = this.parcels.get(state.parcelId);
    if (stored?.revision !== revision) return { done: false, stored };
    this.#write(process, stored, state);
    return { done: true };
  }

  #write(process: SimulatedProcess, stored: StoredParcel | undefined, state: ParcelState): void {
    this.#witness.parcelWritten(process, stored?.state, state);
    this.parcels.set(state.parcelId, { state, revision: (stored?.revision ?? 0) + 1 });
  }

  #refuseRejected({ parcelId, latest, milestones }: ParcelState): void {
    const ids = [latest.eventId, ...Object.values(milestones).map(({ eventId }) => eventId)];
    const named = ids.find((id) => this.rejected.has(id));
    if (named !== undefined)
      throw new WaybillError('STORE_REJECTED', `simulated: parcel ${parcelId} does not take event ${named}`);
  }
}

function shown({ parcelId, latest, milestones }: ParcelState): string {
  const ids = milestoneNames.map((name) => `${name} ${milestones[name]?.eventId ?? '-'}`);
  return `parcel ${parcelId} latest ${latest.eventId} ${ids.join(' ')}`;
}

/** An error as the AWS SDK throws it, known by its name. */
function named(name: string): Error {
  return Object.assign(new Error('simulated'), { name });
}
