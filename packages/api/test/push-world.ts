import { createNoopMeter } from '@opentelemetry/api';
import { createLogger } from '@waybill/shared/process/logger.ts';
import type { EntryFailure, MessageSender } from '@waybill/shared/queue/message-queue.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { type Chance, chanceOf } from '../../../test/simulator/chance.ts';
import { SimulatedProcess } from '../../../test/simulator/simulated-process.ts';
import { VirtualTime } from '../../../test/simulator/virtual-time.ts';
import type { Caller } from '../src/access/caller.ts';
import type { BatchStore } from '../src/ingestion/batch-store.ts';
import { ingest } from '../src/ingestion/ingest.ts';
import { preparePush } from '../src/ingestion/prepare-push.ts';
import type { PushOutcome } from '../src/ingestion/push.ts';
import { MemoryBatchStore } from './memory-batch-store.ts';
import { type PushBody, PushJudge } from './push-judge.ts';

export type PushVerdict = { readonly violations: readonly string[]; readonly facts: ReadonlySet<string> };

/** Milliseconds for which things go wrong; after it they must come right. */
const troubleMs = 90_000;
/** As the server has it: a request lasts so long. */
const requestMs = 10_000;

const caller: Caller = { name: 'partner', scopes: new Set(['ingest']) };
const log = createLogger({ service: 'test', level: 'silent', pretty: false });
const metrics = createMetrics(createNoopMeter());

/** Pushes by a few clients to two processes, with everything that can go wrong between them, the table and the queue. */
export async function simulatePushes(seed: number): Promise<PushVerdict> {
  const time = VirtualTime.install();
  try {
    const world = new PushWorld(seed, time);
    let isDone = false;
    const running = world.run().finally(() => {
      isDone = true;
    });
    while (!isDone) await time.step();
    await running;
    return world.verdict();
  } finally {
    time.uninstall();
  }
}

/** One life of an API process. */
type Life = { readonly process: SimulatedProcess; readonly messageMaxBytes: number; readonly chance: Chance };

class PushWorld {
  readonly #time: VirtualTime;
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #store = new MemoryBatchStore();
  readonly #judge = new PushJudge(this.#store);
  /** How likely a call goes wrong, and that its process is killed at it. */
  readonly #faults: { readonly call: number; readonly kill: number };
  readonly #messageMaxBytes: readonly [number, number];
  readonly #lives: Life[] = [];
  #births = 0;

  constructor(seed: number, time: VirtualTime) {
    this.#time = time;
    this.#seed = seed;
    this.#chance = chanceOf(seed, 'plan');
    const { pick, happens } = this.#chance;
    this.#faults = { call: pick([0, 0.05, 0.25]), kill: pick([0.01, 0.05, 0.15]) };
    this.#messageMaxBytes = happens(0.4) ? [1_024, 1_500] : [1_024, 1_024];
    for (const index of [0, 1]) this.#lives[index] = this.#born(index);
  }

