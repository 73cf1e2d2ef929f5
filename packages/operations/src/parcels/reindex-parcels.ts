import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { counted } from '@waybill/shared/counted.ts';
import { describeError } from '@waybill/shared/error.ts';
import { keyOf } from '@waybill/shared/parcels/read-parcels.ts';
import { TokenBucket } from '@waybill/shared/scan-api/token-bucket.ts';
import type { ActContext, ActResult } from '../record/on-record.ts';
import { exceedsPlan } from '../record/plan.ts';
import type { MarkUpdate } from './open-marks.ts';
import type { PlannedReindex } from './plan-reindex.ts';
import { type ReindexDependencies, scanWrongMarks, type WrongParcel, type WrongParcels } from './scan-wrong-marks.ts';

export type ReindexResult = ActResult & {
  /** The parcel after which a further run goes on; undefined when this one has come to the end, or not passed a page. */
  readonly resumeAfter: number | undefined;
};

/** Writes in flight: at some 5 ms a write they keep a pace of 1,000 write units per second. */
const concurrency = 4;

/** Ids that a result names of items that are not parcels. */
const mostNamed = 10;

/**
 * Gives every open parcel what the index of open parcels needs, and takes it from delivered ones, where an earlier release has
 * left that. One page of the table at a time, at no more than the pace. A run after another, finished or not, finds only what
 * is left. It stops where it meets more than was planned, unless `moreThanPlanned`. Rejects where the table fails before anything
 * was written; later, that is a problem of the result.
 */
export async function runReindex(
  deps: ReindexDependencies,
  planned: PlannedReindex,
  context: ActContext,
  moreThanPlanned = false,
): Promise<ReindexResult> {
  const run = new Run(deps, planned, context, moreThanPlanned);
  return await run.toEnd();
}

class Run {
  readonly #deps: ReindexDependencies;
  readonly #planned: PlannedReindex;
  readonly #context: ActContext;
  readonly #moreThanPlanned: boolean;
  readonly #pace: TokenBucket;
  readonly #notParcels: number[] = [];
  readonly #counts = { lookedAt: 0, marked: 0, unmarked: 0, changedMeanwhile: 0, notParcels: 0 };
  #met = 0;
  #resumeAfter: number | undefined;

  constructor(deps: ReindexDependencies, planned: PlannedReindex, context: ActContext, moreThanPlanned: boolean) {
    this.#deps = deps;
    this.#planned = planned;
    this.#context = context;
    this.#moreThanPlanned = moreThanPlanned;
    this.#resumeAfter = planned.filter.resumeAfter;
    this.#pace = new TokenBucket({ perSecond: planned.filter.writeUnitsPerSecond, clock: deps.clock });
  }

  async toEnd(): Promise<ReindexResult> {
    try {
      return await this.#pages();
    } catch (error) {
      if (this.#counts.marked + this.#counts.unmarked === 0) throw error;
      return this.#result('partly', this.#resumeAfter, [describeError(error)]);
    }
  }

  async #pages(): Promise<ReindexResult> {
    const { plan } = this.#planned;
    const { signal, onProgress } = this.#context;
    for (;;) {
      const resumeAfter = this.#resumeAfter;
      const page = await this.#scan(resumeAfter);
      if (!page) return this.#result('cancelled', resumeAfter);
      const writable = page.wrong.filter(({ marking }) => marking.kind !== 'not a parcel');
      this.#met += writable.length;
      if (!this.#moreThanPlanned && exceedsPlan(this.#met, plan)) {
        const found = `found ${counted(this.#met, 'parcel')} to change where ${plan.count} were planned: plan anew`;
        return this.#result('refused', resumeAfter, [found]);
      }
      for (const { parcelId, marking } of page.wrong) if (marking.kind === 'not a parcel') this.#name(parcelId);
      await this.#write(writable);
      if (signal.aborted) return this.#result('cancelled', resumeAfter);
      this.#counts.lookedAt += page.lookedAt;
      onProgress({ what: 'parcels looked at', done: this.#counts.lookedAt });
      if (page.resumeAfter === undefined) return this.#result(this.#notParcels.length > 0 ? 'partly' : 'done');
      this.#resumeAfter = page.resumeAfter;
    }
  }

  /** Undefined once the operator has cancelled: that call is no failure. */
  async #scan(resumeAfter: number | undefined): Promise<WrongParcels | undefined> {
    const { signal } = this.#context;
    if (signal.aborted) return undefined;
    try {
      return await scanWrongMarks(this.#deps, resumeAfter, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async #write(parcels: readonly WrongParcel[]): Promise<void> {
    const { signal } = this.#context;
    const waiting = parcels.values();
    const failed = new AbortController();
    const ending = AbortSignal.any([signal, failed.signal]);
    const worker = async () => {
      for (const { parcelId, marking, units } of waiting) {
        for (let left = units; left > 0; left -= 1) await this.#pace.take(ending);
        if (ending.aborted || marking.kind === 'not a parcel') return;
        if (!(await this.#update(parcelId, marking.update))) this.#counts.changedMeanwhile += 1;
        else if (marking.kind === 'mark') this.#counts.marked += 1;
        else this.#counts.unmarked += 1;
        this.#showWritten();
      }
    };
    const guarded = async () => {
      try {
        await worker();
      } catch (error) {
        failed.abort(error);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, guarded));
    if (failed.signal.aborted) throw failed.signal.reason;
  }

  /** Returns whether the parcel still was what its marking takes it for. A write in flight is not ended: then nobody would know what it did. */
  async #update(parcelId: number, update: MarkUpdate): Promise<boolean> {
    const { dynamodb, deployment } = this.#deps;
    try {
      await dynamodb.send(
        new UpdateItemCommand({ TableName: deployment.parcelsTable, Key: keyOf(parcelId), ...update }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  #showWritten(): void {
    const { plan } = this.#planned;
    const { marked, unmarked, changedMeanwhile } = this.#counts;
    const total = plan.isMoreThan || this.#moreThanPlanned ? {} : { total: plan.count };
    this.#context.onProgress({ what: 'parcels set right', done: marked + unmarked + changedMeanwhile, ...total });
  }

  #name(parcelId: number): void {
    this.#counts.notParcels += 1;
    if (this.#notParcels.length < mostNamed) this.#notParcels.push(parcelId);
  }

  #result(
    outcome: ActResult['outcome'],
    resumeAfter?: number | undefined,
    problems: readonly string[] = [],
  ): ReindexResult {
    const { notParcels } = this.#counts;
    const more = notParcels > mostNamed ? ` and ${notParcels - mostNamed} more` : '';
    const left = `not parcels and left as they are: ${counted(notParcels, 'item')} of the table: ${this.#notParcels.join(', ')}${more}`;
    return {
      outcome,
      counts: { ...this.#counts },
      problems: notParcels > 0 ? [...problems, left] : problems,
      resumeAfter,
    };
  }
}
