import { duration } from './expression.ts';
import { of, ofProcess, percentiles, rate, type Section, selected } from './panel.ts';

/** What the dashboard shows of those outside, and of the processes themselves. */
export const edgeSections: readonly Section[] = [
  {
    title: 'API',
    panels: [
      {
        title: 'Requests per second',
        unit: 'reqps',
        lines: [{ expr: rate('waybill.api.requests', 'status'), legend: '{{status}}' }],
      },
      { title: 'Time to the answer', unit: 's', lines: percentiles('waybill.api.duration', 'route') },
      {
        title: 'Refused for now, per second',
        unit: 'cps',
        lines: [{ expr: rate('waybill.api.rejections', 'reason'), legend: '{{reason}}' }],
      },
      {
        title: 'Pushes, per second',
        unit: 'cps',
        lines: [{ expr: rate('waybill.ingestion.batches', 'outcome'), legend: '{{outcome}}' }],
      },
    ],
  },
  {
    title: 'Webhooks',
    panels: [
      {
        title: 'Milestones, per second',
        unit: 'cps',
        lines: [
          { expr: rate('waybill.notifier.notifications', 'webhook, outcome'), legend: '{{webhook}} {{outcome}}' },
        ],
      },
      {
        title: 'From announcement to notification',
        unit: 's',
        lines: percentiles('waybill.notifier.announced_to_notified', 'webhook'),
      },
      {
        title: 'Requests to endpoints: duration',
        unit: 's',
        lines: percentiles('waybill.notifier.request_duration', 'endpoint'),
      },
      {
        title: 'Errors of endpoints, per second',
        unit: 'cps',
        lines: [
          {
            expr: rate('waybill.notifier.endpoint_errors', 'webhook, endpoint, error'),
            legend: '{{webhook}} {{endpoint}} {{error}}',
          },
        ],
      },
    ],
  },
  {
    title: 'Processes',
    panels: [
      {
        title: 'CPU, cores',
        unit: 'short',
        lines: [
          {
            expr: `rate(${selected('process_cpu_seconds_total')}[$__rate_interval]) * on (environment, job, instance) group_left (service) ${of('waybill.build.info')}`,
            legend: '{{service}} {{instance}}',
          },
        ],
      },
      {
        title: 'Resident memory',
        unit: 'bytes',
        lines: [{ expr: ofProcess('process_resident_memory_bytes'), legend: '{{service}} {{instance}}' }],
      },
      {
        title: 'Heap in use',
        unit: 'bytes',
        lines: [{ expr: ofProcess('nodejs_heap_size_used_bytes'), legend: '{{service}} {{instance}}' }],
      },
      {
        title: 'Delay of the event loop, p99',
        unit: 's',
        lines: [{ expr: ofProcess('nodejs_eventloop_lag_p99_seconds'), legend: '{{service}} {{instance}}' }],
      },
      {
        title: 'Garbage collection, share of the time',
        unit: 'percentunit',
        lines: [
          {
            expr: `sum by (instance) (rate(${selected('nodejs_gc_duration_seconds_sum')}[$__rate_interval]))`,
            legend: '{{instance}}',
          },
        ],
      },
      {
        title: 'Open file descriptors',
        unit: 'short',
        lines: [{ expr: ofProcess('process_open_fds'), legend: '{{service}} {{instance}}' }],
      },
      {
        title: `Starts within ${duration(3_600)}`,
        unit: 'short',
        lines: [
          {
            expr: `sum by (instance) (changes(${selected('process_start_time_seconds')}[${duration(3_600)}]))`,
            legend: '{{instance}}',
          },
        ],
      },
    ],
  },
];
