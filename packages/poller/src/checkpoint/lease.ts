import type { CheckpointStore, Completeness, FeedProgress } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { type Backoff, backoffMs } from '@waybill/shared/retry.ts';
import type { TakenLease } from './stand-by.ts';

export type LeaseDependencies = {
  readonly checkpoints: CheckpointStore;
  /** Of the process, not of a loop: all who send ask how old the lease is. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.position' | 'waybill.feed.watermark' | 'waybill.store.errors'>;
  /** `LEASE_SECONDS`, in milliseconds. */
  readonly leaseMs: number;
  /** What is missing below this position now. Written together with the position, and when it changed. */
  readonly completeness: (lastEventId: number) => Completeness;
};

/** What the feed showed up to a position. Times are milliseconds since 1970, by the feed's clock and by this process's. */
export type FeedObservation = {
  /** The position. */
  readonly last: number;
  /** When the newest event of the page was scanned. */
  readonly scannedAt?: number | undefined;
  /** When the feed was asked, if it had nothing beyond the position. */
  readonly caughtUpAt?: number | undefined;
  /** An EventId beyond the position that the feed has shown. */
  readonly head?: number | undefined;
};

/** Moves that may wait to be written: what they went over is on the queue, and a crash sends it again. A move is one page, or what was confirmed of one stripe. */
const maxUnwrittenMoves = 8;

/** This many moves are written at once. Fewer wait until {@link gatherMs} after the last write, so that more may join them. */
const gatheredMoves = maxUnwrittenMoves / 2;
const gatherMs = 250;

const renewalBackoff: Backoff = { firstMs: 100, maxMs: 2_000 };

/**
 * A lease that is held: renewed while idle, its checkpoint moved as pages are confirmed, one write at a time. Writes
 * carry the newest position there is, and moves that follow each other closely are gathered, so that neither a fast feed
 * nor a slow table costs a write for each page.
 */
export class Lease {
  readonly #deps: LeaseDependencies;
  readonly #taken: TakenLease;
  readonly #lost = new AbortController();
  readonly #closing = new AbortController();
  /** Until when (monotonic) this process may send without asking: two thirds of the lease. In the past once it is lost. */
  heldUntil: number;
  /** When the last successful write began: another process counts from then on, or later. */
  #writtenAt: number;
  #position: number | undefined;
  #writtenPosition: number | undefined;
  #writtenCompleteness: Completeness | undefined;
  #progress: FeedProgress = {};
  #moves = 0;
  #writtenMoves = 0;
  #isUrgent = false;
  /** Aborts the wait for the next renewal. */
  #nap = new AbortController();
  /** Resolves when the next write ends, successful or not, and when the lease is lost. */
  #nextWrite = Promise.withResolvers<void>();
  #keeping: Promise<void> = Promise.resolve();

  constructor(taken: TakenLease, deps: LeaseDependencies) {
    this.#deps = deps;
    this.#taken = taken;
    this.#writtenAt = taken.takenAt;
    this.heldUntil = taken.takenAt + (deps.leaseMs * 2) / 3;
    this.#position = taken.lastEventId;
    this.#writtenPosition = taken.lastEventId;
  }

  /** Aborts when the lease is lost, with `LEASE_LOST` as its reason. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Begins the renewals, by the clock of their loop. */
  start(clock: Clock): void {
    this.#keeping = this.#keep(clock);
  }

  /**
   * Notes what the feed showed, once everything up to it is confirmed on the queue. It goes with the writes that are made
   * anyway: none is made for it.
   */
  note({ last, scannedAt, caughtUpAt, head }: FeedObservation): void {
    const headEventId = Math.max(this.#progress.headEventId ?? 0, last, head ?? 0);
    this.#progress = {
      ...this.#progress,
      ...(headEventId > 0 && { headEventId }),
      ...(scannedAt !== undefined && { newestScanUtc: new Date(scannedAt).toISOString() }),
      ...(caughtUpAt !== undefined && { caughtUpAtUtc: new Date(caughtUpAt).toISOString() }),
    };
  }

