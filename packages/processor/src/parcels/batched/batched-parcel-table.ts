import { type MilestoneName, milestoneBits, milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { isInOrder, type ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { hasCode } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { ConditionalWrite, ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import {
  type ExecuteStatements,
  mostStatements,
  type ParcelStatement,
  type StatementAnswer,
} from './parcel-statement.ts';
import { StatementBatches } from './statement-batches.ts';

/** The result of a statement that did not fail: failures reject instead. */
type TakenAnswer = Exclude<StatementAnswer, { kind: 'failed' }>;

/** Most parcels that are retried by single update at a time. If more fail, the table is at its limit, where an update each would halve what gets through. */
const mostAlone = mostStatements;

export type BatchedDependencies = {
  readonly execute: ExecuteStatements;
  /** Repeats what a batch refuses, and shows whose fault it is. */
  readonly single: ParcelTable;
  readonly writeConcurrency: number;
  readonly metrics: Pick<Metrics, 'waybill.store.second_tries'>;
};

/**
 * The parcels table written in batches of statements. A statement expects an item to be there or not to be there, where a
 * single update takes both: the likelier is tried first, then the other.
 */
export function batchedParcelTable(deps: BatchedDependencies): ParcelTable {
  const { single, metrics } = deps;
  const batches = new StatementBatches(deps.execute, deps.writeConcurrency);
  const known = new KnownParcels();
  /** Parcels to be retried by single update: their statement failed although its call succeeded. */
  const failed = new Set<number>();

  async function execute(statement: ParcelStatement): Promise<TakenAnswer> {
    const answer = await batches.execute(statement);
    if (answer.kind !== 'failed') return answer;
    if (failed.size < mostAlone) failed.add(statement.state.parcelId);
    throw answer.error;
  }

  async function secondTry(statement: ParcelStatement): Promise<TakenAnswer> {
    metrics['waybill.store.second_tries'].add(1);
    return await execute(statement);
  }

  /** Writes by single update until one succeeds or is rejected. */
  async function applyAlone(change: ParcelState): Promise<ConditionalWrite> {
    try {
      const write = await single.apply(change);
      failed.delete(change.parcelId);
      return write;
    } catch (error) {
      if (hasCode(error, 'STORE_REJECTED')) failed.delete(change.parcelId);
      throw error;
    }
  }

  async function applyInBatch(change: ParcelState): Promise<ConditionalWrite> {
    const isLikelyNew = known.isLikelyNew(change);
    const insert: ParcelStatement = { kind: 'insert', state: change };
    const update: ParcelStatement = { kind: 'update', state: change, keeps: known.milestonesKept(change) };
    let answer = await execute(isLikelyNew ? insert : update);
    if (answer.kind === 'missed') {
      known.learn(change, !isLikelyNew);
      answer = await secondTry(isLikelyNew ? update : insert);
    } else if (answer.kind !== 'refused') {
      known.learn(change, isLikelyNew && answer.kind === 'done');
    }
    if (answer.kind === 'done') return { done: true };
    // Missed by both: another writer has stored or deleted it in between.
    if (answer.kind !== 'unmet') return await single.apply(change);
    const { stored } = answer;
    known.see(stored.state);
    // The stored parcel has an earlier milestone that this process did not know, lacks one that it knew, or has no room.
    if (isInOrder(stored.state, change)) metrics['waybill.store.second_tries'].add(1);
    return { done: false, stored };
  }

  async function conclude(statement: ParcelStatement, alone: () => Promise<ConditionalWrite>) {
    const answer = await execute(statement);
    if (answer.kind === 'done') return { done: true } as const;
    if (answer.kind === 'refused') return await alone();
    return { done: false, stored: answer.kind === 'unmet' ? answer.stored : undefined } as const;
  }

  return {
    historyEvents: single.historyEvents,
    apply: (change) => (failed.has(change.parcelId) ? applyAlone(change) : applyInBatch(change)),
    addHistory: (parcelId, history) =>
      conclude({ kind: 'union', state: { parcelId, history } }, () => single.addHistory(parcelId, history)),
    replace: (state, stored) => {
      const alone = () => single.replace(state, stored);
      // Hardly any parcel was ever repaired: no statement is made for that.
      return state.removed.length > 0 ? alone() : conclude({ kind: 'replace', state, stored }, alone);
    },
  };
}

/** Between this many parcels and twice as many are remembered: at most 3 MiB (measured: two maps of 30,000 ids each). */
const mostPerGeneration = 30_000;

/** A number for each of the parcels that were met lately. */
export class RecentParcels {
  #young = new Map<number, number>();
  #old = new Map<number, number>();

  get(parcelId: number): number | undefined {
    return this.#young.get(parcelId) ?? this.#old.get(parcelId);
  }

  set(parcelId: number, value: number): void {
    this.#young.set(parcelId, value);
    if (this.#young.size < mostPerGeneration) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}

/** The weight of one more parcel in the share of new ones: the latest hundred or so decide. */
const weight = 1 / 64;

/**
 * Guesses whether a parcel is stored already, so that the first statement is mostly the right one. A parcel that this
 * process has written is stored. Of the others, those whose change has a pickup are taken for new and those without for
 * stored, until experience says otherwise: a feed may begin parcels in its own way.
 */
class KnownParcels {
  /** The milestones that a parcel is known to have, as bits. */
  readonly #milestones = new RecentParcels();
  readonly #newShare = { withPickup: 0.9, without: 0.1 };

  isLikelyNew(change: ParcelState): boolean {
    return this.#milestones.get(change.parcelId) === undefined && this.#newShare[kindOf(change)] > 0.5;
  }

  /** Milestones of the change that are stored already, as far as this process knows. */
  milestonesKept({ parcelId, milestones }: ParcelState): readonly MilestoneName[] {
    const kept = (this.#milestones.get(parcelId) ?? 0) & milestoneBits(milestones);
    return kept === 0 ? none : milestoneNames.filter((_, index) => kept & (1 << index));
  }

  /** Takes note of the milestones of a parcel that an answer showed. */
  see({ parcelId, milestones }: ParcelState): void {
    this.#milestones.set(parcelId, (this.#milestones.get(parcelId) ?? 0) | milestoneBits(milestones));
  }

  /** Takes note of every parcel that a write has found stored, or not. */
  learn(change: ParcelState, wasNew: boolean): void {
    const { parcelId, milestones } = change;
    const known = this.#milestones.get(parcelId);
    if (known === undefined) {
      const kind = kindOf(change);
      this.#newShare[kind] += ((wasNew ? 1 : 0) - this.#newShare[kind]) * weight;
    }
    this.#milestones.set(parcelId, (known ?? 0) | milestoneBits(milestones));
  }
}

const none: readonly MilestoneName[] = [];

function kindOf({ milestones }: ParcelState): 'withPickup' | 'without' {
  return milestones.pickup ? 'withPickup' : 'without';
}
