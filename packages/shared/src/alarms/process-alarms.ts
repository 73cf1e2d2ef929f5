import { hour, type MetricAlarm, minute, type Publishing, periodFor, publishedEvery } from './metric-alarm.ts';

export type FeedSetting = Publishing & {
  /** `POLL_INTERVAL_MS`, 1 h at most: what is counted or measured with each poll comes no more often. */
  readonly pollIntervalMs: number;
  /** Hours without a new event that are normal; 0: no alarm about them. */
  readonly quietHours: number;
};

/** Of the poller. The names are the headings of sections in `infra/RUNBOOK.md`. */
export function feedAlarms({ pollIntervalMs, quietHours, ...publishing }: FeedSetting) {
  const published = publishedEvery(publishing);
  const polled = Math.max(published, pollIntervalMs);
  const counted = { statistic: 'Sum', comparison: '>=', threshold: 1, periods: 1, missing: 'notBreaching' } as const;
  // What is read is as old as the polls are apart, at the worst, and that is what they are meant to be.
  const lateMinutes = Math.max(15, Math.ceil((2 * pollIntervalMs) / 60_000));
  return {
    'poller-makes-no-progress': {
      severity: 'critical',
      impact: 'The poller has made no progress for some minutes. Parcel state is not updated, and no lag is reported.',
      metric: 'waybill.feed.pages',
      statistic: 'Sum',
      comparison: '<',
      threshold: 1,
      periodSeconds: Math.max(5 * minute, Math.ceil((3 * polled) / 60_000) * minute),
      periods: 2,
      // A poller that is gone publishes nothing.
      missing: 'breaching',
    },
    'feed-lag': {
      severity: 'warning',
      impact: `The newest scan that was read is more than ${lateMinutes} minutes old: parcel state is at least as late.`,
      metric: 'waybill.feed.lag',
      statistic: 'Maximum',
      comparison: '>',
      threshold: lateMinutes * minute,
      periodSeconds: periodFor(5 * minute, polled),
      periods: 3,
      // Another alarm watches whether anything is read at all.
      missing: 'notBreaching',
    },
    'retention-hole': {
      ...counted,
      severity: 'critical',
      impact:
        'The feed skipped far more ids than usual: it may have deleted events before they were read, and then they are missing in parcel state.',
      metric: 'waybill.feed.retention_holes',
      periodSeconds: periodFor(5 * minute, published),
    },
    'unreadable-row': {
      ...counted,
      severity: 'warning',
      impact:
        'The feed has a row that cannot be read, and the poller passed over it: this event is missing in parcel state.',
      metric: 'waybill.feed.unreadable_rows',
      periodSeconds: periodFor(5 * minute, published),
    },
    'feed-went-back': {
      severity: 'critical',
      impact:
        'The feed has older ids, but not the last one that was read: it was restored, or its ids start again. New events may get ids that are never read.',
      metric: 'waybill.feed.went_back',
      statistic: 'Maximum',
      comparison: '>=',
      threshold: 1,
      periodSeconds: periodFor(5 * minute, published),
      periods: 1,
      // Nobody reads: another alarm watches that.
      missing: 'notBreaching',
    },
    ...(quietHours > 0 && {
      'feed-silent': {
        severity: 'warning',
        impact: `The feed has shown nothing new for more than ${quietHours} hours: parcel state is not updated, if parcels move.`,
        // A gauge that grows: no alarm could look back over days of counts.
        metric: 'waybill.feed.silence',
        statistic: 'Maximum',
        comparison: '>',
        threshold: quietHours * hour,
        periodSeconds: periodFor(hour, polled),
        periods: 1,
        missing: 'notBreaching',
      },
    }),
  } satisfies Record<string, MetricAlarm>;
}

/** Not closed: half open counts too. A probe takes a second or so, and the minute's sample may be taken during it. */
function breakerNotClosed(publishing: Publishing, minutes: number) {
  return {
    statistic: 'Maximum',
    comparison: '>=',
    threshold: 1,
    periodSeconds: periodFor(minute, publishedEvery(publishing)),
    periods: minutes,
    missing: 'notBreaching',
  } as const;
}

/** Of the processors. */
export function processorAlarms({ announces, ...publishing }: Publishing & { readonly announces: boolean }) {
  const published = publishedEvery(publishing);
  return {
    'breaker-open': {
      ...breakerNotClosed(publishing, 3),
      severity: 'critical',
      impact:
        'A processor cannot write to DynamoDB: it keeps its messages and receives no others, so parcel state is not updated.',
      metric: 'waybill.processor.breaker',
    },
    'receives-lost': {
      severity: 'critical',
      impact:
        'Answers of ReceiveMessage do not reach a processor: it asks for one message every few minutes, and parcel state is not updated.',
      metric: 'waybill.queue.lost_receives',
      statistic: 'Sum',
      comparison: '>=',
      threshold: 1,
      periodSeconds: periodFor(5 * minute, published),
      // A single cut connection is in one period. While it lasts, each processor loses one in two minutes.
      periods: 2,
      missing: 'notBreaching',
    },
    'failure-rate': {
      severity: 'warning',
      impact:
        'More than 5 % of what processors work on fails: scans are missing in parcel state until the cause is fixed and the dead-letter queue is redriven.',
      metric: 'waybill.processor.failures',
      statistic: 'Sum',
      percentWith: { metric: 'waybill.processor.events', atLeast: 20 },
      comparison: '>',
      threshold: 5,
      periodSeconds: periodFor(15 * minute, published),
      periods: 1,
      missing: 'notBreaching',
    },
    ...(announces && {
      'announcements-not-taken': {
        ...breakerNotClosed(publishing, 3),
        severity: 'critical',
        impact:
          'A processor cannot announce milestones: it holds their messages, nobody is told, and parcel state falls behind when its hands are full.',
        metric: 'waybill.announcements.breaker',
      },
    }),
  } satisfies Record<string, MetricAlarm>;
}

/** Of the notifiers of one webhook, with its name. */
export function notifierAlarms({ webhook, ...publishing }: Publishing & { readonly webhook: string }) {
  return {
    'webhook-away': {
      // A receiver that is deployed anew is back before that.
      ...breakerNotClosed(publishing, 10),
      severity: 'warning',
      impact: `The endpoint of the webhook ${webhook}, or the one to whom it is reported, cannot be reached or refuses everything: milestones wait on its queue until it is back.`,
      metric: 'waybill.notifier.endpoint_breaker',
    },
    'notifier-breaker-open': {
      ...breakerNotClosed(publishing, 3),
      severity: 'critical',
      impact: `A notifier of the webhook ${webhook} cannot read or write DynamoDB: it keeps its announcements and receives no others, so nobody is told.`,
      metric: 'waybill.notifier.breaker',
    },
  } satisfies Record<string, MetricAlarm>;
}
