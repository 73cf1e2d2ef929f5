import {
  type EntryFailure,
  gone,
  type MessageConsumer,
  type MessageSender,
  type OutgoingMessage,
  type QueueDepth,
  type ReceivedMessage,
  type ReceiveOptions,
} from '@waybill/shared/queue/message-queue.ts';
import type { Chance } from './chance.ts';
import type { Engine, FaultLayer } from './faults.ts';
import { type Carried, carriedBy } from './oracle.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

export type QueuePlan = {
  readonly maxReceiveCount: number;
  /** Shares of batch entries: not done and reported so; done, but reported as failed. */
  readonly entryFailed: number;
  readonly entryLost: number;
  /** Shares of messages: handed out twice at once; handed out again although deleted. Each at most once. */
  readonly duplicates: number;
  readonly ghosts: number;
  /** Messages come in any order, and a receive brings fewer than there are. */
  readonly disorder: number;
};

/** One receive of one message, and how it ended. */
export type Receive = {
  readonly handle: string;
  readonly receiver: SimulatedProcess;
  readonly atMs: number;
  /** The answer reached its receiver. */
  answered: boolean;
  /** A copy went to another receiver meanwhile, as a standard queue may. */
  duplicated: boolean;
  /** A call about this receive failed, or answered that this entry failed. */
  troubled: boolean;
  /** The receiver gave it back: seconds. */
  returned: number | undefined;
  deleted: boolean;
};

export type QueuedMessage = {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAtMs: number;
  readonly carried: Carried;
  /** Since it was sent, or redriven. */
  readonly receives: Receive[];
  visibleAtMs: number;
  mayDuplicate: boolean;
  mayHaunt: boolean;
};

type Waiter = {
  readonly receiver: SimulatedProcess;
  readonly visibilityMs: number;
  readonly most: number;
  readonly resolve: (messages: readonly QueuedMessage[]) => void;
  /** An engine may go on waiting for a client that is gone, and hand it a message. */
  readonly lingers: boolean;
};

/** Who sees what happens to the queue. */
export type QueueWitness = {
  readonly violate: (what: string) => void;
  readonly sent: (process: SimulatedProcess, message: OutgoingMessage) => void;
  readonly confirmed: (messages: readonly OutgoingMessage[]) => void;
  readonly visibleAgain: (message: QueuedMessage) => void;
  /** The last of its receives has begun. */
  readonly received?: (message: QueuedMessage) => void;
  readonly deadLettered: (message: QueuedMessage) => void;
  readonly deleted: (message: QueuedMessage, receiver: SimulatedProcess) => void;
};

export type ConsumerSettings = { readonly waitSeconds: number; readonly visibilityTimeoutSeconds: number };

const sendBytes = 262_144;
const batchEntries = 10;

/**
 * A standard SQS queue with its dead-letter queue. Nothing can be sent to the dead-letter queue: messages get there by
 * the redrive policy alone.
 */
export class SimulatedQueue {
  /** In the queue, in flight ones included. */
  readonly messages = new Map<string, QueuedMessage>();
  readonly deadLetters = new Map<string, QueuedMessage>();
  /** Whoever had one of them in hand before it was deleted may work on it still. */
  readonly deletedMessages = new Map<string, QueuedMessage>();
  readonly #plan: QueuePlan;
  readonly #engine: Engine;
  readonly #prefix: string;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #faults: FaultLayer;
  readonly #witness: QueueWitness;
  #waiters: Waiter[] = [];
  #count = 0;
  #ghostsToCome = 0;

  constructor(options: {
    readonly plan: QueuePlan;
    readonly time: VirtualTime;
    readonly chance: Chance;
    readonly faults: FaultLayer;
    readonly witness: QueueWitness;
    /** Whose faults its calls have: those of SQS unless given. */
    readonly engine?: Engine;
    /** What the ids of its messages begin with, so that those of several queues differ. */
    readonly prefix?: string;
  }) {
    this.#plan = options.plan;
    this.#engine = options.engine ?? 'sqs';
    this.#prefix = options.prefix ?? 'm';
    this.#time = options.time;
    this.#chance = options.chance;
    this.#faults = options.faults;
    this.#witness = options.witness;
  }

  /** Deleted messages that will be received once more, as a standard queue may. */
  get ghostsToCome(): number {
    return this.#ghostsToCome;
  }

  senderFor(process: SimulatedProcess): MessageSender & QueueDepth {
    return {
      sendBatch: (messages) =>
        this.#faults.call(
          process,
          { engine: this.#engine, operation: `send ${messages.length}` },
          () => this.#send(process, messages),
          {
            answered: (failures) => {
              const failed = new Set(failures.map(({ index }) => index));
              this.#witness.confirmed(messages.filter((_, index) => !failed.has(index)));
            },
          },
        ),
      depth: () => this.#faults.call(process, { engine: this.#engine, operation: 'depth' }, () => this.#depth()),
    };
  }

