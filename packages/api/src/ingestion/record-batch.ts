import type { BatchRecord, BatchStore, StoredBatch } from './batch-store.ts';

/** A batch is recorded, and may be sent from this part on; or it was sent by another request meanwhile. */
export type Recorded =
  | { readonly kind: 'sending'; readonly firstPart: number }
  | { readonly kind: 'sent'; readonly batch: StoredBatch };

/**
 * Records the batch with all its packs pending, before the first is sent: a processor may settle a pack before the last one is
 * on the queue. Where the batch is there already with the same packs, they keep their numbers. Where an earlier request has
 * packed the same body otherwise (other settings, an earlier release), the packs get numbers of their own: what the
 * processor settles of the earlier ones says nothing about these.
 */
export async function recordBatch(
  batches: Pick<BatchStore, 'readBatch' | 'putBatch' | 'repack'>,
  batch: Omit<BatchRecord, 'firstPart'>,
  known: StoredBatch | undefined,
  signal: AbortSignal,
): Promise<Recorded> {
  for (let stored = known; ; stored = await batches.readBatch(batch.batchId, signal)) {
    if (!stored) {
      const isNew = await batches.putBatch({ ...batch, firstPart: 0 }, signal);
      if (isNew) return { kind: 'sending', firstPart: 0 };
      continue;
    }
    if (stored.bodySha256 !== batch.bodySha256)
      throw new Error(`batch ${batch.batchId} is another one: its id came twice`);
    if (stored.state === 'sent') return { kind: 'sent', batch: stored };
    if (stored.packing === batch.packing) return { kind: 'sending', firstPart: stored.firstPart };
    const firstPart = stored.firstPart + stored.packs;
    const isRepacked = await batches.repack({ ...batch, firstPart }, stored, signal);
    if (isRepacked) return { kind: 'sending', firstPart };
  }
}
