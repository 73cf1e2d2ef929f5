import type { Clock } from '@waybill/shared/clock.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import type { BreakerState, GuardDependencies } from './guard/guard.ts';
import type { InHandDependencies } from './messages/messages-in-hand.ts';
import type { Settlement } from './messages/settle.ts';

/** Where the processor tells what it does: log lines with ids, and metrics. */
export type Reporting = { readonly log: Logger; readonly metrics: Metrics; readonly clock: Pick<Clock, 'now'> };

const breakerGauge: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 };

/** What is told of DynamoDB's failures and of the breaker, which starts closed. */
export function guardReports(
  { log, metrics }: Reporting,
  onBreaker: (state: BreakerState) => void,
): Pick<GuardDependencies<'parcels'>, 'onEngineError' | 'onStateChange'> {
  metrics['waybill.processor.breaker'].record(breakerGauge.closed);
  return {
    onEngineError: (error, waitMs) => {
      metrics['waybill.store.errors'].add(1, { error: error instanceof Error ? error.name : 'unknown' });
      log.warn({ err: error, waitMs }, 'DynamoDB failed, the work is held');
    },
    onStateChange: (state) => {
      metrics['waybill.processor.breaker'].record(breakerGauge[state]);
      onBreaker(state);
      log.warn({ breaker: state }, 'breaker changed');
    },
  };
}

/** What is told of the messages in hand and their heartbeat. */
export function holdingReports({
  log,
  metrics,
}: Reporting): Pick<InHandDependencies, 'onRenewalFailure' | 'onLost' | 'onCount'> {
  return {
    onRenewalFailure: (error) => log.warn({ err: error }, 'visibility not renewed, trying again'),
    onLost: ({ messageId }) => log.warn({ messageId }, 'message lost: its visibility ended, it comes again'),
    onCount: (held) => metrics['waybill.processor.in_hand'].record(held),
  };
}

/** Tells how long the oldest of these messages has waited. */
export function reportReceive(messages: readonly ReceivedMessage[], { metrics, clock }: Reporting): void {
  if (messages.length === 0) return;
  recordAge(metrics['waybill.queue.message_age'], Math.min(...messages.map(({ sentAtMs }) => sentAtMs)), clock);
}

/** Tells what became of a message, and how long its oldest scan took to become state. */
export function reportSettlement(
  { messageId, receiveCount }: ReceivedMessage,
  events: readonly ScanEvent[],
  settlement: Settlement,
  { log, metrics, clock }: Reporting,
): void {
  log.info({ messageId, receiveCount, events: events.length, ...span(events), settlement }, 'message settled');
  if (events.length === 0) return;
  const oldest = events.map((event) => event.createdDateTimeUtc).reduce((a, b) => (a < b ? a : b));
  recordAge(metrics['waybill.processor.scan_to_state'], Date.parse(oldest), clock);
}

/** The ids that a line about many events carries. */
function span(events: readonly ScanEvent[]): { readonly firstEventId?: number; readonly lastEventId?: number } {
  const [first] = events;
  if (!first) return {};
  let firstEventId = first.eventId;
  let lastEventId = first.eventId;
  for (const { eventId } of events) {
    if (eventId < firstEventId) firstEventId = eventId;
    if (eventId > lastEventId) lastEventId = eventId;
  }
  return { firstEventId, lastEventId };
}

/** One value that is no number would spoil the histogram's sum for good. */
function recordAge(
  histogram: Metrics['waybill.queue.message_age'],
  sinceMs: number,
  { now }: Pick<Clock, 'now'>,
): void {
  const age = Math.max(0, now() - sinceMs) / 1_000;
  if (Number.isFinite(age)) histogram.record(age);
}