  /**
   * Moves the checkpoint: everything up to `lastEventId` is confirmed on the queue. Resolves once few enough moves wait
   * to be written, or when `stopping` aborts ({@link close} writes the last one). Rejects with `LEASE_LOST`.
   */
  async moveTo(lastEventId: number, stopping: AbortSignal): Promise<void> {
    if (this.#position === undefined || lastEventId > this.#position) {
      this.#position = lastEventId;
      this.#moves += 1;
      if (this.#unwrittenMoves === 1 || this.#unwrittenMoves >= gatheredMoves) this.#wake();
    }
    while (this.#unwrittenMoves > maxUnwrittenMoves && !stopping.aborted) await this.#untilNextWrite();
    this.lost.throwIfAborted();
  }

  /**
   * Resolves when this process may send: at once until {@link heldUntil}, else after a renewal, so that a holder that was
   * frozen finds out before it sends anything. Rejects with `LEASE_LOST`, or with `STOPPED` when `stopping` has aborted
   * and the renewal failed: a stop does not wait for an engine that is down.
   */
  async ensureHeld(stopping: AbortSignal): Promise<void> {
    this.lost.throwIfAborted();
    for (let renewals = 0; this.#deps.clock.monotonic() > this.heldUntil; renewals += 1) {
      if (renewals > 0 && stopping.aborted) throw new WaybillError('STOPPED', 'the lease could not be renewed');
      this.#isUrgent = true;
      this.#wake();
      await this.#untilNextWrite();
    }
  }

  /**
   * Ends the lease in order: the last position is written and the lease released, each tried once, so that a stop does
   * not wait for an engine that is down. What could not be written is read and sent again by the next holder.
   */
  async close(): Promise<void> {
    const { checkpoints, log } = this.#deps;
    const { token } = this.#taken;
    this.#closing.abort();
    this.#wake();
    await this.#keeping;
    if (this.lost.aborted) return;
    try {
      if (this.#position !== this.#writtenPosition || this.#changedCompleteness()) await this.#write();
      if (this.lost.aborted) return;
      await checkpoints.release(this.#taken);
      log.info({ token, lastEventId: this.#writtenPosition }, 'lease released');
    } catch (error) {
      log.warn({ token, lastEventId: this.#writtenPosition, err: error }, 'lease not released, it will expire');
    }
  }

  async #keep(clock: Clock): Promise<void> {
    const { random, log, metrics, leaseMs } = this.#deps;
    let failures = 0;
    while (!this.#closing.signal.aborted && !this.lost.aborted) {
      const age = clock.monotonic() - this.#writtenAt;
      const dueInMs = this.#isUrgent || this.#unwrittenMoves >= gatheredMoves ? 0 : this.#pauseMs - age;
      if (dueInMs > 0) {
        this.#nap = new AbortController();
        await clock.sleep(dueInMs, this.#nap.signal);
        continue;
      }
      try {
        await this.#write();
        failures = 0;
      } catch (error) {
        metrics['waybill.store.errors'].add(1, { error: error instanceof Error ? error.name : 'unknown' });
        const waitMs = backoffMs(failures, renewalBackoff, random);
        failures += 1;
        log.warn({ token: this.#taken.token, failures, waitMs, err: error }, 'lease not renewed, will be retried');
        if (clock.monotonic() - this.#writtenAt >= leaseMs) this.#lose('could not be renewed in time');
        else await clock.sleep(waitMs, this.#closing.signal);
      }
    }
  }

  /** One conditional write: the renewal, the newest position where it moved, the gaps where they changed, what is known of the feed. Rejects when the engine fails. */
  async #write(): Promise<void> {
    const { checkpoints, clock, metrics, leaseMs } = this.#deps;
    const startedAt = clock.monotonic();
    const position = this.#position;
    const moves = this.#moves;
    const completeness = this.#changedCompleteness();
    this.#isUrgent = false;
    try {
      const outcome = await checkpoints.renew(
        this.#taken,
        position === this.#writtenPosition ? undefined : position,
        completeness,
        this.#progress,
      );
      if (outcome === 'fenced') return this.#lose('was taken over or reset');
      this.#writtenAt = startedAt;
      this.heldUntil = startedAt + (leaseMs * 2) / 3;
      this.#writtenPosition = position;
      this.#writtenMoves = moves;
      this.#writtenCompleteness = completeness ?? this.#writtenCompleteness;
      if (position !== undefined) metrics['waybill.feed.position'].record(position);
      const { watermark } = this.#writtenCompleteness ?? {};
      if (watermark !== undefined) metrics['waybill.feed.watermark'].record(watermark);
    } finally {
      this.#announceWrite();
    }
  }

  /** What is missing below the newest position. Undefined while that was written already. */
  #changedCompleteness(): Completeness | undefined {
    if (this.#position === undefined) return undefined;
    const now = this.#deps.completeness(this.#position);
    const written = this.#writtenCompleteness;
    return written && written.openGaps === now.openGaps && written.watermark === now.watermark ? undefined : now;
  }

  get #unwrittenMoves(): number {
    return this.#moves - this.#writtenMoves;
  }

  /** Milliseconds from one write to the next, while few moves wait or none. */
  get #pauseMs(): number {
    const renewalMs = this.#deps.leaseMs / 3;
    return this.#unwrittenMoves > 0 ? Math.min(gatherMs, renewalMs) : renewalMs;
  }

  #lose(how: string): void {
    const { token } = this.#taken;
    this.heldUntil = Number.NEGATIVE_INFINITY;
    this.#lost.abort(new WaybillError('LEASE_LOST', `the lease with token ${token} ${how}`, { details: { token } }));
    this.#announceWrite();
  }

  #wake(): void {
    this.#nap.abort();
  }

  #announceWrite(): void {
    this.#nextWrite.resolve();
    this.#nextWrite = Promise.withResolvers<void>();
  }

  async #untilNextWrite(): Promise<void> {
    this.lost.throwIfAborted();
    await this.#nextWrite.promise;
    this.lost.throwIfAborted();
  }
}