  consumerFor(process: SimulatedProcess, settings: ConsumerSettings): MessageConsumer & QueueDepth {
    const call = <T>(operation: string, effect: () => T | Promise<T>, failed: () => void = () => undefined) =>
      this.#faults.call(process, { engine: this.#engine, operation }, effect, { failed });
    return {
      ...this.senderFor(process),
      receive: (options = {}) =>
        this.#faults
          .call(
            process,
            { engine: this.#engine, operation: 'receive' },
            () => this.#receive(process, settings, options),
            {
              answered: (taken) => {
                for (const { receive } of taken) receive.answered = true;
              },
            },
          )
          .then((taken) => taken.map(({ received }) => received)),
      deleteBatch: (handles) =>
        call(
          `delete ${handles.join(' ')}`,
          () =>
            this.#each(
              handles,
              (handle) => this.#delete(handle),
              (handle) => this.#trouble(handle),
            ),
          () => this.#troubleAll(handles),
        ).then((failures) => failures.filter(({ code }) => code !== gone)),
      changeVisibilityBatch: (changes) =>
        call(
          `visibility ${changes.map(({ receiptHandle, seconds }) => `${receiptHandle}=${seconds}`).join(' ')}`,
          () =>
            this.#each(
              changes,
              ({ receiptHandle, seconds }) => this.#changeVisibility(receiptHandle, seconds, settings),
              ({ receiptHandle }) => this.#trouble(receiptHandle),
            ),
          () => this.#troubleAll(changes.map(({ receiptHandle }) => receiptHandle)),
        ),
      maxReceiveCount: () => call('read redrive policy', () => this.#plan.maxReceiveCount),
    };
  }

