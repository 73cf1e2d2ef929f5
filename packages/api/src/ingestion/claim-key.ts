import type { Clock, Random } from '@waybill/shared/clock.ts';
import { batchRetentionDays } from '@waybill/shared/resources.ts';
import { batchIdOf, keyIdOf, randomHex } from './batch-ids.ts';
import type { BatchStore, KeyRecord, StoredBatch } from './batch-store.ts';

export type ClaimDependencies = {
  readonly batches: Pick<BatchStore, 'readKey' | 'putKey' | 'readBatch'>;
  readonly clock: Clock;
  readonly random: Random;
};

/** Milliseconds after which a request that works on a key counts as given up: a request lasts for 10 s at most (`api.md`). */
export const givenUpAfterMs = 15_000;

/** What a key's record lets a request do. */
export type ClaimOutcome =
  /** This request works on the batch. `known`: what is stored of it, where an earlier request has begun it. */
  | {
      readonly kind: 'claimed';
      readonly batchId: string;
      readonly createdAtMs: number;
      readonly known: StoredBatch | undefined;
    }
  | { readonly kind: 'sent'; readonly batch: StoredBatch }
  | { readonly kind: 'key reused' }
  | { readonly kind: 'under way'; readonly retryAfterSeconds: number };

/** Claims tried for one request: each lost one means that another request has won. */
const mostTries = 5;

/**
 * Claims the key for this request, by one conditional write. A claim of another request holds until it counts as given up; then
 * it is taken over with its batch. What that request may still send or write does no harm: it sends the same.
 *
 * The age of a claim is the difference of two machines' clocks. Wherever they differ the worst is that a client is sent
 * away for longer, or that two requests send the same; a claim that seems to come from the future counts as given up, too.
 */
export async function claimKey(
  { batches, clock, random }: ClaimDependencies,
  push: { readonly callerName: string; readonly key: string; readonly bodySha256: string },
  signal: AbortSignal,
): Promise<ClaimOutcome> {
  const { bodySha256 } = push;
  const keyId = keyIdOf(push.callerName, push.key);
  const nowMs = clock.now();
  const fresh: KeyRecord = {
    keyId,
    batchId: batchIdOf(nowMs, random),
    bodySha256,
    claimId: randomHex(random),
    claimedAtMs: nowMs,
    createdAtMs: nowMs,
  };
  let next = fresh;
  let seen: KeyRecord | undefined;
  let known: StoredBatch | undefined;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const isClaimed = await batches.putKey(next, seen, signal);
    if (isClaimed) return claimed(next, known);
    seen = await batches.readKey(keyId, signal);
    // The answer to the write was lost, and the repetition met what it had written.
    if (seen?.claimId === fresh.claimId) return claimed(next, known);
    next = fresh;
    known = undefined;
    if (!seen || isExpired(seen, nowMs)) continue;
    if (seen.bodySha256 !== bodySha256) return { kind: 'key reused' };
    known = await batches.readBatch(seen.batchId, signal);
    if (known?.state === 'sent') return { kind: 'sent', batch: known };
    const ageMs = clock.now() - seen.claimedAtMs;
    if (Math.abs(ageMs) <= givenUpAfterMs) return underWay(givenUpAfterMs - ageMs);
    next = { ...fresh, batchId: seen.batchId, createdAtMs: seen.createdAtMs };
  }
  return underWay(givenUpAfterMs);
}

function claimed({ batchId, createdAtMs }: KeyRecord, known: StoredBatch | undefined): ClaimOutcome {
  return { kind: 'claimed', batchId, createdAtMs, known };
}

function underWay(leftMs: number): ClaimOutcome {
  return { kind: 'under way', retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1_000)) };
}

/** Expired by the clock: the engine removes items up to days later. */
export function isExpired({ createdAtMs }: Pick<KeyRecord, 'createdAtMs'>, nowMs: number): boolean {
  return expiresAt(createdAtMs) <= Math.floor(nowMs / 1_000);
}

/** When a batch and its key expire, Unix seconds. */
export function expiresAt(createdAtMs: number): number {
  return Math.floor(createdAtMs / 1_000) + batchRetentionDays * 86_400;
}
