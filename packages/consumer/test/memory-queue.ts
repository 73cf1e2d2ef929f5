import { systemClock } from '@waybill/shared/clock.ts';
import {
  type EntryFailure,
  gone,
  type MessageConsumer,
  type OutgoingMessage,
  type QueueDepth,
  type ReceivedMessage,
  type ReceiveOptions,
  type VisibilityChange,
} from '@waybill/shared/queue/message-queue.ts';
import type { Journal } from './journal.ts';

export type QueueOperation = 'depth' | 'receive' | 'send' | 'delete' | 'visibility';

export type QueuedMessage = OutgoingMessage & {
  readonly messageId: string;
  receiptHandle: string;
  receiveCount: number;
  /** Milliseconds since the epoch from which it can be received. */
  visibleAt: number;
};

type PutOptions = {
  readonly attributes?: Record<string, string>;
  readonly receiveCount?: number;
  readonly delaySeconds?: number;
};

/** A queue in memory with visibility, receive counts and a redrive policy, as SQS has them. */
export class MemoryQueue implements MessageConsumer, QueueDepth {
  readonly messages: QueuedMessage[] = [];
  readonly deadLetters: QueuedMessage[] = [];
  receives = 0;
  /** Bodies that arrive with a wrong checksum. */
  readonly corrupted = new Set<string>();
  /** What each receive asked for, in order. */
  readonly asked: ReceiveOptions[] = [];
  receiveCountLimit = 3;
  /** What the redrive policy says, where that is not what the engine does: it moves nothing to a queue that was deleted. */
  maxReceiveCountSaid: number | undefined;
  visibilitySeconds = 30;
  waitSeconds = 20;
  /**
   * Called before each operation, with the message ids or, for sends, the bodies: throws in place of it, waits, or
   * returns the entries to refuse.
   */
  before: (operation: QueueOperation, entries: readonly string[]) => Promise<readonly number[]> | readonly number[] =
    () => [];
  /** Called before a poll is answered: waits for ever, or throws to lose what it took. */
  beforeAnswer: (taken: readonly ReceivedMessage[]) => Promise<void> | void = () => undefined;
  readonly #journal: Journal;
  #sent = 0;
  #changed = new AbortController();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  put(body: string, { delaySeconds = 0, ...options }: PutOptions = {}) {
    this.#sent += 1;
    const message: QueuedMessage = {
      messageId: `m${this.#sent}`,
      body,
      attributes: options.attributes ?? {},
      receiptHandle: '',
      receiveCount: options.receiveCount ?? 0,
      visibleAt: Date.now() + delaySeconds * 1_000,
    };
    this.messages.push(message);
    this.#wake();
    return message;
  }

  get bodies(): string[] {
    return this.messages.map(({ body }) => body);
  }

  readonly receive = async (options: ReceiveOptions = {}): Promise<readonly ReceivedMessage[]> => {
    this.receives += 1;
    await this.before('receive', []);
    this.asked.push(options);
    const end = Date.now() + (options.waitSeconds ?? this.waitSeconds) * 1_000;
    for (;;) {
      const taken = this.#take(options);
      if (taken.length > 0 || Date.now() >= end) {
        await this.beforeAnswer(taken);
        return taken;
      }
      const visible = Math.min(end, ...this.messages.map(({ visibleAt }) => visibleAt));
      await systemClock.sleep(visible - Date.now(), this.#changed.signal);
    }
  };

  /** Wakes the polls that wait. */
  #wake(): void {
    const changed = this.#changed;
    this.#changed = new AbortController();
    changed.abort();
  }

  #take({ maxMessages = 10, visibilitySeconds = this.visibilitySeconds }: ReceiveOptions): ReceivedMessage[] {
    const taken: ReceivedMessage[] = [];
    for (const message of [...this.messages]) {
      if (message.visibleAt > Date.now() || taken.length === maxMessages) continue;
      if (message.receiveCount >= this.receiveCountLimit) {
        this.#remove(message);
        this.deadLetters.push(message);
        this.#journal.add(`dead ${message.messageId}`);
        continue;
      }
      message.receiveCount += 1;
      message.receiptHandle = `${message.messageId}#${message.receiveCount}`;
      message.visibleAt = Date.now() + visibilitySeconds * 1_000;
      const { messageId, receiptHandle, body, attributes = {}, receiveCount } = message;
      const isCorrupted = this.corrupted.has(body);
      const received = { messageId, receiptHandle, body, attributes, receiveCount, sentAtMs: Date.now() };
      taken.push({ ...received, ...(isCorrupted && { isCorrupted }) });
    }
    return taken;
  }

  readonly sendBatch = (messages: readonly OutgoingMessage[]): Promise<readonly EntryFailure[]> =>
    this.#batch(
      'send',
      messages,
      ({ body }) => body,
      ({ body, attributes, delaySeconds = 0 }) => {
        const { messageId } = this.put(body, { attributes: { ...attributes }, delaySeconds });
        this.#journal.add(`sent ${messageId}`);
        return true;
      },
    );

  readonly deleteBatch = async (handles: readonly string[]): Promise<readonly EntryFailure[]> => {
    const failures = await this.#batch('delete', handles, idOf, (handle) => {
      const message = this.#inFlight(handle);
      if (message) this.#remove(message);
      this.#journal.add(`${message ? 'deleted' : 'not there to delete'} ${idOf(handle)}`);
      return true;
    });
    return failures;
  };

  readonly changeVisibilityBatch = (changes: readonly VisibilityChange[]): Promise<readonly EntryFailure[]> =>
    this.#batch(
      'visibility',
      changes,
      ({ receiptHandle }) => idOf(receiptHandle),
      ({ receiptHandle, seconds }) => {
        const message = this.#inFlight(receiptHandle);
        if (!message) return false;
        message.visibleAt = Date.now() + seconds * 1_000;
        this.#wake();
        this.#journal.add(`visibility ${message.messageId} ${seconds}`);
        return true;
      },
    );

  readonly depth = async (): Promise<number> => {
    await this.before('depth', []);
    return this.messages.length;
  };

  readonly maxReceiveCount = async (): Promise<number> => this.maxReceiveCountSaid ?? this.receiveCountLimit;

  /** `effect` returns whether the handle was good. */
  async #batch<T>(
    operation: QueueOperation,
    entries: readonly T[],
    name: (entry: T) => string,
    effect: (entry: T) => boolean,
  ): Promise<readonly EntryFailure[]> {
    if (entries.length === 0 || entries.length > 10) throw new Error(`a batch of ${entries.length}`);
    this.#journal.add(`batch of ${entries.length}: ${operation}`);
    const refused = await this.before(operation, entries.map(name));
    return entries.flatMap((entry, index) => {
      if (refused.includes(index)) return [{ index, code: 'InternalError', detail: 'try again' }];
      return effect(entry) ? [] : [{ index, code: gone, detail: '' }];
    });
  }

  #inFlight(handle: string): QueuedMessage | undefined {
    return this.messages.find((message) => message.receiptHandle === handle && message.visibleAt > Date.now());
  }

  #remove(message: QueuedMessage): void {
    this.messages.splice(this.messages.indexOf(message), 1);
  }
}

const idOf = (handle: string) => handle.split('#')[0] ?? '';
