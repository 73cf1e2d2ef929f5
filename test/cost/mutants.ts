import type { Mutation } from '../simulator/mutate.ts';

/** Ways to make events cost more, while every promise is kept, that the recorded figures must notice. */
export const costMutants: readonly (Mutation & { readonly figure: string })[] = [
  {
    name: 'messages are deleted one by one',
    figure: 'DeleteMessageBatch',
    file: 'packages/consumer/src/messages-in-hand.ts',
    find: 'if (this.#toDelete.length >= limits.batchEntries || held.interruption) void this.#deleteAll();',
    replace: 'if (this.#toDelete.length >= 1) void this.#deleteAll();',
  },
  {
    name: 'a message carries a few events',
    figure: 'SendMessageBatch',
    file: 'packages/shared/src/domain/pack.ts',
    find: 'if (openBytes + bytes > maxBytes) close();',
    replace: 'if (openBytes + bytes > 1_000) close();',
  },
  {
    name: 'a parcel is written twice',
    figure: 'write units of parcels',
    file: 'packages/processor/src/parcels/parcel-writes.ts',
    find: 'let write = await table.apply(change);',
    replace: 'await table.apply(change); let write = await table.apply(change);',
  },
];
