import { type Milestone, merge, milestoneNames, type ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { hasCode } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { ConditionalWrite, ParcelTable } from '../parcel-table.ts';
import { KnownParcels } from './known-parcels.ts';
import {
  type ExecuteStatements,
  mostStatements,
  type ParcelStatement,
  type StatementAnswer,
} from './parcel-statement.ts';
import { StatementBatches } from './statement-batches.ts';

/** What became of a statement that the engine took: its failures reject instead. */
type TakenAnswer = Exclude<StatementAnswer, { kind: 'failed' }>;

/** Parcels that are tried again alone at a time. More are no hot parcels but a table at its limit, where an update each would halve what gets through. */
const mostAlone = mostStatements;

export type BatchedDependencies = {
  readonly execute: ExecuteStatements;
  /** Repeats what a batch refuses, and judges whose fault it is. */
  readonly single: ParcelTable;
  readonly writeConcurrency: number;
  readonly metrics: Pick<Metrics, 'waybill.store.second_tries'>;
};

/**
 * The parcels table written in batches of statements. A statement expects an item to be there or not to be there, where a
 * single update takes both: the likelier is tried first, the other one after it.
 */
export function batchedParcelTable(dependencies: BatchedDependencies): ParcelTable {
  const { single, metrics } = dependencies;
  const batches = new StatementBatches(dependencies.execute, dependencies.writeConcurrency);
  const known = new KnownParcels();
  /** Parcels whose statement failed while its call was served, and that are to be tried again alone. */
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

  /** By an update of its own, until one gets an answer. */
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
    // Missed by both: another writer came or deleted it in between.
    if (answer.kind !== 'unmet') return await single.apply(change);
    const { stored } = answer;
    if (!isInOrder(stored.state, change)) return { done: false, stored };
    // What is there has a milestone of the change, an earlier one, unknown to this process; or lacks one that it knew of.
    const kept = merge(stored.state, change);
    return await concluded(
      await secondTry({ kind: 'replace', state: kept, revision: stored.revision }),
      kept,
      stored.revision,
    );
  }

  async function concluded(answer: TakenAnswer, state: ParcelState, revision: number): Promise<ConditionalWrite> {
    if (answer.kind === 'done') return { done: true };
    if (answer.kind === 'refused') return await single.replace(state, revision);
    return { done: false, stored: answer.kind === 'unmet' ? answer.stored : undefined };
  }

  return {
    apply: (change) => (failed.has(change.parcelId) ? applyAlone(change) : applyInBatch(change)),
    replace: async (state, revision) =>
      await concluded(await execute({ kind: 'replace', state, revision }), state, revision),
  };
}

/** Whether applying the change to what is stored equals merging it: {@link ParcelTable.apply}'s condition. */
function isInOrder(stored: ParcelState, change: ParcelState): boolean {
  return (
    stored.latest.eventId < change.latest.eventId &&
    milestoneNames.every((name) => isNotBefore(stored.milestones[name], change.milestones[name]))
  );
}

function isNotBefore(stored: Milestone | undefined, change: Milestone | undefined): boolean {
  return !stored || !change || stored.eventId < change.eventId;
}
