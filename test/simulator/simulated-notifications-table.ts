import type { NotificationsTable, StoredNotification } from '@waybill/notifier/notifications/notifications-table.ts';
import type { FaultLayer } from './faults.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** Sees what is written to the table. */
export type NotificationsWitness = {
  readonly violate: (what: string) => void;
  readonly count: (fact: string) => void;
  readonly notificationWritten: (
    process: SimulatedProcess,
    before: StoredNotification | undefined,
    after: StoredNotification,
  ) => void;
};

/** Keys of one BatchGetItem (DynamoDB's limit). */
const mostKeys = 100;

/** The notifications table with the condition of {@link NotificationsTable}. */
export class SimulatedNotificationsTable {
  readonly notifications = new Map<string, StoredNotification>();
  readonly #faults: FaultLayer;
  readonly #witness: NotificationsWitness;

  constructor(options: { readonly faults: FaultLayer; readonly witness: NotificationsWitness }) {
    this.#faults = options.faults;
    this.#witness = options.witness;
  }

  openFor(process: SimulatedProcess): NotificationsTable {
    const call = <T>(operation: string, effect: () => T) =>
      this.#faults.call(process, { engine: 'dynamodb', operation }, effect);
    return {
      get: (ids) =>
        call(`read notifications ${ids.join(', ')}`, () => {
          if (ids.length === 0 || ids.length > mostKeys || new Set(ids).size < ids.length)
            this.#witness.violate(`${process.name} asks for ${ids.length} notifications at once, or for one twice`);
          return new Map(
            ids.flatMap((id) => {
              const stored = this.notifications.get(id);
              return stored ? [[id, stored] as const] : [];
            }),
          );
        }),
      put: (next, seen) => call(`put ${next.notificationId} ${next.state}`, () => this.#put(process, next, seen)),
    };
  }

  #put(process: SimulatedProcess, next: StoredNotification, seen: StoredNotification | undefined): boolean {
    const before = this.notifications.get(next.notificationId);
    if (!isAsSeen(before, seen)) {
      this.#witness.count('notifications written by another meanwhile');
      return false;
    }
    this.#witness.notificationWritten(process, before, next);
    this.notifications.set(next.notificationId, next);
    return true;
  }
}

/** What a change always changes: the state, what was counted, or when. */
function isAsSeen(stored: StoredNotification | undefined, seen: StoredNotification | undefined): boolean {
  return JSON.stringify(stored) === JSON.stringify(seen);
}
