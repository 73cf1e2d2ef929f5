import { shownUrl } from '@waybill/shared/shown-url.ts';
import type { FeedSource } from './feed-source.ts';
import type { Pipeline, PipelineSnapshot } from './pipeline/pipeline.ts';
import type { ProgressDisplay } from './progress.ts';
import type { Receiver } from './receiver/receiver.ts';
import { RecentRate } from './recent-rate.ts';

/** Seconds without a single page after which a real API is given up. */
const firstPageLimitSeconds = 20;
/** How the poller names a refusal that no retry changes: a wrong address, a missing or wrong token. */
const refusedForGood = /FEED_UNREADABLE \(4\d\d\)/;
/** Takes snapshots of a running pipeline and shows its progress. */
export class RunWatch {
  readonly #source: FeedSource;
  readonly #pipeline: Pipeline;
  readonly #receiver: Receiver;
  readonly #display: ProgressDisplay;
  readonly #begun = performance.now();
  readonly #storing = new RecentRate();
  #seconds = 0;

  constructor(source: FeedSource, pipeline: Pipeline, receiver: Receiver, display: ProgressDisplay) {
    this.#source = source;
    this.#pipeline = pipeline;
    this.#receiver = receiver;
    this.#display = display;
  }

  /** From the start to the last snapshot. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Throws when a real API has not given a page and will not. */
  async snapshot(): Promise<PipelineSnapshot> {
    const snapshot = await this.#pipeline.snapshot();
    const { poller, processor } = this.#pipeline.counted;
    const stored = processor.sum('waybill_processor_events_total');
    this.#display.show({
      seconds: this.#elapsed(),
      read: this.#read(poller.sum('waybill_feed_events_total') + poller.sum('waybill_feed_rejections_total')),
      stored,
      storedPerSecond: this.#storing.rateAt(performance.now(), stored),
      told: this.#receiver.told().size,
      total: this.#source.simulated?.feed.size,
      queued: snapshot.queue.visible + snapshot.queue.inFlight,
      dead: snapshot.dead,
      position: snapshot.position,
      problem: await this.#problem(snapshot.pages),
    });
    this.#seconds = this.#elapsed();
    return snapshot;
  }

  #elapsed(): number {
    return (performance.now() - this.#begun) / 1_000;
  }

  /** Elements that the poller has read; of a simulated feed without those that were served again, so that they add up to its size. */
  #read(withRepetitions: number): number {
    const { simulated } = this.#source;
    if (!simulated) return withRepetitions;
    const { elements, repeats } = simulated.counts();
    return Math.min(withRepetitions, elements - repeats);
  }

  /** Why a real feed cannot be read, by the poller's readiness. */
  async #problem(pages: number): Promise<string | undefined> {
    const { poller } = this.#pipeline;
    if (this.#source.simulated || !poller.isRunning) return undefined;
    const problem = await poller.problem();
    const seconds = this.#elapsed();
    const isGivenUp = seconds > firstPageLimitSeconds || refusedForGood.test(problem ?? '');
    if (problem !== undefined && pages === 0 && isGivenUp) {
      throw new Error(
        `${shownUrl(this.#source.url)} gave no page in ${seconds.toFixed(0)} s. The poller is not ready: ${problem}\n` +
          `Its last line: ${poller.lastLines(1).join('')}\n` +
          'What the API must do: docs/scan-api.md. What is wrong with it: npx waybill feed check',
      );
    }
    return problem && `poller not ready: ${problem}`;
  }
}
