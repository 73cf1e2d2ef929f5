/** A batch as it is recorded before anything of it is sent. */
export type BatchRecord = {
  /** Sorts by time: {@link batchIdOf}. */
  readonly batchId: string;
  /** Events. */
  readonly accepted: number;
  /** Elements. */
  readonly rejected: number;
  /** Messages that its events are sent in. */
  readonly packs: number;
  /** The number of the first of them; the others follow it. */
  readonly firstPart: number;
  /** Tells apart ways in which the same body is packed: a SHA-256 over the messages' bodies. */
  readonly packing: string;
  /** Of the body, decompressed; hexadecimal. */
  readonly bodySha256: string;
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
};

/** A batch as it is stored. `sent`: each of its messages is confirmed on the queue. */
export type StoredBatch = Pick<
  BatchRecord,
  'batchId' | 'accepted' | 'packs' | 'firstPart' | 'packing' | 'bodySha256'
> & { readonly state: 'sending' | 'sent' };

/** What an idempotency key stands for, and which request works on it. */
export type KeyRecord = {
  /** {@link keyIdOf}; neither the key nor the caller's name can be read from it. */
  readonly keyId: string;
  readonly batchId: string;
  readonly bodySha256: string;
  /** Of the request that works on it: no two requests have the same. */
  readonly claimId: string;
  /** When that request began, by the clock of its machine; milliseconds since the epoch. */
  readonly claimedAtMs: number;
  /** When the first request with the key came; milliseconds since the epoch. The batch has the same. */
  readonly createdAtMs: number;
};

/**
 * Batches and idempotency keys: `dynamodb-batch-store.ts` keeps them in the batches table. Each write is one conditional
 * write of one item, and may have been done although it rejects, or although it returns that its condition did not hold:
 * a client that repeats a call by itself meets its own write.
 */
export type BatchStore = {
  /** The key's record; an expired one as well, for as long as the engine keeps it. */
  readonly readKey: (keyId: string, signal: AbortSignal) => Promise<KeyRecord | undefined>;
  /** Writes the key's record where it is still the one seen: has that claim, or is not there. Returns whether it was. */
  readonly putKey: (next: KeyRecord, seen: KeyRecord | undefined, signal: AbortSignal) => Promise<boolean>;
  readonly readBatch: (batchId: string, signal: AbortSignal) => Promise<StoredBatch | undefined>;
  /** Records a batch in the state `sending`, all its packs pending, where there is none with its id. Returns whether there was none. */
  readonly putBatch: (batch: BatchRecord, signal: AbortSignal) => Promise<boolean>;
  /** Replaces the packs of a batch that is still `sending` with the packs seen, as they were numbered. Returns whether it was. */
  readonly repack: (batch: BatchRecord, seen: StoredBatch, signal: AbortSignal) => Promise<boolean>;
  /**
   * `sending` becomes `sent`, where the packs and their numbers are still these. Returns whether they were. What the processor
   * has settled stays so.
   */
  readonly markSent: (
    batch: Pick<BatchRecord, 'batchId' | 'packing' | 'firstPart'>,
    signal: AbortSignal,
  ) => Promise<boolean>;
};
