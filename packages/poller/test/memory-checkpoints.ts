import type { CheckpointStore, StoredCheckpoint } from '@waybill/shared/checkpoint/checkpoint-store.ts';

export type Operation = 'read' | 'acquire' | 'renew' | 'release';

/** A write of the checkpoint that took effect. */
export type Move = { readonly token: number; readonly from: number | undefined; readonly to: number };

/** One feed's item, under the conditions that {@link CheckpointStore} names. */
export class MemoryCheckpoints {
  item: StoredCheckpoint | undefined;
  readonly calls: Record<Operation, number> = { read: 0, acquire: 0, renew: 0, release: 0 };
  readonly moves: Move[] = [];
  /** Called before each operation: throws in place of it, or waits. */
  before: (operation: Operation) => Promise<void> | void = () => undefined;
  /** Called after each operation took effect: throws to lose its answer. */
  after: (operation: Operation) => Promise<void> | void = () => undefined;

  /** The runbook's reset: another position, no holder, nothing known of the feed until the next one writes it, and the token raised. */
  reset(lastEventId: number): void {
    const { token = 0, counter = 0, openGaps } = this.item ?? {};
    this.item = { lastEventId, token: token + 1, counter: counter + 1, holder: undefined, openGaps };
  }

  /** The store as one process sees it; `through` stands for what lies between the two. */
  open(through: <T>(call: () => Promise<T>) => Promise<T> = (call) => call()): CheckpointStore {
    const call = <T>(operation: Operation, effect: () => T) =>
      through(async () => {
        this.calls[operation] += 1;
        await this.before(operation);
        const result = effect();
        await this.after(operation);
        return result;
      });
    return {
      read: () => call('read', () => this.item),
      acquire: (seen, holder) =>
        call('acquire', () => {
          if (this.item?.token !== seen?.token || this.item?.counter !== seen?.counter) return 'outrun';
          this.item = {
            ...this.item,
            lastEventId: this.item?.lastEventId,
            token: (seen?.token ?? 0) + 1,
            counter: (seen?.counter ?? 0) + 1,
            holder,
          };
          return 'acquired';
        }),
      renew: ({ token, holder }, lastEventId, completeness, progress) =>
        call('renew', () => {
          if (this.item?.token !== token || this.item.holder !== holder) return 'fenced';
          const from = this.item.lastEventId;
          if (lastEventId !== undefined && from !== undefined && lastEventId < from) return 'fenced';
          if (lastEventId !== undefined) this.moves.push({ token, from, to: lastEventId });
          this.item = {
            ...this.item,
            counter: this.item.counter + 1,
            lastEventId: lastEventId ?? from,
            ...completeness,
            ...progress,
          };
          return 'renewed';
        }),
      release: ({ token, holder }) =>
        call('release', () => {
          if (this.item?.token === token && this.item.holder === holder)
            this.item = { ...this.item, counter: this.item.counter + 1, holder: undefined };
        }),
    };
  }
}
