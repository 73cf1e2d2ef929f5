import { createConsumer } from '../src/consumer-service.ts';
import type { Handler } from '../src/handler.ts';
import type { Journal } from './journal.ts';
import { listHandler, listMetrics } from './list-handler.ts';
import { type RigOptions, serviceRig } from './service-rig.ts';

/** A list in memory. */
class MemoryList {
  readonly items = new Set<number>();
  /** Called before an item is put: throws in place of it, or waits. */
  before: (item: number) => Promise<void> | void = () => undefined;
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  readonly put = async (item: number): Promise<void> => {
    await this.before(item);
    this.items.add(item);
    this.#journal.add(`stored ${item}`);
  };

  /** What is on the list. */
  get ids(): number[] {
    return [...this.items].sort((a, b) => a - b);
  }
}

export type ListRigOptions = RigOptions & {
  readonly callsAtOnce?: number;
  /** What the handler does otherwise. */
  readonly handler?: Partial<Handler<readonly number[], 'items'>>;
};

/** A consumer with the simplest handler there is, over ports in memory. */
export function listRig({ callsAtOnce = 64, handler = {}, ...options }: ListRigOptions = {}) {
  return serviceRig(options, ({ metrics, ...ports }, journal) => {
    const list = new MemoryList(journal);
    const service = createConsumer({
      ...ports,
      handler: { ...listHandler(list, callsAtOnce), ...handler },
      metrics: listMetrics(metrics),
    });
    return { service, list };
  });
}
