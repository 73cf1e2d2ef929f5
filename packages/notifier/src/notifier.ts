import type { ConsumerSettings } from '@waybill/consumer/consumer.ts';
import { type ConsumerServiceDependencies, createConsumer } from '@waybill/consumer/consumer-service.ts';
import type { BreakerState } from '@waybill/consumer/guard/breaker-state.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { announcementHandler } from './announcement-handler.ts';
import type { AnnouncedWork } from './announcements/announced-work.ts';
import type { DeliveryDependencies } from './delivery/delivery.ts';
import { EndpointBreaker, type EndpointName } from './endpoint/endpoint-breaker.ts';

export type NotifierSettings = ConsumerSettings & {
  /** Requests to the webhook at once. */
  readonly webhookConcurrency: number;
};

export type NotifierDependencies = Omit<
  ConsumerServiceDependencies<AnnouncedWork, 'tables'>,
  'settings' | 'handler' | 'metrics' | 'batches' | 'parts'
> &
  Omit<DeliveryDependencies, 'now'> & {
    readonly settings: NotifierSettings;
    readonly metrics: Metrics;
  };

const breakerGauge: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };

/** Calls to the tables at once: for each request to the webhook, a parcel is read before it and a notification written after it. */
export function tableCallsOf({ webhookConcurrency }: Pick<NotifierSettings, 'webhookConcurrency'>): number {
  return webhookConcurrency * 2;
}

/** Takes announcements off the queue, tells what is due, and settles each message, until it is stopped. */
export function createNotifier(deps: NotifierDependencies): WatchedService {
  const { metrics, settings, clock, failures, parcels, notifications, notify, reportTarget } = deps;
  const over = new AbortController();
  const states: Record<EndpointName, BreakerState> = { webhook: 'closed', report: 'closed' };
  const record = () => {
    const worse = Math.max(breakerGauge[states.webhook], breakerGauge[states.report]);
    metrics['waybill.notifier.endpoint_breaker'].record(worse);
  };
  record();
  const endpoint = (name: EndpointName) =>
    new EndpointBreaker({
      ...deps,
      name,
      concurrency: settings.webhookConcurrency,
      signal: over.signal,
      onStateChange: (state) => {
        states[name] = state;
        record();
      },
    });
  const webhook = endpoint('webhook');
  const report = endpoint('report');
  const service = createConsumer({
    ...deps,
    handler: announcementHandler({
      metrics,
      failures,
      tableCalls: tableCallsOf(settings),
      webhook,
      report,
      delivery: { parcels, notifications, webhook: deps.webhook, reportTarget, notify, now: clock.now },
    }),
    metrics: {
      inHand: metrics['waybill.notifier.in_hand'],
      messageAge: metrics['waybill.notifier.message_age'],
      lostReceives: metrics['waybill.queue.lost_receives'],
      breaker: metrics['waybill.notifier.breaker'],
      engineErrors: metrics['waybill.store.errors'],
      failures: metrics['waybill.notifier.failures'],
      splits: metrics['waybill.notifier.splits'],
      // No rest of a message is sent on: what the notifier writes is spread over all partitions.
      sentOn: { add: () => undefined },
    },
    parts: () => ({ webhook: webhook.finding(), ...(reportTarget && { report: report.finding() }) }),
  });
  service.ended.catch(() => undefined).finally(() => over.abort());
  return service;
}
