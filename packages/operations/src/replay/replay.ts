import type { Clock, Random } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import { describeError } from '@waybill/shared/error.ts';
import { announceAttribute, announceNever } from '@waybill/shared/queue/message-attributes.ts';
import type { MessageSender, OutgoingMessage, QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import { whenQueueHasCapacity } from '@waybill/shared/queue/queue-capacity.ts';
import { sendConfirmed, sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import { lengthOf } from '@waybill/shared/scan-api/page.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import type { ActContext, ActResult } from '../record/on-record.ts';
import type { Outcome } from '../record/operation.ts';
import { exceedsPlan } from '../record/plan.ts';
import { FeedQuestions } from './feed-questions.ts';
import type { PlannedReplay } from './plan-replay.ts';
import { type RangeEnd, type RangePart, readRange } from './read-range.ts';

export type ReplayDependencies = {
  readonly feed: ScanFeed;
  readonly queue: MessageSender & QueueDepth;
  readonly clock: Clock;
  readonly random: Random;
};

/** What a replay did. */
export type ReplayResult = ActResult & {
  /** From this id on nothing was replayed: what a replay of the rest begins with. Undefined when nothing is left. */
  readonly next: number | undefined;
};

/** Sends in flight at once, as the poller has them for a page. */
const sendConcurrency = 4;

/** Milliseconds for which a feed or a queue that is down is asked again. */
const patienceMs = 300_000;
/** The same for a queue that has not taken anything yet: it is more likely the wrong one, or forbidden. */
const firstSendPatienceMs = 30_000;

/**
 * Reads the planned range of the feed once more and sends it to the scan queue: page by page, each confirmed entry by
 * entry before the next one is read. Has a position of its own and never touches the poller's checkpoint. Ends `partly`
 * where the feed or the queue stays down, or where something could not be read; once the signal aborts, after the page in
 * hand. Rejects where the feed refuses the caller.
 */
export async function runReplay(
  deps: ReplayDependencies,
  { range, settings, plan, known, isGoingOn }: PlannedReplay & { readonly isGoingOn: boolean },
  { signal, onProgress }: ActContext,
): Promise<ReplayResult> {
  const { clock } = deps;
  const questions = new FeedQuestions({ ...deps, ...settings, patienceMs });
  const whenCapacity = whenQueueHasCapacity({
    ...deps,
    maxQueueMessages: settings.maxQueueMessages,
    onDepth: ({ depth, isFull, isChange }) => {
      if (isFull && isChange)
        onProgress({ what: `paused: the queue holds ${counted(depth, 'message')}, next EventId ${next}`, ...done() });
    },
    onFailure: () => undefined,
  });
  const total = range.to - range.from + 1;
  const done = () => ({ done: next - range.from, total });
  const counts = { events: 0, rejected: 0, messages: 0, pages: 0 };
  let next = range.from;
  const end = (outcome: Outcome, problems: readonly string[]): ReplayResult => ({
    outcome,
    counts,
    problems,
    next: next > range.to || (outcome === 'done' && problems.length === 0) ? undefined : next,
  });

  const parts = readRange(range, { questions, known }, signal);
  for (;;) {
    await whenCapacity(clock, signal);
    const step = await parts.next();
    if (step.done) return ended(step.value);
    const part = step.value;
    const messages = messagesOf(part, settings);
    const failure = await send(messages);
    if (failure) return end(signal.aborted ? 'cancelled' : 'partly', signal.aborted ? [] : [failure]);
    counts.events += part.events.length;
    counts.rejected += part.rejected.length;
    counts.messages += messages.length;
    if (lengthOf(part) > 0) counts.pages += 1;
    next = part.next;
    onProgress({ what: `next EventId ${next}`, ...done() });
    if (!isGoingOn && exceedsPlan(counts.events, plan))
      return end('refused', [`met ${counted(counts.events, 'event')}, over 10 % more than the plan's ${plan.count}`]);
  }

  function ended({ kind, next: unread, problems }: RangeEnd): ReplayResult {
    next = unread;
    if (kind === 'stopped') return end('cancelled', problems);
    if (kind === 'down')
      return end('partly', [
        ...problems,
        `the feed failed for ${patienceMs / 60_000} minutes: not read from EventId ${unread} on`,
      ]);
    const isShort = kind === 'feed-ended' && known !== undefined && unread <= Math.min(known, range.to);
    const all = isShort
      ? [...problems, `the feed shows nothing from EventId ${unread} on, and the poller has read up to ${known}`]
      : problems;
    if (all.length === 0) return end('done', []);
    return { ...end('partly', all), next: isShort ? unread : undefined };
  }

  /** Sends the messages. Returns why they could not all be sent; undefined once each is confirmed. */
  async function send(messages: readonly OutgoingMessage[]): Promise<string | undefined> {
    let failingSince: number | undefined;
    const onFailure = (error: unknown, attempt: number) => {
      const now = clock.monotonic();
      if (attempt === 0 || failingSince === undefined) failingSince = now;
      if (now - failingSince >= (counts.messages === 0 ? firstSendPatienceMs : patienceMs)) throw error;
    };
    try {
      await sendConfirmed(messages, { ...deps, concurrency: sendConcurrency, onFailure }, signal);
      return undefined;
    } catch (error) {
      return `the queue did not take what was read: ${describeError(error)}`;
    }
  }
}

const neverAnnounced = { [announceAttribute]: announceNever };

/** Bytes of a body with which the mark still fits: a pack without it would be announced. */
const mostMarkedBytes = limits.sendBytes - sizeOf({ body: '', attributes: neverAnnounced });

/** The same packs as the poller sends, marked so that nobody is told of them, unless they are to be announced. */
function messagesOf(
  { events, rejected }: RangePart,
  { messageMaxBytes, isAnnounced }: PlannedReplay['settings'],
): OutgoingMessage[] {
  const most = isAnnounced ? messageMaxBytes : Math.min(messageMaxBytes, mostMarkedBytes);
  const bodies = [...pack(events, most), ...rejected.map(({ body }) => body)];
  return bodies.map((body) => {
    const marked = { body, attributes: neverAnnounced };
    // An element of nearly 256 KiB that is not a scan event: nothing of it can be announced as it is.
    return isAnnounced || sizeOf(marked) > limits.sendBytes ? { body } : marked;
  });
}
