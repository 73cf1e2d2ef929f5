import type { Clock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { readElements } from '@waybill/shared/scan-api/page.ts';
import { eventIdsOf } from '../feed/page.ts';
import type { PageReader } from '../feed/read-page.ts';

export type IdleQuestionDependencies = {
  readonly reader: Pick<PageReader, 'readOnce'>;
  /** Of the loop that reads the feed. */
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.went_back' | 'waybill.feed.silence'>;
};

/** Milliseconds without anything new until the last id is asked for, and from then on to the next time. */
const askEveryMs = 300_000;

/** Answers in a row that show that the feed went back: one of them may be that of a replica that lags behind. */
const answersUntilReported = 2;

/**
 * Asks an idle feed whether it still knows the last id, and says for how long nothing new came. A feed that has older ids
 * but neither the last one nor a newer one went back: a restore, or ids that start again. Where retention deleted the last
 * one, all older ones are gone too. Nothing is read backwards. Both questions are optional: an error says nothing.
 */
export class IdleQuestion {
  readonly #deps: IdleQuestionDependencies;
  /** Monotonic times. Of the last news, or of the start of the reading; of the last question. */
  #newsAt: number;
  #askedAt: number;
  #answers = 0;

  constructor(deps: IdleQuestionDependencies) {
    this.#deps = deps;
    this.#newsAt = deps.clock.monotonic();
    this.#askedAt = this.#newsAt;
    deps.metrics['waybill.feed.went_back'].record(0);
  }

  /** The feed showed something beyond the last id. */
  sawNews(): void {
    const { clock, metrics } = this.#deps;
    this.#newsAt = clock.monotonic();
    this.#askedAt = this.#newsAt;
    this.#answers = 0;
    metrics['waybill.feed.silence'].record(0);
    metrics['waybill.feed.went_back'].record(0);
  }

  /** The feed has nothing beyond `last`. Asks for it when that is due. */
  async sawNothing(last: number, signal: AbortSignal): Promise<void> {
    const { clock, log, metrics } = this.#deps;
    const now = clock.monotonic();
    metrics['waybill.feed.silence'].record((now - this.#newsAt) / 1_000);
    if (last < 1 || now - this.#askedAt < askEveryMs) return;
    this.#askedAt = now;
    const first = await this.#firstWithoutLast(last, signal);
    if (first === 'not known') return;
    this.#answers = first === undefined ? 0 : this.#answers + 1;
    const hasGoneBack = this.#answers >= answersUntilReported;
    metrics['waybill.feed.went_back'].record(hasGoneBack ? 1 : 0);
    if (this.#answers === answersUntilReported)
      log.error(
        { last, first },
        'the feed went back: it has older ids but not the last one that was read; not read again without a reset',
      );
  }

  /** The feed's first id, where that is an older one and the feed has nothing from `last` on. Undefined where it has, or is empty. */
  async #firstWithoutLast(last: number, signal: AbortSignal): Promise<number | 'not known' | undefined> {
    const { reader, clock } = this.#deps;
    const atLast = await reader.readOnce(last, 1, clock, signal);
    if (!atLast) return 'not known';
    if (atLast.length > 0) return undefined;
    const atFirst = await reader.readOnce(1, 1, clock, signal);
    if (!atFirst) return 'not known';
    const [first] = eventIdsOf(readElements(atFirst));
    return first !== undefined && first < last ? first : undefined;
  }
}
