import type { ConsumerSettings } from '@waybill/consumer/consumer.ts';
import type { ConsumerServiceDependencies } from '@waybill/consumer/consumer-service.ts';
import type { Announcement } from '@waybill/shared/domain/announcement.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { DeliveryDependencies } from './delivery/delivery.ts';

export type NotifierSettings = ConsumerSettings & {
  /** Requests to the webhook at once. */
  readonly webhookConcurrency: number;
};

export type NotifierDependencies = Omit<
  ConsumerServiceDependencies<readonly Announcement[], 'tables'>,
  'settings' | 'handler' | 'metrics' | 'batches'
> &
  Omit<DeliveryDependencies, 'now'> & {
    readonly settings: NotifierSettings;
    readonly metrics: Metrics;
  };
