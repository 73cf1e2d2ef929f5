import { type MilestoneName, merge, milestoneNames, type ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { hasCode } from '@waybill/shared/error.ts';
import type { Journal } from '../../consumer/test/journal.ts';
import type { ParcelStatement, StatementAnswer } from '../src/parcels/batched/parcel-statement.ts';
import type { ConditionalWrite, ParcelTable, StoredParcel } from '../src/parcels/parcel-table.ts';

/** The parcels table as {@link ParcelTable} describes it. */
export class MemoryParcels implements ParcelTable {
  readonly parcels = new Map<number, StoredParcel>();
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
    const inOrder =
      !stored ||
      (stored.state.latest.eventId < change.latest.eventId &&
        milestoneNames.every((name) => {
          const [known, added] = [stored.state.milestones[name], change.milestones[name]];
          return !known || !added || known.eventId < added.eventId;
        }));
    if (!inOrder) return { done: false, stored };
    return this.#write(stored ? merge(stored.state, change) : change, stored);
  };

  readonly replace = async (state: ParcelState, revision: number): Promise<ConditionalWrite> => {
    this.writes += 1;
    await this.before(state);
    const stored = this.parcels.get(state.parcelId);
    if (stored?.revision !== revision) return { done: false, stored };
    return this.#write(state, stored);
  };

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
    this.writes += 1;
    try {
      await this.before(state);
    } catch (error) {
      return hasCode(error, 'STORE_REJECTED') ? { kind: 'refused' } : { kind: 'failed', error };
    }
    const stored = this.parcels.get(state.parcelId);
    if ((stored === undefined) !== (kind === 'insert')) return { kind: 'missed' };
    if (!stored || kind === 'insert') return this.#done(state, undefined);
    if (kind === 'replace') {
      if (stored.revision !== statement.revision) return { kind: 'unmet', stored };
      return this.#done(state, stored);
    }
    const { latest, milestones } = stored.state;
    const isMet = (name: MilestoneName) => {
      const [known, added] = [milestones[name], state.milestones[name]];
      if (!added) return true;
      return statement.keeps.includes(name) ? known !== undefined && known.eventId < added.eventId : !known;
    };
    if (latest.eventId >= state.latest.eventId || !milestoneNames.every(isMet)) return { kind: 'unmet', stored };
    return this.#done({ ...state, milestones: { ...state.milestones, ...milestones } }, stored);
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