  verdict(): PushVerdict {
    return { violations: this.#judge.violations, facts: this.#judge.facts };
  }

  async run(): Promise<void> {
    const { between, happens } = this.#chance;
    const clients: Promise<void>[] = [];
    const keys = between(1, 2);
    for (let key = 0; key < keys; key += 1) {
      const body = bodyOf(key * 10 + 1, between(1, 30), between(0, 2));
      const isFirstKeyless = happens(0.15);
      clients.push(this.#client(isFirstKeyless ? undefined : `k${key}`, body));
      if (happens(0.6)) clients.push(this.#client(`k${key}`, body));
      if (happens(0.2)) clients.push(this.#client(`k${key}`, bodyOf(key * 10 + 2, 3, 0)));
    }
    let isOver = false;
    const processor = this.#settleNowAndThen(() => isOver);
    await Promise.all(clients);
    isOver = true;
    await processor;
    this.#judge.finish();
  }

  /** Pushes until it knows what became of it; then once more. */
  async #client(key: string | undefined, body: PushBody): Promise<void> {
    await this.#sleep(this.#chance.between(0, 3_000));
    for (;;) {
      if (this.#time.nowMs > 4 * troubleMs) return this.#judge.report(`a push of ${key} does not end`);
      const outcome = await this.#request(key, body);
      if (outcome?.kind === 'accepted' || outcome?.kind === 'key reused') break;
      const waits = outcome && 'retryAfterSeconds' in outcome ? outcome.retryAfterSeconds * 1_000 : 0;
      await this.#sleep(this.#chance.happens(0.5) ? waits : this.#chance.between(0, 20_000));
    }
    if (key !== undefined) await this.#request(key, body);
  }

  /** One request. Undefined where its answer is lost. */
  async #request(key: string | undefined, body: PushBody): Promise<PushOutcome | undefined> {
    const life = this.#lives[this.#chance.between(0, 1)];
    if (!life) return undefined;
    const prepared = await preparePush(body.elements, life.messageMaxBytes);
    const request = this.#judge.begin(key, body, prepared.packs.length);
    const deps = {
      batches: this.#through(life, this.#store),
      queue: this.#queueOf(life, request.onConfirmed, request.onSent),
      clock: life.process.clock,
      random: life.chance.next,
      log,
      metrics,
    };
    const limit = new AbortController();
    this.#time.after(requestMs, () => life.process.enter(() => limit.abort(new Error('time is up'))));
    const push = { caller, bodySha256: body.sha256, prepared, ...(key !== undefined && { key }) };
    const answered = ingest(deps, push, limit.signal).then(
      (outcome) => {
        if (life.process.alive) request.end(outcome);
        return outcome;
      },
      (): undefined => undefined,
    );
    const { promise, resolve } = Promise.withResolvers<PushOutcome | undefined>();
    const isLost = this.#goesWrong(life);
    void answered.then((outcome) => life.process.alive && resolve(isLost ? undefined : outcome));
    this.#time.after(requestMs + 2_000, () => resolve(undefined));
    return await promise;
  }

  #goesWrong({ chance }: Life): boolean {
    return this.#time.nowMs < troubleMs && chance.happens(this.#faults.call);
  }

  /** The store's calls, each of which may be late, lost, done twice, or the last thing that its process does. */
  #through(life: Life, store: BatchStore): BatchStore {
    return {
      readKey: (...call) => this.#call(life, () => store.readKey(...call)),
      putKey: (...call) => this.#call(life, () => store.putKey(...call)),
      readBatch: (...call) => this.#call(life, () => store.readBatch(...call)),
      putBatch: (...call) => this.#call(life, () => store.putBatch(...call)),
      repack: (...call) => this.#call(life, () => store.repack(...call)),
      markSent: (...call) => this.#call(life, () => store.markSent(...call)),
    };
  }

  #queueOf(life: Life, onConfirmed: (parts: readonly string[]) => void, onSent: () => void): MessageSender {
    const take: MessageSender['sendBatch'] = async (messages) => {
      const failures: EntryFailure[] = [];
      for (const [index, message] of messages.entries()) {
        const isRefused = this.#goesWrong(life);
        if (isRefused) failures.push({ index, code: 'InternalError', detail: '' });
        // What SQS does not confirm it may have taken all the same.
        if (!isRefused || life.chance.happens(0.3)) this.#judge.queued(message);
        if (isRefused) this.#judge.facts.add('an entry was not confirmed');
      }
      return failures;
    };
    return {
      sendBatch: async (messages) => {
        onSent();
        const failures = await this.#call(life, () => take(messages));
        const refused = new Set(failures.map(({ index }) => index));
        onConfirmed(messages.filter((_, index) => !refused.has(index)).map(({ body }) => body));
        return failures;
      },
    };
  }

  #call<T>(life: Life, effect: () => Promise<T>): Promise<T> {
    const { process, chance } = life;
    const isKilled = () => {
      if (this.#time.nowMs > troubleMs || !chance.happens(this.#faults.kill)) return false;
      this.#kill(life);
      return true;
    };
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (isKilled()) return promise;
    const fate = this.#goesWrong(life)
      ? chance.pick(['lost', 'unanswered', 'twice', 'late', 'hangs', 'freezes'])
      : 'fine';
    this.#judge.facts.add(`a call: ${fate}`);
    const there = fate === 'late' ? chance.between(5_000, 40_000) : chance.between(1, 300);
    const fail = () => process.enter(() => reject(new Error('no answer')));
    const happen = async () => {
      if (fate === 'lost') return fail();
      let result = await effect();
      if (fate === 'twice') result = await effect();
      if (isKilled() || fate === 'hangs') return;
      if (fate === 'unanswered') return fail();
      if (fate === 'freezes') this.#freeze(life);
      this.#time.after(chance.between(1, 300), () => process.enter(() => resolve(result)));
    };
    this.#time.after(there, () => void happen());
    return promise;
  }

  #born(index: number): Life {
    this.#births += 1;
    const chance = chanceOf(this.#seed, `life ${this.#births}`);
    const clocks = { wallOffsetMs: chance.pick([0, 0, -4_000, 8_000, -40_000]), drift: 0 };
    const process = new SimulatedProcess(`api-${this.#births}`, this.#time, clocks);
    return { process, messageMaxBytes: this.#messageMaxBytes[index % 2] ?? 1_024, chance };
  }

  #kill(life: Life): void {
    this.#judge.facts.add('a process was killed');
    life.process.end();
    const index = this.#lives.indexOf(life);
    if (index >= 0) this.#lives[index] = this.#born(index);
  }

  #freeze({ process, chance }: Life): void {
    process.freeze();
    this.#time.after(chance.between(1_000, 60_000), () => process.thaw());
  }

  /** A processor that gets what is on the queue, in any order and more than once. */
  async #settleNowAndThen(isOver: () => boolean): Promise<void> {
    const chance = chanceOf(this.#seed, 'processor');
    while (!isOver()) {
      await this.#sleep(chance.between(100, 6_000));
      this.#judge.settle(chance.next());
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#time.after(ms, resolve));
  }
}

/** A body of so many scan events, and of some elements that are none. Its ids begin at a thousand times its number. */
function bodyOf(number: number, events: number, invalid: number): PushBody {
  const eventIds = Array.from({ length: events }, (_, index) => number * 1_000 + index + 1);
  const elements = eventIds.map((EventId) => ({
    EventId,
    ParcelId: EventId,
    Type: 'PICKUP',
    CreatedDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
  }));
  return { sha256: `body ${number}`, eventIds, elements: [...elements, ...Array.from({ length: invalid }, () => 0)] };
}
