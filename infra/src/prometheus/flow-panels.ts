import { most, of, ofFeed, percentiles, rate, type Section } from './panel.ts';

/** What the dashboard shows of the way of events, from the feed to parcel state. */
export const flowSections: readonly Section[] = [
  {
    title: 'Now',
    panels: [
      {
        title: 'Delay since the scan',
        unit: 's',
        lines: [
          { expr: ofFeed('waybill.feed.lag'), legend: 'until read' },
          ...percentiles('waybill.processor.scan_to_state').map(({ expr, legend }) => ({
            expr,
            legend: `until stored, ${legend}`,
          })),
        ],
      },
      {
        title: 'Events per second',
        unit: 'cps',
        lines: [
          { expr: rate('waybill.feed.events'), legend: 'read' },
          { expr: rate('waybill.ingestion.events'), legend: 'pushed' },
          { expr: rate('waybill.processor.events'), legend: 'stored' },
        ],
      },
      {
        title: 'Messages in queues',
        unit: 'short',
        lines: [{ expr: most('waybill.queue.depth', 'queue'), legend: '{{queue}}' }],
      },
      {
        title: 'Dead letters',
        unit: 'short',
        lines: [{ expr: most('waybill.queue.dead_letters', 'queue'), legend: 'of {{queue}}' }],
      },
      {
        title: 'Breakers: 1 half open, 2 open',
        unit: 'short',
        lines: [
          { expr: most('waybill.processor.breaker'), legend: 'DynamoDB, processors' },
          { expr: most('waybill.announcements.breaker', 'queue'), legend: 'announcements to {{queue}}' },
          { expr: most('waybill.notifier.breaker', 'webhook'), legend: 'DynamoDB, notifiers {{webhook}}' },
          { expr: most('waybill.notifier.endpoint_breaker', 'webhook'), legend: 'webhook {{webhook}}' },
        ],
      },
      {
        title: 'Processes that run',
        unit: 'short',
        lines: [
          {
            expr: `count by (service, version, commit) (${of('waybill.build.info')})`,
            legend: '{{service}} {{version}} {{commit}}',
          },
        ],
      },
    ],
  },
  {
    title: 'Feed',
    panels: [
      {
        title: 'Requests per second',
        unit: 'reqps',
        lines: [{ expr: rate('waybill.feed.requests', 'outcome'), legend: '{{outcome}}' }],
      },
      {
        title: 'Silence of the feed',
        unit: 's',
        lines: [{ expr: ofFeed('waybill.feed.silence'), legend: 'since the last event' }],
      },
      {
        title: 'Ids between position and watermark',
        unit: 'short',
        lines: [
          {
            expr: `${ofFeed('waybill.feed.position')} - ${ofFeed('waybill.feed.watermark')}`,
            legend: 'not yet known to be complete',
          },
          { expr: ofFeed('waybill.feed.open_gaps'), legend: 'open gaps' },
        ],
      },
      {
        title: 'What is not as it should be, per second',
        unit: 'cps',
        lines: [
          { expr: rate('waybill.feed.rejections', 'reason'), legend: 'rejected: {{reason}}' },
          { expr: rate('waybill.feed.holes'), legend: 'holes' },
          { expr: rate('waybill.feed.unreadable_rows', 'outcome'), legend: 'unreadable rows: {{outcome}}' },
          { expr: rate('waybill.feed.dropped_gaps'), legend: 'gaps given up' },
        ],
      },
      {
        title: 'Pollers: lease, and pauses for a full queue',
        unit: 'short',
        lines: [
          { expr: `sum(${of('waybill.poller.lease')})`, legend: 'hold the lease' },
          { expr: ofFeed('waybill.poller.paused'), legend: 'paused' },
        ],
      },
    ],
  },
  {
    title: 'Processing',
    panels: [
      { title: 'Age of received messages', unit: 's', lines: percentiles('waybill.queue.message_age') },
      {
        title: 'Writes by outcome, per second',
        unit: 'cps',
        lines: [{ expr: rate('waybill.processor.outcomes', 'outcome'), legend: '{{outcome}}' }],
      },
      {
        title: 'Failures, per second',
        unit: 'cps',
        lines: [
          { expr: rate('waybill.processor.failures', 'reason'), legend: '{{reason}}' },
          { expr: rate('waybill.processor.splits'), legend: 'split off' },
        ],
      },
      {
        title: 'DynamoDB: errors and throttled requests, per second',
        unit: 'cps',
        lines: [
          { expr: rate('waybill.store.errors', 'error'), legend: '{{error}}' },
          { expr: rate('waybill.store.throttles', 'table'), legend: 'throttled: {{table}}' },
        ],
      },
      {
        title: 'DynamoDB: units per second',
        unit: 'cps',
        lines: [
          { expr: rate('waybill.store.write_units', 'table'), legend: 'write, {{table}}' },
          { expr: rate('waybill.store.read_units', 'table'), legend: 'read, {{table}}' },
        ],
      },
      {
        title: 'SQS and DynamoDB for a million events, at list prices',
        unit: 'currencyUSD',
        lines: [
          {
            expr: `1e6 * ${rate('waybill.cost.spent', 'service')} / ignoring (service) group_left () ${rate('waybill.processor.events')}`,
            legend: '{{service}}',
          },
        ],
      },
    ],
  },
];
