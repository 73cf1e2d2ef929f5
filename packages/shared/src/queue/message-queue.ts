/**
 * What Waybill needs of a queue: `sqs-queue.ts` offers it with SQS, the simulator with a queue in memory. Every method
 * may reject; then nothing is known about what was done.
 */

/** A message attribute of another type than plain `String`: `Number`, `Binary`, or one of a sender's own like `String.json`. */
export type TypedAttribute = { readonly dataType: string; readonly value: string | Uint8Array };

/** A message to be sent. Our own attributes are strings; a redrive keeps those of others as they are. */
export type OutgoingMessage = {
  /** Our own are ASCII, so that their length is their size in bytes. */
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** By name; one that is among `attributes`, too, goes before it. */
  readonly typedAttributes?: Readonly<Record<string, TypedAttribute>>;
  /** Seconds before it can be received, 900 at most (SQS quotas). None where undefined. */
  readonly delaySeconds?: number;
};

export type ReceivedMessage = {
  readonly messageId: string;
  /** Identifies this receive of the message; a later receive has another. */
  readonly receiptHandle: string;
  readonly body: string;
  /** The values that are text, of whatever type. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The attributes of another type than `String`, where there are any. */
  readonly typedAttributes?: Readonly<Record<string, TypedAttribute>>;
  /** The ARN of the queue from which a redrive policy moved it, where the engine says so. */
  readonly deadLetterSourceArn?: string;
  /** 1 for the first receive since the message was sent (or redriven). */
  readonly receiveCount: number;
  /** When it was sent, milliseconds since the epoch. */
  readonly sentAtMs: number;
  /** Its body is not the one that was sent: the checksum differs. */
  readonly isCorrupted?: boolean;
};

/** What one receive does otherwise than the queue's own settings say. Seconds are whole. */
export type ReceiveOptions = {
  /** 1 to 10; 10 unless given. */
  readonly maxMessages?: number | undefined;
  readonly waitSeconds?: number | undefined;
  readonly visibilitySeconds?: number | undefined;
};

/** One entry of a batch that failed: its place in the batch, and the service's code and text. */
export type EntryFailure = { readonly index: number; readonly code: string; readonly detail: string };

export type MessageSender = {
  /** Sends at most 10 messages, 256 KiB in total; returns the entries that were not confirmed. */
  readonly sendBatch: (messages: readonly OutgoingMessage[]) => Promise<readonly EntryFailure[]>;
};

export type QueueDepth = {
  /** Messages in the queue, in flight ones included; approximate, as SQS counts. */
  readonly depth: () => Promise<number>;
};

export type VisibilityChange = { readonly receiptHandle: string; readonly seconds: number };

export type MessageConsumer = MessageSender & {
  /**
   * One long poll: up to 10 messages, none when the wait ends. When it rejects, SQS may have used up a receive of
   * messages all the same (`lost-answer.ts`). It cannot be aborted: an engine may deliver a message to
   * a poll that its client has left.
   */
  readonly receive: (options?: ReceiveOptions) => Promise<readonly ReceivedMessage[]>;
  /** At most 10 handles. An expired handle is not a failure: the message is no longer ours. */
  readonly deleteBatch: (receiptHandles: readonly string[]) => Promise<readonly EntryFailure[]>;
  /** At most 10 changes, seconds from now. An expired handle fails with the code `GONE`. */
  readonly changeVisibilityBatch: (changes: readonly VisibilityChange[]) => Promise<readonly EntryFailure[]>;
  /** Receives of one message before the redrive policy moves it; Infinity without such a policy. */
  readonly maxReceiveCount: () => Promise<number>;
};

/** The code of a batch entry whose receipt handle has expired. */
export const gone = 'GONE';
