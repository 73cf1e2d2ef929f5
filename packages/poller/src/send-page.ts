import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { Finding } from '@waybill/shared/health.ts';
import type { Logger } from '@waybill/shared/logger.ts';
import type { MessageSender, OutgoingMessage } from '@waybill/shared/message-queue.ts';
import { billedRequests, type Metrics } from '@waybill/shared/metrics.ts';
import { pack } from '@waybill/shared/pack.ts';
import { sendConfirmed, sizeOf } from '@waybill/shared/send.ts';
import type { Lease } from './lease.ts';
import type { SendPage } from './news.ts';

/** One call to the queue at a time, under the lease. */
export type LeasedQueueDependencies = {
  readonly queue: MessageSender;
  readonly lease: Lease;
  readonly metrics: Metrics;
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

/** The queue as this poller may use it: each call is counted, and looks at the lease right before it leaves. */
export function leasedQueue(
  { queue, lease, metrics, find }: LeasedQueueDependencies,
  ending: AbortSignal,
): MessageSender {
  return {
    sendBatch: async (batch) => {
      await lease.ensureRecent(ending);
      metrics['waybill.queue.sends'].add(1);
      metrics['waybill.queue.sent'].add(batch.length);
      const bytes = batch.reduce((sum, message) => sum + sizeOf(message), 0);
      metrics['waybill.queue.billed'].add(billedRequests(bytes), { action: 'SendMessageBatch' });
      const failures = await queue.sendBatch(batch);
      if (failures.length === 0) find({ ok: true, detail: 'takes messages' });
      return failures;
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
        onFailure: (error, attempt, waitMs) => {
          tick();
          log.warn({ err: error, attempt, waitMs }, 'send not confirmed, will be repeated');
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
