import { unfinishedShards } from '@waybill/shared/resources.ts';
import { type NotificationState, notificationStates } from './notification-state.ts';

/** The states of notifications that somebody should look at: those that the index `unfinished` has. */
export const unfinishedStates = notificationStates.filter((state) => state !== 'notified');

/** The partitions of the index that have the notifications of a state. */
export function unfinishedPartitions(state: NotificationState): readonly string[] {
  return Array.from({ length: unfinishedShards }, (_, shard) => unfinishedPartition(state, shard));
}

/** The value of the attribute `unfinished`; undefined for what was told, which the index does not have. */
export function unfinishedValue(state: NotificationState, parcelId: number): string | undefined {
  return state === 'notified' ? undefined : unfinishedPartition(state, parcelId % unfinishedShards);
}

function unfinishedPartition(state: NotificationState, shard: number): string {
  return `${state}#${shard}`;
}