  /** As SQS counts: what waits for its delay to end is in neither number that a client asks for. */
  #depth(): number {
    const isDelayed = ({ receives, visibleAtMs }: QueuedMessage) =>
      receives.length === 0 && visibleAtMs > this.#time.nowMs;
    return [...this.messages.values()].filter((message) => !isDelayed(message)).length;
  }

  /** Somebody else's message: a partner's, a later version's, or garbage. */
  put(body: string, attributes: QueuedMessage['attributes'] = {}): void {
    this.#add({ body, attributes }, this.#time.nowMs);
  }

  /** "Start DLQ redrive" as the AWS console does it: every message anew on the queue, its attributes kept. */
  redrive(): number {
    const dead = [...this.deadLetters.values()];
    this.deadLetters.clear();
    for (const { body, attributes } of dead) this.#add({ body, attributes }, this.#time.nowMs);
    return dead.length;
  }

  #send(process: SimulatedProcess, messages: readonly OutgoingMessage[]): readonly EntryFailure[] {
    const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
    if (messages.length === 0 || messages.length > batchEntries || bytes > sendBytes)
      this.#witness.violate(`${process.name} sent ${messages.length} entries of ${bytes} bytes: SQS refuses that`);
    return this.#each(
      messages,
      (message) => {
        this.#witness.sent(process, message);
        this.#add(message, this.#time.nowMs + this.#chance.between(0, 300) + (message.delaySeconds ?? 0) * 1_000);
        return undefined;
      },
      () => undefined,
    );
  }

  #add(message: OutgoingMessage, visibleAtMs: number): void {
    this.#count += 1;
    const id = `${this.#prefix}${this.#count}`;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII.
    if (!/^[\x00-\x7f]+$/.test(message.body)) this.#witness.violate(`message ${id} is empty or not ASCII`);
    this.messages.set(id, {
      id,
      body: message.body,
      attributes: message.attributes ?? {},
      sentAtMs: this.#time.wallMs,
      carried: carriedBy(message.body),
      receives: [],
      visibleAtMs,
      mayDuplicate: this.#chance.happens(this.#plan.duplicates),
      mayHaunt: this.#chance.happens(this.#plan.ghosts),
    });
    this.#serveAt(visibleAtMs);
  }

  /** Does each entry of a batch; some are not done, some are done but reported as failed. */
  #each<T>(
    entries: readonly T[],
    effect: (entry: T) => string | undefined,
    failed: (entry: T) => void,
  ): readonly EntryFailure[] {
    return entries.flatMap((entry, index): EntryFailure[] => {
      const dice = this.#faults.active ? this.#chance.next() : 1;
      const { entryFailed, entryLost } = this.#plan;
      const isFailed = dice < entryFailed;
      const isLost = !isFailed && dice < entryFailed + entryLost;
      const code = isFailed ? 'InternalError' : effect(entry);
      if (isFailed || isLost) failed(entry);
      if (isLost) return [{ index, code: 'ServiceUnavailable', detail: 'simulated' }];
      return code === undefined ? [] : [{ index, code, detail: 'simulated' }];
    });
  }

  #receive(
    receiver: SimulatedProcess,
    settings: ConsumerSettings,
    options: ReceiveOptions,
  ): Promise<readonly { received: ReceivedMessage; receive: Receive }[]> {
    const { promise, resolve } = Promise.withResolvers<readonly QueuedMessage[]>();
    const waiter: Waiter = {
      receiver,
      visibilityMs: (options.visibilitySeconds ?? settings.visibilityTimeoutSeconds) * 1_000,
      most: options.maxMessages ?? batchEntries,
      resolve,
      lingers: this.#chance.happens(0.5),
    };
    this.#waiters.push(waiter);
    this.#serve();
    this.#time.after((options.waitSeconds ?? settings.waitSeconds) * 1_000, () => {
      if (!this.#waiters.includes(waiter)) return;
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      resolve([]);
    });
    return promise.then((messages) =>
      messages.flatMap((message) => {
        const receive = message.receives.at(-1);
        return receive ? [{ received: receivedOf(message, receive), receive }] : [];
      }),
    );
  }

  #serveAt(ms: number): void {
    this.#time.after(ms - this.#time.nowMs, () => this.#serve());
  }

  /** Hands what is visible to who waits. */
  #serve(): void {
    this.#waiters = this.#waiters.filter(({ receiver, lingers }) => receiver.alive || lingers);
    for (const waiter of this.#chance.shuffled(this.#waiters)) {
      const taken = this.#take(waiter);
      if (taken.length === 0) continue;
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      waiter.resolve(taken);
    }
  }

  #take({ receiver, visibilityMs, most: asked }: Waiter): QueuedMessage[] {
    const now = this.#time.nowMs;
    const visible = [...this.messages.values()].filter(({ visibleAtMs }) => visibleAtMs <= now);
    const ordered = this.#chance.happens(this.#plan.disorder) ? this.#chance.shuffled(visible) : visible;
    const most = this.#chance.happens(this.#plan.disorder) ? this.#chance.between(1, asked) : asked;
    const taken: QueuedMessage[] = [];
    for (const message of ordered) {
      if (taken.length === most) break;
      this.#witness.visibleAgain(message);
      if (message.receives.length >= this.#plan.maxReceiveCount) {
        this.messages.delete(message.id);
        this.deadLetters.set(message.id, message);
        this.#witness.deadLettered(message);
        continue;
      }
      message.receives.push({
        handle: `${message.id}#${message.receives.length + 1}`,
        receiver,
        atMs: now,
        answered: false,
        duplicated: false,
        troubled: false,
        returned: undefined,
        deleted: false,
      });
      this.#witness.received?.(message);
      message.visibleAtMs = now + visibilityMs;
      this.#serveAt(message.visibleAtMs);
      if (message.mayDuplicate && this.#faults.active) this.#duplicate(message);
      taken.push(message);
    }
    return taken;
  }

  /** At-least-once: while one receiver works on it, another gets it too. */
  #duplicate(message: QueuedMessage): void {
    message.mayDuplicate = false;
    const receive = message.receives.at(-1);
    this.#time.after(this.#chance.between(1, 5_000), () => {
      if (!receive || message.receives.at(-1) !== receive || !this.messages.has(message.id)) return;
      receive.duplicated = true;
      message.visibleAtMs = this.#time.nowMs;
      this.#serve();
    });
  }

  #delete(handle: string): string | undefined {
    const found = this.#inFlight(handle);
    // As SQS: a handle of an earlier receive is not an error, and the message may stay.
    if (!found) return gone;
    const { message, receive } = found;
    receive.deleted = true;
    this.messages.delete(message.id);
    this.deletedMessages.set(message.id, message);
    this.#witness.deleted(message, receive.receiver);
    if (message.mayHaunt && this.#faults.active) {
      message.mayHaunt = false;
      this.#ghostsToCome += 1;
      this.#time.after(this.#chance.between(1_000, 30_000), () => {
        this.#ghostsToCome -= 1;
        message.visibleAtMs = this.#time.nowMs;
        this.deletedMessages.delete(message.id);
        this.messages.set(message.id, message);
        this.#serve();
      });
    }
    return undefined;
  }

  #changeVisibility(handle: string, seconds: number, settings: ConsumerSettings): string | undefined {
    const found = this.#inFlight(handle);
    if (!found || found.message.visibleAtMs <= this.#time.nowMs) return gone;
    const { message, receive } = found;
    receive.returned = seconds < settings.visibilityTimeoutSeconds ? seconds : undefined;
    message.visibleAtMs = this.#time.nowMs + seconds * 1_000;
    this.#serveAt(message.visibleAtMs);
    return undefined;
  }

  /** The message whose latest receive has this handle. */
  #inFlight(handle: string): { readonly message: QueuedMessage; readonly receive: Receive } | undefined {
    const message = this.messages.get(handle.split('#')[0] ?? '');
    const receive = message?.receives.at(-1);
    return message && receive?.handle === handle && !receive.deleted ? { message, receive } : undefined;
  }

  #troubleAll(handles: readonly string[]): void {
    for (const handle of handles) this.#trouble(handle);
  }

  #trouble(handle: string): void {
    const message = this.messages.get(handle.split('#')[0] ?? '');
    const receive = message?.receives.find((one) => one.handle === handle);
    if (receive) receive.troubled = true;
  }
}

function receivedOf(message: QueuedMessage, receive: Receive): ReceivedMessage {
  return {
    messageId: message.id,
    receiptHandle: receive.handle,
    body: message.body,
    attributes: message.attributes,
    receiveCount: message.receives.length,
    sentAtMs: message.sentAtMs,
  };
}
