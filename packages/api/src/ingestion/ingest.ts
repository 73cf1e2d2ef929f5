import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageSender } from '@waybill/shared/queue/message-queue.ts';
import { sendConfirmed } from '@waybill/shared/queue/send.ts';
import type { QueueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';
import { requireScope } from '../access/caller.ts';
import { batchIdOf, keyIdOf } from './batch-ids.ts';
import type { BatchRecord, BatchStore, StoredBatch } from './batch-store.ts';
import { type ClaimOutcome, claimKey, givenUpAfterMs, isExpired } from './claim-key.ts';
import { messagesOf, type RejectedElement } from './prepare-push.ts';
import type { Push, PushOutcome } from './push.ts';
import { recordBatch } from './record-batch.ts';

export type IngestDependencies = {
  readonly batches: BatchStore;
  readonly queue: MessageSender;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Pick<
    Metrics,
    'waybill.ingestion.batches' | 'waybill.ingestion.events' | 'waybill.ingestion.rejections'
  >;
  /** Undefined: pushes are not traced. */
  readonly traces?: QueueTraces | undefined;
};

/** Sends in flight at once, as the poller has them for a page. */
const sendConcurrency = 4;

/**
 * Records the push as a batch and puts its events on the queue. `accepted` only once SQS has confirmed each message, entry by
 * entry. Needs the scope `ingest`. Rejects where the table or its engine fails; where the signal aborts before all is
 * confirmed, the push is `not confirmed`. A repetition with the same key is right at any time.
 *
 * A crash leaves, in this order: nothing; a key without its batch; a batch that is `sending`, some of it on the queue, or all;
 * a batch that is `sent` and whose client does not know it. The next request with the key goes on from each.
 */
export async function ingest(deps: IngestDependencies, push: Push, signal: AbortSignal): Promise<PushOutcome> {
  requireScope(push.caller, 'ingest');
  const startedAtMs = deps.clock.monotonic();
  let outcome: PushOutcome;
  try {
    outcome = await outcomeOf(deps, push, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    // By then a request that comes again may take the batch over.
    const leftMs = givenUpAfterMs - (deps.clock.monotonic() - startedAtMs);
    outcome = { kind: 'not confirmed', retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1_000)) };
  }
  deps.metrics['waybill.ingestion.batches'].add(1, { outcome: labelOf(outcome) });
  return outcome;
}

async function outcomeOf(deps: IngestDependencies, push: Push, signal: AbortSignal): Promise<PushOutcome> {
  const { batches, clock } = deps;
  const startedAtMs = clock.now();
  const { bodySha256, prepared } = push;
  const { accepted, rejected, packs, packing } = prepared;
  if (accepted === 0) return await nothingAcceptable(deps, push, signal);
  const claim = await claimFor(deps, push, signal);
  if (claim.kind === 'sent') return repetition(claim.batch, rejected);
  if (claim.kind !== 'claimed') return claim;

  const { batchId, createdAtMs, known } = claim;
  const batch = { batchId, accepted, rejected: rejected.length, packs: packs.length, packing, bodySha256, createdAtMs };
  const recorded = await recordBatch(batches, batch, known, signal);
  if (recorded.kind === 'sent') return repetition(recorded.batch, rejected);
  const messages = messagesOf(packs, batchId, recorded.firstPart);
  const facts = {
    'waybill.batch.id': batchId,
    'waybill.batch.accepted': accepted,
    'waybill.batch.packs': packs.length,
  };
  const span = deps.traces?.begin('push', { startTime: startedAtMs, attributes: facts });
  const sending = sendAll(deps, messages, batchId, signal, span);
  await (span ? span.around(sending) : sending);
  if (!(await isMarkedSent(deps, { batchId, packing, firstPart: recorded.firstPart }, signal)))
    return { kind: 'under way', retryAfterSeconds: givenUpAfterMs / 1_000 };
  count(deps, push, batchId, span);
  return { kind: 'accepted', batchId, accepted, rejected, isRepetition: false };
}

