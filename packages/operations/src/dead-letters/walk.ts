import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import type { DeadLetterPort } from './dead-letter-queue.ts';
import { HeldMessages } from './held-messages.ts';

export type WalkDependencies = {
  readonly deadLetters: DeadLetterPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly pace?: WalkPace;
};

/** How a walk asks; tests ask shorter. */
export type WalkPace = {
  /** Seconds for which a received message is invisible to others; renewed for as long as the walk runs. */
  readonly visibilitySeconds: number;
  /** Seconds that a long poll waits, 1–20; from 1 on SQS asks all of its servers. */
  readonly waitSeconds: number;
};

const defaultPace: WalkPace = {
  // A killed walk hides messages for so long. Half of it is enough to renew 100,000 of them from a laptop.
  visibilitySeconds: 300,
  // Also how long Ctrl-C may take.
  waitSeconds: 2,
};

/** Messages that a question or a plan looks at. */
export const windowMessages = 10_000;

/** Messages that an act holds at once. */
const mostHeld = 100_000;

/** Messages in flight, those of others included: SQS allows 120,000 (SQS quotas), and beyond that a long poll brings nothing. */
const mostInFlight = 110_000;

/** Milliseconds of a walk: a visibility cannot be extended beyond 12 hours after the receive. */
const longestWalkMs = (limits.visibilitySeconds - 3_600) * 1_000;

const mostReceivers = 8;

/** Messages that are looked at together: what one BatchGetItem asks for. */
const mostTogether = 100;

export type WalkOptions = {
  /** Ends when more than so many messages were looked at: a few receives of ten more. */
  readonly mostLookedAt?: number;
  /** Milliseconds after which no receive begins. */
  readonly mostMs?: number;
  /** Messages held at once, 100,000 unless given. */
  readonly mostHeld?: number;
  /** Called with the messages looked at so far, and how many there were at the start, as SQS counts. */
  readonly onProgress?: (lookedAt: number, expected: number) => void;
};

/** What of the messages that were received becomes of each: those not named are held and handed back at the end. */
export type Visit = {
  /** Receipt handles of messages that are deleted. */
  readonly settled: readonly string[];
  /** Nothing more is to be received. */
  readonly isEnough?: boolean;
};

export type Walk = {
  /** Messages that were visited. */
  readonly lookedAt: number;
  /** A long poll found nothing that is not held: all was visited but what others had in flight. */
  readonly isAll: boolean;
  /** In flight elsewhere when the walk began, as SQS counts. */
  readonly inFlightElsewhere: number;
  /** Not handed back: these return when their visibility ends. */
  readonly notHandedBack: number;
};

/**
 * Receives the messages of a dead-letter queue and shows each to `visit`. What `visit` does not settle stays invisible until
 * the walk ends, so that a long poll that brings nothing means that all was seen; then it is made visible again. Ends when
 * that is so, when enough was seen, or when `signal` aborts: then polls in flight may end, and what they bring is handed
 * back. Rejects with the first error of a receive or a visit, after everything is handed back.
 */
export async function walkDeadLetters(
  { deadLetters, clock, random, pace = defaultPace }: WalkDependencies,
  visit: (messages: readonly ReceivedMessage[]) => Promise<Visit>,
  options: WalkOptions,
  signal: AbortSignal,
): Promise<Walk> {
  const atStart = await deadLetters.counts();
  const held = new HeldMessages({ queue: deadLetters, clock, random }, pace.visibilitySeconds);
  const startedAt = clock.monotonic();
  const room = Math.min(options.mostHeld ?? mostHeld, mostInFlight - atStart.inFlight);
  const mostMs = Math.min(options.mostMs ?? longestWalkMs, longestWalkMs);
  let lookedAt = 0;
  let arrivals = 0;
  const receivers = new Set<Promise<void>>();
  let isEnough = false;

  const isOver = () =>
    isEnough ||
    signal.aborted ||
    lookedAt > (options.mostLookedAt ?? Number.POSITIVE_INFINITY) ||
    held.size + receivers.size * limits.batchEntries > room ||
    clock.monotonic() - startedAt > mostMs;

  const lookAt = async (messages: readonly ReceivedMessage[]) => {
    lookedAt += messages.length;
    const { settled, isEnough: isEnoughNow = false } = await visit(messages);
    for (const handle of settled) held.letGo(handle);
    isEnough ||= isEnoughNow;
    options.onProgress?.(lookedAt, atStart.waiting);
  };
  // What comes meanwhile is looked at together: one question about a hundred failures, not ten about ten.
  const waiting: ReceivedMessage[] = [];
  let looking: Promise<void> | undefined;
  const lookAtAll = async () => {
    // Not before `looking` is set.
    await Promise.resolve();
    try {
      while (waiting.length > 0) {
        const some = waiting.splice(0, mostTogether);
        if (!isEnough && !signal.aborted) await lookAt(some);
      }
    } finally {
      // In the very step that finds nothing waiting: what comes after it starts anew.
      looking = undefined;
    }
  };
  const look = async (messages: readonly ReceivedMessage[]) => {
    waiting.push(...messages);
    looking ??= lookAtAll();
    await looking;
  };

  let isQuiet = false;
  const receive = async (): Promise<void> => {
    while (!isOver()) {
      const arrivalsBefore = arrivals;
      const begun = clock.monotonic();
      const { waitSeconds, visibilitySeconds } = pace;
      const messages = await deadLetters.receive({ waitSeconds, visibilitySeconds });
      for (const { receiptHandle } of messages) held.hold(receiptHandle, begun);
      arrivals += messages.length;
      isQuiet = messages.length === 0 && arrivals === arrivalsBefore;
      if (isQuiet) return;
      // Some engines end every poll when one of them gets something.
      if (messages.length === 0) continue;
      // Where there is one there may be more.
      if (receivers.size < mostReceivers) startReceiver();
      await look(messages);
    }
  };
  const errors: unknown[] = [];
  const startReceiver = () => {
    const onError = (error: unknown) => {
      isEnough = true;
      errors.push(error);
    };
    const one = receive()
      .catch(onError)
      .finally(() => receivers.delete(one));
    receivers.add(one);
  };

  held.startRenewing();
  startReceiver();
  while (receivers.size > 0) await Promise.all(receivers);
  const notHandedBack = await held.handBack();
  const [error] = errors;
  if (error !== undefined) throw error;
  const isAll = isQuiet && !isEnough && !signal.aborted;
  return { lookedAt, isAll, inFlightElsewhere: atStart.inFlight, notHandedBack };
}
