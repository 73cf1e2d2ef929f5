import type { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import type { FailureLog } from '@waybill/consumer/failures/failure-log.ts';
import { batchedParcelTable } from '@waybill/processor/parcels/batched/batched-parcel-table.ts';
import type { CheckpointStore } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import type { MessageConsumer, MessageSender, QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import type { CountDeadLetters } from '@waybill/shared/queue/sqs-dead-letters.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import { billedRequests } from '@waybill/shared/telemetry/queue-meter.ts';
import { Journal } from '../../packages/consumer/test/journal.ts';
import { MemoryFailures } from '../../packages/consumer/test/memory-failures.ts';
import { MemoryQueue } from '../../packages/consumer/test/memory-queue.ts';
import { MemoryCheckpoints } from '../../packages/poller/test/memory-checkpoints.ts';
import { CountedParcels } from './counted-parcels.ts';

/** What went through the ports. All reads, and the writes of checkpoints and failures, are of items that one unit covers. */
export type Counts = {
  /** SQS requests as billed, by action. */
  readonly requests: Readonly<Record<string, number>>;
  /** Write units by table: each conditional write, done or refused. */
  readonly writeUnits: Readonly<Record<string, number>>;
  /** Write units of the index of the open parcels, where the parcels table has it. */
  readonly indexUnits: number;
  /** Write units of the parcels table for writes that only added to a history. */
  readonly unions: number;
  /** Read units: 1 for a consistent read, half for another. */
  readonly readUnits: number;
};

/** Milliseconds of virtual time that an answer takes: about what AWS needs within a region, and a feed far away. */
const takesMs = { feed: 100, sqs: 15, dynamodb: 5 };

const never = new AbortController().signal;
const takes = async (engine: keyof typeof takesMs): Promise<void> => {
  await systemClock.sleep(takesMs[engine], never);
};

/** Feed, queue and tables in memory, under virtual time, with everything counted that AWS would bill. */
export class CountedPorts {
  readonly #requests: Record<string, number> = {};
  readonly #writeUnits: Record<string, number> = {};
  #readUnits = 0;
  readonly #journal = new Journal();
  readonly #queue = new MemoryQueue(this.#journal);
  readonly #parcels: CountedParcels;
  readonly #failures = new MemoryFailures(this.#journal);
  readonly #checkpoints = new MemoryCheckpoints();

  /** @param historyEvents most scans kept with each parcel */
  constructor(historyEvents: number) {
    this.#parcels = new CountedParcels(this.#journal, historyEvents, () => takes('dynamodb'));
    this.#queue.before = async () => {
      await takes('sqs');
      return [];
    };
    this.#failures.before = () => takes('dynamodb');
    this.#checkpoints.before = () => takes('dynamodb');
  }

  get counts(): Counts {
    const { table: parcels, index: indexUnits, unions } = this.#parcels.units;
    const writeUnits = { ...this.#writeUnits, ...(parcels > 0 && { parcels }) };
    return { requests: { ...this.#requests }, writeUnits, indexUnits, unions, readUnits: this.#readUnits };
  }

  /** Everything that was sent has been stored and deleted. */
  get isQueueEmpty(): boolean {
    return this.#queue.messages.length === 0;
  }

  get position(): number {
    return this.#checkpoints.item?.lastEventId ?? 0;
  }

  get storedParcels(): number {
    return this.#parcels.stored;
  }

  feed(held: HeldFeed): ScanFeed {
    return {
      read: async (fromEventId, limit) => {
        await takes('feed');
        const found = held.read(fromEventId, limit);
        held.noteServed(found);
        const { ScanEvents }: { ScanEvents: unknown[] } = JSON.parse(held.answer(found).toString());
        return ScanEvents;
      },
    };
  }

  queue(): MessageConsumer & QueueDepth {
    const queue = this.#queue;
    const bytesOf = (bodies: readonly { readonly body: string }[]) =>
      bodies.reduce((sum, { body }) => sum + body.length, 0);
    return {
      sendBatch: (messages) => {
        this.#request(
          'SendMessageBatch',
          messages.reduce((sum, message) => sum + sizeOf(message), 0),
        );
        return queue.sendBatch(messages);
      },
      receive: async (options) => {
        const received = await queue.receive(options);
        this.#request('ReceiveMessage', bytesOf(received));
        return received;
      },
      deleteBatch: (handles) => {
        this.#request('DeleteMessageBatch');
        return queue.deleteBatch(handles);
      },
      changeVisibilityBatch: (changes) => {
        this.#request('ChangeMessageVisibilityBatch');
        return queue.changeVisibilityBatch(changes);
      },
      maxReceiveCount: () => {
        this.#request('GetQueueAttributes');
        return queue.maxReceiveCount();
      },
      depth: async () => {
        this.#request('GetQueueAttributes');
        await takes('sqs');
        return queue.messages.length;
      },
    };
  }

  /** What every processor asks once a minute, after one look at the redrive policy. */
  deadLetters(onRequest: () => void): CountDeadLetters {
    let isPolicyKnown = false;
    const request = () => {
      onRequest();
      this.#request('GetQueueAttributes');
    };
    return async () => {
      if (!isPolicyKnown) request();
      isPolicyKnown = true;
      request();
      await takes('sqs');
      return this.#queue.deadLetters.length;
    };
  }

  /** A queue that takes every announcement. Its requests are counted as an action of their own. */
  announcements(): MessageSender & QueueDepth {
    return {
      sendBatch: async (messages) => {
        this.#request(
          'SendMessageBatch of announcements',
          messages.reduce((sum, message) => sum + sizeOf(message), 0),
        );
        await takes('sqs');
        return [];
      },
      depth: async () => 0,
    };
  }

  parcels(metrics: Metrics): ParcelTable {
    const { single, execute } = this.#parcels;
    return batchedParcelTable({ execute, single, writeConcurrency: 64, metrics });
  }

  failures(): FailureLog {
    const failures = this.#failures;
    return {
      record: (failure) => this.#writing('failures', () => failures.record(failure)),
      recordInterruption: (failure) => this.#writing('failures', () => failures.recordInterruption(failure)),
      removeInterruption: (failureId) => this.#writing('failures', () => failures.removeInterruption(failureId)),
      resolve: (failureId) => this.#writing('failures', () => failures.resolve(failureId)),
    };
  }

  checkpoints(): CheckpointStore {
    const store = this.#checkpoints.open();
    return {
      read: () => {
        this.#readUnits += 1;
        return store.read();
      },
      acquire: (...args) => this.#writing('checkpoints', () => store.acquire(...args)),
      renew: (...args) => this.#writing('checkpoints', () => store.renew(...args)),
      release: (...args) => this.#writing('checkpoints', () => store.release(...args)),
    };
  }

  /** What readiness asks of the parcels table: a read that need not be consistent. */
  async probeParcels(): Promise<void> {
    this.#readUnits += 0.5;
    await takes('dynamodb');
  }

  #request(action: string, payloadBytes = 0): void {
    this.#requests[action] = (this.#requests[action] ?? 0) + billedRequests(payloadBytes);
  }

  #writing<T>(table: string, write: () => Promise<T>): Promise<T> {
    this.#writeUnits[table] = (this.#writeUnits[table] ?? 0) + 1;
    return write();
  }
}
