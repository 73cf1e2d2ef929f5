import type { Clock } from '@waybill/shared/clock.ts';
import { hasCode } from '@waybill/shared/error.ts';
import type { AnswerFacts, AnswerObserver } from '@waybill/shared/scan-api/answer-observer.ts';
import { isAboutPage, isRefusal, isTooLarge, nameOf } from '@waybill/shared/scan-api/page-failure.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import { TokenBucket } from '@waybill/shared/scan-api/token-bucket.ts';

/** A third of the poller's default: a check must not be what a carrier notices. */
const requestsPerSecond = 3;

/** Requests of one check at most, repetitions included. */
export const mostRequests = 20;

/** Milliseconds that a check takes at most. */
export const mostMs = 60_000;

/** How often a question is asked that gets no answer, or none that is about it. */
const mostTries = 3;

/** Milliseconds before the second try, where the server names no time; before the third it is twice that. */
const firstPauseMs = 500;

/** `facts` is undefined where no answer began. */
export type Answer =
  | {
      readonly kind: 'page';
      readonly elements: readonly unknown[];
      readonly facts: AnswerFacts | undefined;
      readonly envelope: 'array' | 'null' | 'no content';
    }
  | { readonly kind: 'failed'; readonly error: unknown; readonly facts: AnswerFacts | undefined }
  /** There was no request or no time left for it, or the operator has ended the check. */
  | { readonly kind: 'not asked' };

/** What happened to the requests so far. */
export type RequestLog = {
  readonly requests: number;
  /** Of each page that came, in milliseconds. */
  readonly durationsMs: readonly number[];
  /** How often which failure came. */
  readonly failures: ReadonlyMap<string, number>;
  /** Answers that asked to come later, and the longest such time that they named. */
  readonly notNow: { readonly answers: number; readonly withRetryAfter: number; readonly longestMs: number };
  /** Codings of pages with elements. */
  readonly codings: readonly (readonly string[])[];
};

export type Questions = {
  /** Asks until there is an answer to the question, or none is to be had. Never rejects. */
  readonly ask: (fromEventId: number, limit: number) => Promise<Answer>;
  readonly log: () => RequestLog;
};

export type QuestionDependencies = {
  /** Opens the feed as the poller does, with an observer of its answers. */
  readonly open: (observer: AnswerObserver) => ScanFeed;
  readonly clock: Clock;
};

/** Asks one question at a time, at a pace of its own, and waits for as long as the server asks for. `signal` ends it. */
export function paced({ open, clock }: QuestionDependencies, signal: AbortSignal): Questions {
  const bucket = new TokenBucket({ perSecond: requestsPerSecond, clock });
  const deadline = clock.monotonic() + mostMs;
  const durationsMs: number[] = [];
  const failures = new Map<string, number>();
  const codings: (readonly string[])[] = [];
  const notNow = { answers: 0, withRetryAfter: 0, longestMs: 0 };
  let requests = 0;
  const heads: AnswerFacts[] = [];
  const envelopes: ('array' | 'null')[] = [];
  const feed = open({ onHead: (head) => heads.push(head), onPage: (envelope) => envelopes.push(envelope) });

  /** Whether to ask now: pauses that the server asks for are over, and there is a request and time left. */
  const whenAllowed = async (): Promise<boolean> => {
    const pauseMs = bucket.pausedUntil - clock.monotonic();
    if (requests >= mostRequests || bucket.pausedUntil >= deadline) return false;
    if (pauseMs > 0) await clock.sleep(Math.ceil(pauseMs), signal);
    await bucket.take(signal);
    return !signal.aborted && clock.monotonic() < deadline;
  };

  const once = async (fromEventId: number, limit: number): Promise<Answer> => {
    if (!(await whenAllowed())) return { kind: 'not asked' };
    requests += 1;
    heads.length = 0;
    envelopes.length = 0;
    const startedAt = clock.monotonic();
    try {
      const elements = await feed.read(fromEventId, limit, signal);
      durationsMs.push(clock.monotonic() - startedAt);
      if (elements.length > 0) codings.push(heads.at(-1)?.codings ?? []);
      return { kind: 'page', elements, facts: heads.at(-1), envelope: envelopes.at(-1) ?? 'no content' };
    } catch (error) {
      if (signal.aborted) return { kind: 'not asked' };
      failures.set(nameOf(error), (failures.get(nameOf(error)) ?? 0) + 1);
      noteRetryAfter(heads.at(-1));
      return { kind: 'failed', error, facts: heads.at(-1) };
    }
  };

  const noteRetryAfter = (facts: AnswerFacts | undefined) => {
    const isNotNow = facts?.status === 429 || facts?.status === 503;
    if (isNotNow) notNow.answers += 1;
    if (facts?.retryAfterMs === undefined || facts.status < 400) return;
    if (isNotNow) notNow.withRetryAfter += 1;
    notNow.longestMs = Math.max(notNow.longestMs, facts.retryAfterMs);
    bucket.pausedUntil = clock.monotonic() + facts.retryAfterMs;
  };

  return {
    ask: async (fromEventId, limit) => {
      let answer = await once(fromEventId, limit);
      for (let tries = 1; answer.kind === 'failed' && tries < mostTries && mayHeal(answer.error); tries += 1) {
        await clock.sleep(firstPauseMs * tries, signal);
        const again = await once(fromEventId, limit);
        // What was said last is the answer where the server asks for longer than there is time.
        if (again.kind === 'not asked') break;
        answer = again;
      }
      return answer;
    },
    log: () => ({ requests, durationsMs, failures, notNow, codings }),
  };
}

/** Whether the same question may be answered at the next try. */
function mayHeal(error: unknown): boolean {
  if (isRefusal(error) || isTooLarge(error)) return false;
  return hasCode(error, 'FEED_UNAVAILABLE') || isAboutPage(error);
}
