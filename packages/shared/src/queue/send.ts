import type { Clock, Random } from '../clock.ts';
import { WaybillError } from '../error.ts';
import { limits } from '../resources.ts';
import { type Backoff, retry } from '../retry.ts';
import type { EntryFailure, MessageSender, OutgoingMessage } from './message-queue.ts';

export type SendDependencies = {
  readonly queue: MessageSender;
  /** Used after each send, confirmed or failed, and not while one hangs. */
  readonly clock: Clock;
  readonly random: Random;
  /** Sends in flight at once; each holds at most 256 KiB. */
  readonly concurrency: number;
  /** A send or some of its entries failed and will be retried. Throws to give up. */
  readonly onFailure: (error: unknown, attempt: number, waitMs: number) => void;
};

const sendBackoff: Backoff = { firstMs: 100, maxMs: 10_000 };

/**
 * Sends every message and resolves once SQS has confirmed each of them, entry by entry. Only failed entries are sent
 * again, with backoff, for as long as it takes. Rejects with the last error once `signal` aborts or `onFailure` throws;
 * then nothing more is sent, because a former holder of the lease must not go on sending.
 */
export async function sendConfirmed(
  messages: readonly OutgoingMessage[],
  deps: SendDependencies,
  signal: AbortSignal,
): Promise<void> {
  const waiting = batchesOf(messages).values();
  const failed = new AbortController();
  const ending = AbortSignal.any([signal, failed.signal]);
  const worker = async () => {
    try {
      for (const batch of waiting) {
        if (failed.signal.aborted) return;
        await sendBatchConfirmed(batch, deps, ending);
        // Shows a watched loop to be alive: all sends together may take longer than its silence may.
        deps.clock.monotonic();
      }
    } catch (error) {
      failed.abort(error);
    }
  };
  await Promise.all(Array.from({ length: deps.concurrency }, worker));
  if (failed.signal.aborted) throw failed.signal.reason;
}

async function sendBatchConfirmed(
  batch: readonly OutgoingMessage[],
  { queue, clock, random, onFailure }: SendDependencies,
  signal: AbortSignal,
): Promise<void> {
  let unconfirmed = batch;
  await retry(
    async () => {
      const failures = await queue.sendBatch(unconfirmed);
      unconfirmed = failures.flatMap(({ index }) => unconfirmed[index] ?? []);
      if (failures.length > 0) throw refused(failures);
    },
    { clock, random, signal, backoff: sendBackoff, onFailure },
  );
}

/** Batches of at most 10 entries and 256 KiB, in order. A larger message goes alone. */
export function batchesOf(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const batches: OutgoingMessage[][] = [];
  let open: OutgoingMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (open.length > 0 && (open.length === limits.batchEntries || bytes + size > limits.sendBytes)) {
      batches.push(open);
      open = [];
      bytes = 0;
    }
    open.push(message);
    bytes += size;
  }
  if (open.length > 0) batches.push(open);
  return batches;
}

/** Bytes that count towards SQS's limits: body, and name, type and value of each attribute. */
export function sizeOf({ body, attributes = {}, typedAttributes = {} }: OutgoingMessage): number {
  let bytes = Buffer.byteLength(body);
  for (const [name, value] of Object.entries(attributes)) {
    if (!(name in typedAttributes)) bytes += attributeBytes(name, 'String', value);
  }
  for (const [name, { dataType, value }] of Object.entries(typedAttributes))
    bytes += attributeBytes(name, dataType, value);
  return bytes;
}

function attributeBytes(name: string, dataType: string, value: string | Uint8Array): number {
  return Buffer.byteLength(name) + Buffer.byteLength(dataType) + Buffer.byteLength(value);
}

/** The error of a send of which these entries were not confirmed. */
export function refused(failures: readonly EntryFailure[]): WaybillError {
  const reasons = [...new Set(failures.map(({ code, detail }) => (detail ? `${code} (${detail})` : code)))].join(', ');
  return new WaybillError(
    'QUEUE_REFUSED',
    `SQS did not confirm ${failures.length} of the messages in a batch: ${reasons}`,
  );
}
