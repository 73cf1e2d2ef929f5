import type { Mutation } from '../simulator/mutate.ts';
import type { Scenario } from './counted-run.ts';

/** Ways to make events cost more, while every promise is kept, that the recorded figures must notice. */
export const costMutants: readonly (Mutation & { readonly figure: string; readonly scenario: Scenario })[] = [
  {
    name: 'messages are deleted one by one',
    figure: 'DeleteMessageBatch',
    scenario: 'keeping up',
    file: 'packages/consumer/src/messages-in-hand.ts',
    find: 'if (this.#toDelete.length >= limits.batchEntries || held.interruption) void this.#deleteAll();',
    replace: 'if (this.#toDelete.length >= 1) void this.#deleteAll();',
  },
  {
    name: 'a message carries a few events',
    figure: 'SendMessageBatch',
    scenario: 'keeping up',
    file: 'packages/shared/src/domain/pack.ts',
    find: 'if (open.length > 0 && openBytes + bytes > maxBytes) yield close();',
    replace: 'if (open.length > 0 && openBytes + bytes > 1_000) yield close();',
  },
  {
    name: 'a parcel is written twice',
    figure: 'write units of parcels',
    scenario: 'keeping up',
    file: 'packages/processor/src/parcels/write-parcel.ts',
    find: 'let write = await table.apply(change);',
    replace: 'await table.apply(change); let write = await table.apply(change);',
  },
  {
    name: 'an entry of the history says everything twice',
    figure: 'write units of parcels',
    scenario: 'keeping up with 12 scans a parcel',
    file: 'packages/shared/src/domain/history.ts',
    find: 'cutText(type), cutText(statusCode)]);',
    replace: 'cutText(type), cutText(statusCode), createdDateTimeUtc, type, statusCode]);',
  },
];
