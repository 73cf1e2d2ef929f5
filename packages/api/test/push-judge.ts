import { unpack } from '@waybill/shared/domain/pack.ts';
import { batchIdAttribute, batchPartAttribute } from '@waybill/shared/queue/message-attributes.ts';
import type { OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import type { PushOutcome } from '../src/ingestion/push.ts';
import type { MemoryBatchStore } from './memory-batch-store.ts';

export type PushBody = {
  readonly sha256: string;
  /** Those of its valid elements. */
  readonly eventIds: readonly number[];
  readonly elements: readonly unknown[];
};

/** What one request does, as the judge is told of it. */
export type JudgedRequest = {
  readonly onSent: () => void;
  /** Bodies of messages whose confirmation has reached the request. */
  readonly onConfirmed: (bodies: readonly string[]) => void;
  readonly end: (outcome: PushOutcome) => void;
};

type Queued = { readonly batchId: string; readonly part: number; readonly eventIds: readonly number[] };

/** Holds what is promised of pushes against what was sent, stored and answered. */
export class PushJudge {
  readonly violations: string[] = [];
  /** What was met, so that a schedule in which nothing goes wrong proves nothing. */
  readonly facts = new Set<string>();
  readonly #store: MemoryBatchStore;
  readonly #queue: Queued[] = [];
  readonly #settled = new Map<string, Set<number>>();
  readonly #bodies = new Map<string, PushBody>();
  readonly #bodiesOfKeys = new Map<string, Set<string>>();
  /** The batch and body that were accepted under a key. */
  readonly #accepted = new Map<string, { readonly batchId: string; readonly sha256: string }>();

  constructor(store: MemoryBatchStore) {
    this.#store = store;
  }

  report(violation: string): void {
    this.violations.push(violation);
  }

  begin(key: string | undefined, body: PushBody, packs: number): JudgedRequest {
    this.#bodies.set(body.sha256, body);
    const bodies = this.#bodiesOfKeys.get(key ?? '') ?? new Set();
    this.#bodiesOfKeys.set(key ?? '', bodies.add(body.sha256));
    const wasAccepted = key !== undefined && this.#accepted.has(key);
    const confirmed = new Set<string>();
    let sends = 0;
    return {
      onSent: () => {
        sends += 1;
        if (wasAccepted) this.report(`${key} was accepted, and is sent again`);
      },
      onConfirmed: (bodies) => {
        for (const each of bodies) confirmed.add(each);
      },
      end: (outcome) => {
        this.facts.add(`answered: ${outcome.kind}`);
        if (outcome.kind === 'accepted') {
          if (outcome.isRepetition) this.facts.add('a repetition');
          if (outcome.isRepetition && sends > 0) this.report(`${key} is said to be a repetition, and was sent`);
          if (!outcome.isRepetition && confirmed.size < packs)
            this.report(`${key} is accepted before all is confirmed`);
          this.#judgeAccepted(key, body, outcome);
        }
        if (outcome.kind === 'key reused' && bodies.size === 1) this.report(`${key} came with one body only`);
        if (
          wasAccepted &&
          outcome.kind !== 'accepted' &&
          outcome.kind !== 'key reused' &&
          outcome.kind !== 'not confirmed'
        )
          this.report(`${key} was accepted, and is answered with: ${outcome.kind}`);
      },
    };
  }

  #judgeAccepted(
    key: string | undefined,
    body: PushBody,
    { batchId, accepted, rejected }: PushOutcome & { readonly kind: 'accepted' },
  ): void {
    const queued = new Set(this.#queue.filter((one) => one.batchId === batchId).flatMap(({ eventIds }) => eventIds));
    const missing = body.eventIds.filter((eventId) => !queued.has(eventId));
    if (missing.length > 0) this.report(`${key} is accepted, and ${missing.length} of its events are not on the queue`);
    if (accepted !== body.eventIds.length || accepted + rejected.length !== body.elements.length)
      this.report(`${key} is answered with wrong numbers`);
    const state = this.#store.stored.get(batchId)?.state;
    if (state !== 'sent') this.report(`${key} is accepted, and its batch is ${state}`);
    if (key === undefined) return;
    const before = this.#accepted.get(key);
    this.#accepted.set(key, { batchId, sha256: body.sha256 });
    if (before && before.sha256 !== body.sha256) this.report(`${key} is accepted with two bodies`);
    if (before && before.batchId !== batchId) this.report(`${key} is accepted as two batches`);
  }

  queued({ body, attributes = {} }: OutgoingMessage): void {
    const unpacked = unpack(body);
    const elements = unpacked.kind === 'pack' ? unpacked.elements : [];
    const eventIds = elements.flatMap((element) => ('event' in element ? [element.event.eventId] : []));
    const part = attributes[batchPartAttribute];
    this.#queue.push({ batchId: attributes[batchIdAttribute] ?? '', part: Number(part), eventIds });
  }

  /** Any message that was ever queued, chosen by a number in [0, 1): redelivery is ordinary. */
  settle(share: number): void {
    const message = this.#queue[Math.floor(share * this.#queue.length)];
    if (message) this.#settle(message);
  }

  #settle({ batchId, part, eventIds }: Queued): void {
    const batch = this.#store.stored.get(batchId);
    if (!batch) {
      this.report(`a message of ${batchId} was sent before the batch was recorded`);
      return;
    }
    if (batch.firstPart > 0) this.facts.add('a batch was packed anew');
    batch.pending.delete(part);
    const settled = this.#settled.get(batchId) ?? new Set();
    this.#settled.set(batchId, settled);
    for (const eventId of eventIds) settled.add(eventId);
    const all = this.#bodies.get(batch.bodySha256)?.eventIds ?? [];
    const isComplete = batch.state === 'sent' && batch.pending.size === 0;
    if (isComplete && !all.every((eventId) => settled.has(eventId)))
      this.report(`${batchId} is completed before all of its events are settled`);
  }

  /** When all clients have their answer: what is on the queue is settled, each batch is complete, and each key has one. */
  finish(): void {
    for (const message of this.#queue) this.#settle(message);
    for (const [key, { batchId }] of this.#accepted) {
      const batch = this.#store.stored.get(batchId);
      if (batch?.state !== 'sent' || batch.pending.size > 0) this.report(`${batchId} of ${key} is not completed`);
    }
    const batchesOfKeys = new Set([...this.#store.keys.values()].map(({ batchId }) => batchId));
    if (batchesOfKeys.size !== this.#store.keys.size) this.report('two keys have one batch');
  }
}
