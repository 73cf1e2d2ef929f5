import type { Clock, Random } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Finding } from '@waybill/shared/process/health.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { MessageSender, OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { sendConfirmed } from '@waybill/shared/queue/send.ts';
import type { Page } from '@waybill/shared/scan-api/page.ts';
import type { QueueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';

/** The part of a page to send. The page leads up to the id `last`. */
export type PageToSend = Page & {
  readonly last: number;
  /** When it was asked for and when it came, where that is shown: milliseconds since 1970. */
  readonly askedAtMs?: number;
  readonly readAtMs?: number;
};

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
  /** Undefined: pages are not traced. */
  readonly traces?: QueueTraces | undefined;
};

/** Sends at once of one page; more would not be faster for pages of at most 10,000 events (a handful of sends). */
const sendConcurrency = 4;

/** Sends in a row that failed after which the process is not ready. */
const toleratedFailures = 3;

/** Rejected elements of a page that its log line names. */
const namedRejections = 20;

/** Counts what is sent of a page, packs it and sends it. */
export function pageSender(deps: SendPageDependencies): SendPage {
  const { queue, clock, random, log, messageMaxBytes, reportHealth, traces } = deps;
  return async (page, signal) => {
    count(page, deps);
    const bodies = [...pack(page.events, messageMaxBytes), ...page.rejected.map(({ body }) => body)];
    if (bodies.length === 0) return;
    const onFailure = (_error: unknown, attempt: number) => {
      const detail = `not confirmed: ${counted(attempt + 1, 'send')} in a row`;
      if (attempt + 1 >= toleratedFailures) reportHealth('queue', { ok: false, detail });
    };
    const messages = bodies.map((body) => ({ body }));
    const send = (some: readonly OutgoingMessage[], to: MessageSender) =>
      sendConfirmed(some, { queue: to, clock, random, concurrency: sendConcurrency, onFailure }, signal);
    const span = traces && beginPage(page, messages.length, traces);
    if (traces && span) {
      const traced = traces.sending(span, messages, queue);
      await span.around(send(traced.messages, traced.queue));
    } else await send(messages, queue);
    log.info(
      {
        from: firstOf(page),
        to: page.last,
        events: page.events.length,
        rejected: page.rejected.length,
        messages: bodies.length,
        ...(span && { traceId: span.traceId }),
      },
      'page queued',
    );
  };
}

function firstOf({ events, last }: PageToSend): number {
  return events.reduce((lowest, { eventId }) => Math.min(lowest, eventId), last);
}

/** Begins the trace of a page: from when it was asked for, where that is known. */
function beginPage(page: PageToSend, messages: number, traces: QueueTraces): TraceSpan | undefined {
  const { askedAtMs, readAtMs, events, rejected, last } = page;
  const span = traces.begin('page', {
    ...(askedAtMs !== undefined && { startTime: askedAtMs }),
    attributes: {
      'waybill.page.first_event_id': firstOf(page),
      'waybill.page.last_event_id': last,
      'waybill.page.events': events.length,
      'waybill.page.rejected': rejected.length,
      'messaging.batch.message_count': messages,
    },
  });
  if (span && askedAtMs !== undefined && readAtMs !== undefined)
    span.step('read page', { startTime: askedAtMs }).end({}, readAtMs);
  return span;
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
