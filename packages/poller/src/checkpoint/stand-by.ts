import type { CheckpointStore, StoredCheckpoint } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';

/** A lease just taken. */
export type TakenLease = {
  readonly token: number;
  readonly holder: string;
  /** The checkpoint as it was taken over; undefined where nothing was confirmed yet. */
  readonly lastEventId: number | undefined;
  /** The gap ledger that the former holder left, as text. */
  readonly openGaps?: string | undefined;
  /** Monotonic time at which the write that took it began, or earlier: from then on it lasts `leaseMs`. */
  readonly takenAt: number;
};

export type StandByDependencies = {
  readonly checkpoints: CheckpointStore;
  /** Of the loop that stands by and then keeps the lease. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** `LEASE_SECONDS`, in milliseconds. */
  readonly leaseMs: number;
  /** Under which name this process held the lease last. It does not hold it any more, so it need not wait for itself. */
  readonly former: string | undefined;
};

/**
 * Stands by until the lease is free, and takes it: at once where there is no checkpoint yet or the lease was released,
 * else when token and counter stayed the same for `leaseMs` of this process's own monotonic time (clocks of two
 * machines are never compared). Undefined once `stopping` aborts. An engine that fails is asked again with backoff.
 */
export async function standBy(deps: StandByDependencies, stopping: AbortSignal): Promise<TakenLease | undefined> {
  const { checkpoints, clock, random, log, leaseMs, former } = deps;
  const backoff: Backoff = { firstMs: 200, maxMs: Math.min(5_000, leaseMs) };
  const name = uniqueName(random);
  const attemptedAt: number[] = [];
  let watched: { readonly item: StoredCheckpoint; readonly since: number } | undefined;
  let failures = 0;
  while (!stopping.aborted) {
    try {
      const askedAt = clock.monotonic();
      const item = await checkpoints.read();
      // The answer to an attempt was lost, or the client repeated the attempt and was refused by its own success.
      if (item?.holder?.startsWith(name))
        return {
          token: item.token,
          holder: item.holder,
          lastEventId: item.lastEventId,
          openGaps: item.openGaps,
          takenAt: attemptedAt[0] ?? askedAt,
        };
      const answeredAt = clock.monotonic();
      const isSilent = watched && item && isSame(watched.item, item) && askedAt - watched.since >= leaseMs;
      const isFree = item?.holder === undefined || item.holder === former;
      if (!isFree && !isSilent) {
        if (!item || !watched || !isSame(watched.item, item)) watched = item && { item, since: answeredAt };
        failures = 0;
        await clock.sleep(leaseMs / 3, stopping);
        continue;
      }
      if (stopping.aborted) return undefined;
      const holder = name + attemptedAt.length;
      const takenAt = clock.monotonic();
      attemptedAt.push(takenAt);
      const outcome = await checkpoints.acquire(item, holder);
      if (outcome === 'acquired')
        return {
          token: (item?.token ?? 0) + 1,
          holder,
          lastEventId: item?.lastEventId,
          openGaps: item?.openGaps,
          takenAt,
        };
      log.info({ token: item?.token }, 'lease not taken: another poller was faster');
    } catch (error) {
      log.warn({ err: error, failures: failures + 1 }, 'checkpoint not readable, standing by');
    }
    await clock.sleep(backoffMs(failures, backoff, random), stopping);
    failures += 1;
  }
  return undefined;
}

function isSame(a: StoredCheckpoint, b: StoredCheckpoint): boolean {
  return a.token === b.token && a.counter === b.counter;
}

/** 128 random bits: no other process, and no other stand-by of this one, has this name. */
function uniqueName(random: Random): string {
  const word = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${word()}${word()}${word()}${word()}/`;
}
