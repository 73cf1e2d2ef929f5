import { type History, mergeHistory } from '@waybill/shared/domain/history.ts';
import { type MilestoneName, milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { isInOrder, merge, type ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { hasCode } from '@waybill/shared/error.ts';
import type { Bookkeeping, ConditionalWrite, ParcelTable, StoredParcel } from '@waybill/shared/parcels/parcel-table.ts';
import type { Journal } from '../../consumer/test/journal.ts';
import type { ParcelStatement, StatementAnswer } from '../src/parcels/batched/parcel-statement.ts';

/** The parcels table as {@link ParcelTable} describes it. */
export class MemoryParcels implements ParcelTable {
  readonly parcels = new Map<number, StoredParcel>();
  historyEvents = 32;
  writes = 0;
  /** Called before each write, to throw in its place or to wait. */
  before: (state: ParcelState) => Promise<void> | void = () => undefined;
  /** Calls of statements so far. */
  readonly calls: (readonly ParcelStatement[])[] = [];
  /** Called before each call of statements, to throw in its place or to wait. */
  beforeCall: (statements: readonly ParcelStatement[]) => Promise<void> | void = () => undefined;
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  readonly apply = async (change: ParcelState): Promise<ConditionalWrite> => {
    this.writes += 1;
    await this.before(change);
    const stored = this.parcels.get(change.parcelId);
    if (!stored) return this.#write(change, stored);
    const { state } = stored;
    if (!isInOrder(state, change) || !this.#hasRoom(state, change.history)) return { done: false, stored };
    return this.#write(merge(state, change), stored);
  };

  readonly addHistory = async (parcelId: number, added: History): Promise<ConditionalWrite> => {
    this.writes += 1;
    const seen = this.parcels.get(parcelId);
    if (seen) await this.before({ ...seen.state, history: added });
    const stored = this.parcels.get(parcelId);
    if (!stored?.state.history.length || !this.#hasRoom(stored.state, added)) return { done: false, stored };
    return this.#write({ ...stored.state, history: mergeHistory(stored.state.history, added) }, stored);
  };

  readonly replace = async (state: ParcelState, { revision }: Bookkeeping): Promise<ConditionalWrite> => {
    this.writes += 1;
    await this.before(state);
    const stored = this.parcels.get(state.parcelId);
    if (stored?.revision !== revision) return { done: false, stored };
    return this.#write(state, stored);
  };

  #hasRoom({ history, removed }: ParcelState, added: History): boolean {
    if (removed.length > 0) return false;
    if (this.historyEvents === 0) return history.length === 0;
    return history.length > 0 && history.length + added.length <= this.historyEvents;
  }

  /** Statements in one call, as `parcel-statement.ts` describes them; a call with a parcel in it twice is refused whole. */
  readonly execute = async (statements: readonly ParcelStatement[]): Promise<readonly StatementAnswer[]> => {
    this.calls.push(statements);
    const ids = statements.map(({ state }) => state.parcelId);
    if (new Set(ids).size < ids.length) return statements.map(() => ({ kind: 'refused' }));
    await this.beforeCall(statements);
    return await Promise.all(statements.map((statement) => this.#answer(statement)));
  };

  async #answer(statement: ParcelStatement): Promise<StatementAnswer> {
    const { kind, state } = statement;
    if (kind === 'union') return await this.#answerOf(() => this.addHistory(state.parcelId, state.history));
    if (kind === 'replace') return await this.#answerOf(() => this.replace(state, statement.stored));
    this.writes += 1;
    try {
      await this.before(state);
    } catch (error) {
      return failureOf(error);
    }
    const stored = this.parcels.get(state.parcelId);
    if ((stored === undefined) !== (kind === 'insert')) return { kind: 'missed' };
    if (!stored || kind === 'insert') return this.#done(state, undefined);
    const { latest, milestones } = stored.state;
    const isMet = (name: MilestoneName) => {
      const [known, added] = [milestones[name], state.milestones[name]];
      if (!added) return true;
      return statement.keeps.includes(name) ? known !== undefined && known.eventId < added.eventId : !known;
    };
    const isMetByAll = latest.eventId < state.latest.eventId && milestoneNames.every(isMet);
    if (!isMetByAll || !this.#hasRoom(stored.state, state.history)) return { kind: 'unmet', stored };
    return this.#done(merge(stored.state, state), stored);
  }

  async #answerOf(write: () => Promise<ConditionalWrite>): Promise<StatementAnswer> {
    try {
      const result = await write();
      if (result.done) return { kind: 'done' };
      return result.stored ? { kind: 'unmet', stored: result.stored } : { kind: 'missed' };
    } catch (error) {
      return failureOf(error);
    }
  }

  #done(state: ParcelState, stored: StoredParcel | undefined): StatementAnswer {
    this.#write(state, stored);
    return { kind: 'done' };
  }

  #write(state: ParcelState, stored: StoredParcel | undefined): ConditionalWrite {
    this.parcels.set(state.parcelId, { state, revision: (stored?.revision ?? 0) + 1 });
    this.#journal.add(`stored ${state.parcelId}`);
    return { done: true };
  }

  /** Ids of the parcels that are stored. */
  get ids(): number[] {
    return [...this.parcels.keys()].sort((a, b) => a - b);
  }
}

function failureOf(error: unknown): StatementAnswer {
  return hasCode(error, 'STORE_REJECTED') ? { kind: 'refused' } : { kind: 'failed', error };
}
