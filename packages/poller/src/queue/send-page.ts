import type { Clock, Random } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageSender } from '@waybill/shared/queue/message-queue.ts';
import { sendConfirmed } from '@waybill/shared/queue/send.ts';
import type { Page } from '@waybill/shared/scan-api/page.ts';

/** The part of a page to send. The page leads up to the id `last`. */
export type PageToSend = Page & { readonly last: number };

/** Puts a page on the queue. Resolves once every entry is confirmed there; rejects once the signal aborts and a send fails. */
export type SendPage = (page: PageToSend, signal: AbortSignal) => Promise<void>;

export type SendPageDependencies = {
  readonly queue: MessageSender;
  /** Of the loop that sends: used with every send that is confirmed, and not while one hangs. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.feed.events' | 'waybill.feed.rejections'>;
  /** `MESSAGE_MAX_BYTES`. */
  readonly messageMaxBytes: number;
  readonly reportHealth: (part: 'queue', finding: Finding) => void;
};

/** Sends at once of one page; more would not be faster for pages of at most 10,000 events (a handful of sends). */
const sendConcurrency = 4;

/** Sends in a row that failed after which the process is not ready. */
const toleratedFailures = 3;

/** Rejected elements of a page that its log line names. */
const namedRejections = 20;

/** Counts what is sent of a page, packs it and sends it. */
export function pageSender(deps: SendPageDependencies): SendPage {
  const { queue, clock, random, log, messageMaxBytes, reportHealth } = deps;
  return async (page, signal) => {
    count(page, deps);
    const bodies = [...pack(page.events, messageMaxBytes), ...page.rejected.map(({ body }) => body)];
    if (bodies.length === 0) return;
    const onFailure = (_error: unknown, attempt: number) => {
      const detail = `not confirmed: ${counted(attempt + 1, 'send')} in a row`;
      if (attempt + 1 >= toleratedFailures) reportHealth('queue', { ok: false, detail });
    };
    await sendConfirmed(
      bodies.map((body) => ({ body })),
      { queue, clock, random, concurrency: sendConcurrency, onFailure },
      signal,
    );
    log.info(
      {
        from: page.events.reduce((lowest, { eventId }) => Math.min(lowest, eventId), page.last),
        to: page.last,
        events: page.events.length,
        rejected: page.rejected.length,
        messages: bodies.length,
      },
      'page queued',
    );
  };
}

function count({ events, rejected, last }: PageToSend, { log, metrics }: SendPageDependencies): void {
  metrics['waybill.feed.events'].add(events.length);
  if (rejected.length === 0) return;
  for (const { rejection } of rejected) metrics['waybill.feed.rejections'].add(1, { reason: rejection.code });
  const elements = rejected
    .slice(0, namedRejections)
    .map(({ rejection, eventId }) => ({ code: rejection.code, path: rejection.path, eventId }));
  log.warn({ rejected: rejected.length, elements, last }, 'invalid elements forwarded');
}
