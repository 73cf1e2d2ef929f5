import { createHash } from 'node:crypto';
import { type IngestDependencies, ingest } from '@waybill/api/ingestion/ingest.ts';
import { preparePush } from '@waybill/api/ingestion/prepare-push.ts';
import type { PushOutcome } from '@waybill/api/ingestion/push.ts';
import { createService, type Service } from '@waybill/shared/process/lifecycle.ts';
import type { BatchJudge } from './batch-judge.ts';
import type { Chance } from './chance.ts';
import type { PlannedPush, PushPlan } from './push-plan.ts';
import type { FeedElement } from './simulated-feed.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

export type PartnersOptions = {
  readonly plan: PushPlan;
  readonly feed: readonly FeedElement[];
  readonly chance: Chance;
  readonly time: VirtualTime;
  readonly judge: BatchJudge;
  /** The API's processes that take requests. */
  readonly apis: () => readonly SimulatedProcess[];
  readonly ingestionOf: (process: SimulatedProcess) => IngestDependencies;
  readonly trace: (line: () => string) => void;
  readonly violate: (what: string) => void;
  readonly count: (fact: string) => void;
};

/** The body of a push: elements of the feed as they are. */
type Body = { readonly elements: readonly FeedElement[]; readonly sha256: string };

/** A partner's push, and what it was answered. */
type Push = {
  readonly planned: PlannedPush;
  readonly body: Body;
  /** The batch of the first 202 under its key. */
  batchId: string | undefined;
  tries: number;
  isDone: boolean;
};

/** Milliseconds after which a request of the API ends (`api.md`, "Rules"). */
const requestLimitMs = 10_000;
/** Milliseconds until a partner tries again that was told nothing. */
const againAfterMs = 2_000;
/** Tries after which nothing comes of it. All of a day's faults together made some 30. */
const mostTries = 400;

/** A process of the API, but for its routes: it takes requests until it is stopped, and drops those in flight then. */
export function createApiProcess(): Service {
  return createService(
    (stopping) => new Promise((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true })),
  );
}

/** Partners that push slices of the feed, and try again until they are told that all of it is accepted. */
export class Partners {
  readonly #options: PartnersOptions;
  #open = 0;
  /** Requests that a process works on. */
  readonly #inHand = new Map<SimulatedProcess, number>();

  constructor(options: PartnersOptions) {
    this.#options = options;
  }

  /** Pushes that have no answer yet. */
  get open(): number {
    return this.#open;
  }

  /** Whether the process works on a request. */
  isBusy(process: SimulatedProcess): boolean {
    return (this.#inHand.get(process) ?? 0) > 0;
  }

  start(): void {
    const { plan, time } = this.#options;
    this.#open = plan.pushes.length;
    for (const planned of plan.pushes) time.after(planned.atMs, () => this.#begin(planned));
  }

  #begin(planned: PlannedPush): void {
    const body = this.#bodyOf(planned, planned.from);
    const push: Push = { planned, body, batchId: undefined, tries: 0, isDone: false };
    this.#try(push);
    if (planned.isTwin && planned.key !== undefined) this.#request(push, push.body);
  }

  /** What the server sends of a row that spoils its page is no JSON, and no element. */
  #bodyOf({ elements }: PlannedPush, from: number): Body {
    const all = this.#options.feed.filter(({ spoilt }) => spoilt === undefined);
    const first = Math.floor(from * all.length);
    const slice = all.slice(first, first + elements);
    const sha256 = createHash('sha256')
      .update(JSON.stringify(slice.map(({ json }) => json)))
      .digest('hex');
    return { elements: slice, sha256 };
  }

