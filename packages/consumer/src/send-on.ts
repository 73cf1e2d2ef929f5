import { failureIdAttribute } from '@waybill/shared/failures/failure-record.ts';
import type { OutgoingMessage, ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { sendConfirmed } from '@waybill/shared/queue/send.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import type { Guard } from './guard/guard.ts';
import type { Reading, ThrottledRest } from './handler.ts';
import type { HeldMessage, MessagesInHand } from './messages-in-hand.ts';
import { copyOf, type ResendDependencies, sentOnAttribute, withAttributes } from './resend.ts';

export type SendOnDependencies<Work> = ResendDependencies & {
  readonly metrics: Pick<ConsumerMetrics, 'sentOn'>;
  readonly handler: { readonly engine: string; readonly rest?: ThrottledRest<Work> };
  readonly guard: Pick<Guard<never>, 'state' | 'throttling' | 'dropAbandoned'>;
  readonly inHand: Pick<MessagesInHand, 'holds'>;
  /** Aborts when a stop can wait for the work no longer. */
  readonly workDeadline: AbortSignal;
};

/** A message whose work is under way. */
export type MessageAtWork<Work> = {
  readonly held: HeldMessage;
  readonly reading: Reading<Work>;
  /** The record to resolve when all of it succeeds. */
  readonly resolves: string | undefined;
  /** Set when its work was ended: what is sent in its place. */
  rest?: OutgoingMessage;
};

/** Milliseconds for which all that is left of a message must have been throttled. Retries heal most throttling within one. */
const patienceMs = 3_000;
/**
 * The same while rests are sent on anyway: a hand of 80 messages that each wait for so long still takes in 80 messages
 * per second, some 8,000 events in packs of a hundred.
 */
const patienceInEpisodeMs = 1_000;
/** Milliseconds after the last rest was sent on, for which it is the same episode. */
const episodeMs = 60_000;
/** How much later than the first throttled attempt another call must be done. Less may be the other half of one request. */
const laterMs = 250;
/** Milliseconds without any throttling after which there is nothing to look for: longer than an open breaker waits between probes. */
const throttlingPassedMs = 20_000;
/** Milliseconds between two looks at the messages in hand. */
const lookEachMs = 200;
/** Milliseconds that a rest waits for others to share its request. */
const lingerMs = 50;
/**
 * Seconds until a rest is received again, doubled each time up to what SQS allows: an hour of throttling costs a rest
 * eight sends, receives and deletes. It is stored at most a quarter of an hour after the throttling has ended.
 */
const firstDelaySeconds = 30;
const longestDelaySeconds = 900;

/**
 * Frees a hand that is full of messages of which all that is left is throttled, while others are stored: one partition of
 * the engine that throttles stops no other. Where nothing is stored the engine is down, and everything is held.
 */
export class SendOn<Work> {
  readonly #deps: SendOnDependencies<Work>;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #sentOnAt = Number.NEGATIVE_INFINITY;
  #toSend: OutgoingMessage[] = [];
  #sending: Promise<void> | undefined;

  constructor(deps: SendOnDependencies<Work>) {
    this.#deps = deps;
  }

  /** Ends the work of messages that may be sent on, and gives each its `rest`. To be called while the hand is full. */
  makeRoom(messages: Iterable<MessageAtWork<Work>>): void {
    const { handler, guard, clock, log, inHand } = this.#deps;
    const { rest } = handler;
    const now = clock.monotonic();
    const { throttledAt, recoveredAt } = guard.throttling;
    if (!rest || now - throttledAt > throttlingPassedMs || now - this.#lookedAt < lookEachMs) return;
    this.#lookedAt = now;
    const isInEpisode = now - this.#sentOnAt < episodeMs;
    const patience = isInEpisode ? patienceInEpisodeMs : patienceMs;
    // What was throttled is being stored: the engine is slow, and waiting helps.
    if (now - recoveredAt < patience) return;
    let count = 0;
    for (const one of messages) {
      if (one.rest || one.held.isDone || !inHand.holds(one.held)) continue;
      if (!this.#mayBeSentOn(one, rest, now - patience)) continue;
      one.rest = this.#restOf(one, rest.giveUp(one.reading.work));
      count += 1;
    }
    if (count === 0) return;
    guard.dropAbandoned();
    this.#sentOnAt = now;
    if (isInEpisode) return;
    const text = `${handler.engine} throttles a part of the work while the rest is stored: sending that part on with a delay`;
    log.warn({ messages: count }, text);
  }

  /** Sends a rest to the queue that its message came from. Resolves once SQS has confirmed it. */
  async send(rest: OutgoingMessage): Promise<void> {
    this.#toSend.push(rest);
    this.#sending ??= this.#sendAll();
    await this.#sending;
    this.#deps.metrics.sentOn.add(1);
  }

  async #sendAll(): Promise<void> {
    const { queue, clock, random, log, workDeadline } = this.#deps;
    await clock.sleep(lingerMs, workDeadline);
    const messages = this.#toSend;
    this.#toSend = [];
    this.#sending = undefined;
    const onFailure = (error: unknown, _attempt: number, waitMs: number) =>
      log.warn({ err: error, waitMs, messages: messages.length }, 'SQS did not confirm a send, will be retried');
    await sendConfirmed(messages, { queue, clock, random, concurrency: 1, onFailure }, workDeadline);
  }

  /** @param before when the throttling of all that it waits for must have begun at the latest */
  #mayBeSentOn(one: MessageAtWork<Work>, rest: ThrottledRest<Work>, before: number): boolean {
    const { held, reading } = one;
    const { state, throttling } = this.#deps.guard;
    if (held.receivedAt > before) return false;
    // What cannot be split off would keep the whole message, and its receives would be used up.
    if (!reading.single && reading.failures.some(({ splitBody }) => splitBody === undefined)) return false;
    const isRest = timesSentOn(held.message) > 0;
    // A rest was throttled before while others were stored. A hand full of rests need not be tried call by call, as probes
    // of a breaker that they have opened: what comes in their place shows how the others do.
    const isOnlyThrottling = throttling.throttledAt > Math.max(throttling.failedAt, throttling.doneAt);
    if (isRest && state !== 'closed' && isOnlyThrottling && throttling.doneAt < held.receivedAt) return true;
    const since = rest.throttledSince(reading.work);
    if (since === undefined || since > before) return false;
    return isRest || throttling.doneAt >= Math.max(since, held.receivedAt) + laterMs;
  }

  /** @param body of the rest; undefined where only the whole message can travel */
  #restOf({ held, resolves }: MessageAtWork<Work>, body: string | undefined): OutgoingMessage {
    const { message } = held;
    const times = timesSentOn(message);
    const longest = Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** Math.min(times, 10));
    // Up to a quarter less, so that what was sent on together does not come back together.
    const delaySeconds = Math.round(longest * (1 - this.#deps.random() / 4));
    // Never larger than the message, which SQS has taken: another program may have spelt it shorter.
    const isShorter = body !== undefined && body.length <= message.body.length;
    return withAttributes(
      { ...copyOf(message, isShorter ? body : message.body), delaySeconds },
      { ...(resolves !== undefined && { [failureIdAttribute]: resolves }), [sentOnAttribute]: String(times + 1) },
    );
  }
}

/** Any sender can set the attribute: what is not a count is none. */
function timesSentOn({ attributes }: ReceivedMessage): number {
  const times = Number(attributes[sentOnAttribute] ?? 0);
  return Number.isSafeInteger(times) && times > 0 ? times : 0;
}