/** The contract's answer to a key that stands for another body goes first. */
async function nothingAcceptable(
  { batches, clock, metrics }: IngestDependencies,
  { caller, key, bodySha256, prepared }: Push,
  signal: AbortSignal,
): Promise<PushOutcome> {
  const { rejected } = prepared;
  const seen = key === undefined ? undefined : await batches.readKey(keyIdOf(caller.name, key), signal);
  const isReused = seen && !isExpired(seen, clock.now()) && seen.bodySha256 !== bodySha256;
  if (isReused) return { kind: 'key reused' };
  countRejected(metrics, rejected);
  return { kind: 'nothing acceptable', rejected };
}

/** Without a key each request is a batch of its own. */
async function claimFor(
  deps: IngestDependencies,
  { caller, key, bodySha256 }: Push,
  signal: AbortSignal,
): Promise<ClaimOutcome> {
  if (key !== undefined) return await claimKey(deps, { callerName: caller.name, key, bodySha256 }, signal);
  const createdAtMs = deps.clock.now();
  return { kind: 'claimed', batchId: batchIdOf(createdAtMs, deps.random), createdAtMs, known: undefined };
}

/**
 * Resolves once each message is confirmed. Rejects when the signal aborts, though a send may still be under way. None begins
 * after it: the body's memory counts as free then, and the repetition sends all of it.
 */
async function sendAll(
  { queue, clock, random, log, traces }: IngestDependencies,
  messages: ReturnType<typeof messagesOf>,
  batchId: string,
  signal: AbortSignal,
  span: TraceSpan | undefined,
): Promise<void> {
  const onFailure = (error: unknown, attempt: number) => {
    if (attempt === 0) log.warn({ err: error, batchId }, 'SQS did not confirm sends of a batch, will be retried');
  };
  const whileItLasts: MessageSender = {
    sendBatch: async (batch) => {
      signal.throwIfAborted();
      return await queue.sendBatch(batch);
    },
  };
  const sends = (span && traces?.sending(span, messages, whileItLasts)) ?? { messages, queue: whileItLasts };
  const sending = sendConfirmed(
    sends.messages,
    { queue: sends.queue, clock, random, concurrency: sendConcurrency, onFailure },
    signal,
  );
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    await Promise.race([sending, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Not where another request has packed the batch anew: its packs count then, and are not all confirmed yet. */
async function isMarkedSent(
  { batches }: IngestDependencies,
  batch: Pick<BatchRecord, 'batchId' | 'packing' | 'firstPart'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (await batches.markSent(batch, signal)) return true;
  const stored = await batches.readBatch(batch.batchId, signal);
  return stored?.state === 'sent';
}

/** Which elements are rejected follows from the body, which is the same. */
function repetition({ batchId, accepted }: StoredBatch, rejected: readonly RejectedElement[]): PushOutcome {
  return { kind: 'accepted', batchId, accepted, rejected, isRepetition: true };
}

function count(
  { metrics, log }: IngestDependencies,
  { caller, prepared }: Push,
  batchId: string,
  span: TraceSpan | undefined,
): void {
  const { accepted, rejected, packs } = prepared;
  metrics['waybill.ingestion.events'].add(accepted);
  countRejected(metrics, rejected);
  const facts = { batchId, by: caller.name, accepted, rejected: rejected.length, packs: packs.length };
  log.info({ ...facts, ...(span && { traceId: span.traceId }) }, 'batch queued');
}

function countRejected(metrics: IngestDependencies['metrics'], rejected: readonly RejectedElement[]): void {
  for (const { code } of rejected) metrics['waybill.ingestion.rejections'].add(1, { reason: code });
}

function labelOf(outcome: PushOutcome): string {
  if (outcome.kind === 'accepted') return outcome.isRepetition ? 'repeated' : 'accepted';
  return outcome.kind.replaceAll(' ', '_');
}