  #try(push: Push): void {
    const { time, violate } = this.#options;
    const { key, patienceMs } = push.planned;
    if (push.isDone) return;
    push.tries += 1;
    if (push.tries > mostTries) {
      this.#end(push);
      violate(`a push of ${key ?? 'no key'} was not answered in ${mostTries} tries`);
      return;
    }
    let isAnswered = false;
    const again = (afterMs: number) => {
      if (isAnswered) return;
      isAnswered = true;
      time.after(afterMs, () => this.#try(push));
    };
    this.#request(push, push.body, (outcome) => {
      if (isAnswered && outcome?.kind !== 'accepted') return;
      if (outcome?.kind === 'accepted' || outcome?.kind === 'nothing acceptable') {
        isAnswered = true;
        this.#finish(push, outcome);
        return;
      }
      again(outcome && 'retryAfterSeconds' in outcome ? outcome.retryAfterSeconds * 1_000 : againAfterMs);
    });
    time.after(patienceMs, () => again(againAfterMs));
  }

  #finish(push: Push, outcome: PushOutcome): void {
    if (push.isDone) return;
    const { time } = this.#options;
    const { planned } = push;
    if (planned.afterwards === 'nothing' || planned.key === undefined || outcome.kind !== 'accepted') {
      this.#end(push);
      return;
    }
    push.isDone = true;
    const isOther = planned.afterwards === 'another body';
    const other = isOther ? this.#bodyOf(planned, (planned.from + 0.5) % 1) : push.body;
    time.after(againAfterMs, () => this.#request(push, other));
    time.after(againAfterMs + requestLimitMs, () => this.#end(push));
  }

  #end(push: Push): void {
    push.isDone = true;
    this.#open -= 1;
  }

  /** One request. `answered` is called with undefined where the API could not do it; never where nobody answers. */
  #request(push: Push, body: Body, answered: (outcome: PushOutcome | undefined) => void = () => undefined): void {
    const { apis, chance, time, trace, count } = this.#options;
    const running = apis();
    const process = running[chance.between(0, running.length - 1)];
    const latencyMs = chance.between(1, 150);
    if (!process) return void time.after(latencyMs, () => answered(undefined));
    trace(() => `${process.name} is asked to take ${body.elements.length} elements, key ${push.planned.key ?? 'none'}`);
    time.after(latencyMs, () =>
      process.enter(() => {
        this.#inHand.set(process, (this.#inHand.get(process) ?? 0) + 1);
        void this.#handle(process, push, body).then((outcome) => {
          this.#inHand.set(process, (this.#inHand.get(process) ?? 0) - 1);
          trace(() => `${process.name} answers ${JSON.stringify(outcome?.kind)} to key ${push.planned.key ?? 'none'}`);
          count(
            `pushes ${outcome?.kind === 'accepted' && outcome.isRepetition ? 'repeated' : (outcome?.kind ?? 'failed')}`,
          );
          time.after(latencyMs, () => answered(outcome));
        });
      }),
    );
  }

  /** What a route does: the limit in time, and an error as an answer. Never ends in a process that is killed. */
  async #handle(process: SimulatedProcess, push: Push, body: Body): Promise<PushOutcome | undefined> {
    const { ingestionOf, plan } = this.#options;
    const limit = new AbortController();
    const over = new AbortController();
    void process.clock
      .sleep(requestLimitMs, over.signal)
      .then(() => limit.abort(new Error('the request took too long')));
    const place = Number(/ (\d+)\./.exec(process.name)?.[1] ?? 1);
    const messageMaxBytes = plan.messageMaxBytes[place - 1] ?? plan.messageMaxBytes[0] ?? 0;
    const prepared = await preparePush(
      body.elements.map(({ json }): unknown => JSON.parse(json)),
      messageMaxBytes,
    );
    const caller = { name: 'partner', scopes: new Set(['ingest'] as const) };
    const { key } = push.planned;
    const asked = { caller, ...(key !== undefined && { key }), bodySha256: body.sha256, prepared };
    try {
      const outcome = await ingest(ingestionOf(process), asked, limit.signal);
      this.#judge(push, body, outcome);
      return outcome;
    } catch {
      return undefined;
    } finally {
      over.abort();
    }
  }

  #judge(push: Push, body: Body, outcome: PushOutcome): void {
    const { judge, violate } = this.#options;
    const { key } = push.planned;
    const isFirstBody = body.sha256 === push.body.sha256;
    const events = body.elements.flatMap(({ event }) => event ?? []);
    if (outcome.kind === 'nothing acceptable' && events.length > 0)
      violate(`nothing of ${events.length} events is taken`);
    if (outcome.kind === 'key reused' && isFirstBody) violate(`${key} was used with one body only`);
    if (outcome.kind !== 'accepted') return;
    judge.accepted(outcome.batchId, events);
    if (outcome.rejected.length !== body.elements.length - events.length)
      violate(
        `of ${body.elements.length} elements ${outcome.rejected.length} are rejected, and ${events.length} are events`,
      );
    if (key === undefined) return;
    if (!isFirstBody) violate(`${key} is accepted with another body`);
    if (push.batchId !== undefined && push.batchId !== outcome.batchId) violate(`${key} is accepted as two batches`);
    if (push.batchId !== undefined && !outcome.isRepetition) this.#options.count('pushes confirmed by two requests');
    push.batchId = outcome.batchId;
  }
}
