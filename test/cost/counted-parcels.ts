import type { ExecuteStatements } from '@waybill/processor/parcels/batched/parcel-statement.ts';
import { itemBytes, writeUnits } from '@waybill/shared/item-size.ts';
import { openMarks, parcelKey, type WriteFacts, wholeWrite } from '@waybill/shared/parcels/parcel-item.ts';
import type { ParcelTable, StoredParcel } from '@waybill/shared/parcels/parcel-table.ts';
import type { Journal } from '../../packages/consumer/test/journal.ts';
import { MemoryParcels } from '../../packages/processor/test/memory-parcels.ts';

/** What is billed of the parcels' writes. */
export type ParcelUnits = {
  /** Of the table: each conditional write, done or refused. */
  readonly table: number;
  /** Of an index of the open parcels, where the table has it: an entry is put, and later deleted. */
  readonly index: number;
  /** Of the table's: those of writes that only added to a history. */
  readonly unions: number;
};

/** Of an item: its bytes, and whether the index of the open parcels has it. */
type Item = { readonly bytes: number; readonly isOpen: boolean };
const noItem: Item = { bytes: 0, isOpen: false };

/** Any time: each takes the same bytes. */
const nowMs = Date.UTC(2026, 0, 1, 12, 34, 56, 789);

/**
 * The parcels table in memory, with the units that DynamoDB would bill. Items are made from the same table of attributes as
 * the writers' expressions. One processor has one write of a parcel under way at a time, so what is stored before and after
 * a write is what that write found and left.
 */
export class CountedParcels {
  readonly #memory: MemoryParcels;
  readonly #facts: Omit<WriteFacts, 'stored'>;
  readonly #items = new Map<number, { readonly stored: StoredParcel; readonly item: Item }>();
  #table = 0;
  #index = 0;
  #unions = 0;

  constructor(journal: Journal, historyEvents: number, before: () => Promise<void>) {
    this.#memory = new MemoryParcels(journal);
    this.#memory.historyEvents = historyEvents;
    this.#memory.before = before;
    this.#facts = { historyEvents, retentionDays: 0, nowMs, nowUtc: new Date(nowMs).toISOString() };
  }

  get units(): ParcelUnits {
    return { table: this.#table, index: this.#index, unions: this.#unions };
  }

  get stored(): number {
    return this.#memory.parcels.size;
  }

  get single(): ParcelTable {
    const memory = this.#memory;
    return {
      historyEvents: memory.historyEvents,
      apply: (change) => this.#billed(change.parcelId, () => memory.apply(change)),
      addHistory: (parcelId, added) => this.#billed(parcelId, () => memory.addHistory(parcelId, added), true),
      replace: (state, stored) => this.#billed(state.parcelId, () => memory.replace(state, stored)),
    };
  }

  readonly execute: ExecuteStatements = async (statements) => {
    const before = statements.map(({ state }) => this.#itemOf(state.parcelId));
    const answers = await this.#memory.execute(statements);
    for (const [index, { kind, state }] of statements.entries())
      this.#bill(before[index] ?? noItem, state.parcelId, kind === 'union');
    return answers;
  };

  async #billed<T>(parcelId: number, write: () => Promise<T>, isUnion = false): Promise<T> {
    const before = this.#itemOf(parcelId);
    const result = await write();
    this.#bill(before, parcelId, isUnion);
    return result;
  }

  #bill(before: Item, parcelId: number, isUnion: boolean): void {
    const after = this.#itemOf(parcelId);
    const units = writeUnits(before.bytes, after.bytes);
    this.#table += units;
    if (isUnion) this.#unions += units;
    if (before.isOpen !== after.isOpen) this.#index += 1;
  }

  #itemOf(parcelId: number): Item {
    const stored = this.#memory.parcels.get(parcelId);
    if (!stored) return noItem;
    const known = this.#items.get(parcelId);
    if (known?.stored === stored) return known.item;
    const { state, revision } = stored;
    const facts = { ...this.#facts, stored: { revision: revision - 1 } };
    const attributes = [parcelKey, ...wholeWrite(state, facts).set];
    const bytes = itemBytes(Object.fromEntries(attributes.map(({ name, value }) => [name, value(state, facts)])));
    const item = { bytes, isOpen: openMarks.every((mark) => attributes.includes(mark)) };
    this.#items.set(parcelId, { stored, item });
    return item;
  }
}
