import type { Clock, Random } from '@waybill/shared/clock.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageSender, OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { sendConfirmed } from '@waybill/shared/queue/send.ts';
import type { Lease } from './checkpoint/lease.ts';
import type { SendPage } from './feed/news.ts';

export type LeasedQueueDependencies = {
  readonly queue: MessageSender;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Logger;
  /** What readiness says of the queue. */
  readonly find: (finding: Finding) => void;
};

export type SendDependencies = {
  readonly queue: MessageSender;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** `MESSAGE_MAX_BYTES`. */
  readonly messageMaxBytes: number;
  /** What readiness says of the queue. */
  readonly find: (finding: Finding) => void;
};

/** Sends at once of one page; more would not be faster for pages of at most 10,000 events (a handful of sends). */
const sendConcurrency = 4;

/** Sends in a row that failed after which the process is not ready. */
const toleratedSendFailures = 3;

/** Milliseconds from one line about failed calls to the next: an outage says no more of itself with many readers than with one. */
const quietMs = 10_000;

/** The queue as this poller may use it: each call looks at the lease right before it leaves. */
export function leasedQueue(
  { queue, lease, clock, log, find }: LeasedQueueDependencies,
  ending: AbortSignal,
): MessageSender {
  let toldAt = Number.NEGATIVE_INFINITY;
  let failedCalls = 0;
  const tell = (why: object) => {
    failedCalls += 1;
    if (clock.monotonic() - toldAt < quietMs) return;
    log.warn({ ...why, failedCalls }, 'sends not confirmed, will be repeated');
    toldAt = clock.monotonic();
    failedCalls = 0;
  };
  return {
    sendBatch: async (batch) => {
      await lease.ensureRecent(ending);
      try {
        const failures = await queue.sendBatch(batch);
        if (failures.length === 0) find({ ok: true, detail: 'takes messages' });
        else tell({ refused: failures.map(({ code, detail }) => ({ code, detail })) });
        return failures;
      } catch (error) {
        tell({ err: error });
        throw error;
      }
    },
  };
}

/** Packs a page and puts it on the queue. `tick` is called with every turn, for `/livez`. */
export function pageSender(deps: SendDependencies, tick: () => void): SendPage {
  const { queue, clock, random, log, messageMaxBytes, find } = deps;
  return async (page, ending) => {
    const messages: OutgoingMessage[] = [
      ...pack(page.events, messageMaxBytes),
      ...page.rejected.map(({ body }) => body),
    ].map((body) => ({ body }));
    if (messages.length === 0) return;
    await sendConfirmed(
      messages,
      {
        queue: {
          sendBatch: async (batch) => {
            const failures = await queue.sendBatch(batch);
            tick();
            return failures;
          },
        },
        clock,
        random,
        concurrency: sendConcurrency,
        onFailure: (_error, attempt) => {
          tick();
          if (attempt + 1 >= toleratedSendFailures)
            find({ ok: false, detail: `${attempt + 1} sends in a row were not confirmed` });
        },
      },
      ending,
    );
    const ids = page.events.map((event) => event.eventId);
    log.info(
      {
        from: ids.reduce((a, b) => Math.min(a, b), page.last),
        to: page.last,
        events: page.events.length,
        rejected: page.rejected.length,
        messages: messages.length,
      },
      'page queued',
    );
  };
}
