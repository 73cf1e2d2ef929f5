import { metricDefinitions } from '@waybill/shared/metrics.ts';

/** `docs/metrics.md`, made from the definitions that the processes count with. */
export function metricsPage(): string {
  const rows = Object.entries(metricDefinitions).map(([name, definition]) => {
    const attributes = 'attributes' in definition ? Object.entries(definition.attributes) : [];
    const described = attributes.map(([key, meaning]) => `\`${key}\`: ${meaning}`).join('; ');
    const published = 'cloudWatch' in definition ? definition.cloudWatch.map(dimensions).join(', ') : '';
    const state = 'lasting' in definition ? ' of a state' : '';
    return `| \`${name}\` | ${definition.kind}${state} | \`${definition.unit}\` | ${definition.meaning} | ${described} | ${published} |`;
  });
  return [
    '# Metrics',
    '',
    'Made from `packages/shared/src/metrics.ts` by `npm run test:unit -- test/docs -u`; a test fails when they differ.',
    '',
    'Each process serves its metrics at `/metrics` for Prometheus, with underscores instead of dots and with `_total` after the name of a counter. It also exports them by OTLP/HTTP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and those for CloudWatch when `CLOUDWATCH_NAMESPACE` is set. The [glossary](glossary.md) explains the words of the trade: [position](glossary.md#position), [hole](glossary.md#hole), [gap](glossary.md#gap), [watermark](glossary.md#watermark), [fold](glossary.md#fold), [breaker](glossary.md#breaker) and others.',
    '',
    '| metric | kind | unit | meaning | attributes | CloudWatch |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    '## Prometheus',
    '',
    'The page also has the metrics that client libraries of Prometheus share, of the process itself: `process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_open_fds`, `process_start_time_seconds`, `nodejs_heap_size_used_bytes`, `nodejs_eventloop_lag_p99_seconds`, `nodejs_gc_duration_seconds` and more. They go nowhere else. Counters of what hardly ever happens are there from the start, at 0: an increase needs a value before it. [Monitoring](monitoring.md) has alert rules and a dashboard.',
    '',
    '## CloudWatch',
    '',
    'With `CLOUDWATCH_NAMESPACE` set, each process writes the metrics of the last column to standard output, every minute (`OTEL_METRIC_EXPORT_INTERVAL`) and when it stops: one line of JSON in the [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html) for each combination of dimension values. CloudWatch Logs makes metrics of these lines ([why](decisions/0060-metrics-to-cloudwatch.md), [what a line holds](decisions/0061-embedded-metric-format.md)). The column names the dimensions: `sum` is the metric without dimensions, summed over all attributes; anything else is an attribute by which it is published.',
    '',
    '- A counter reports what was added since the last export, so its statistic is Sum. A counter that did not change reports nothing: no data means 0, and costs nothing (`FILL(m, 0)` where a chart should show it).',
    '- A gauge reports its value if it was recorded since the last export, so a poller without the lease reports no lag. A gauge of a state reports at every export; its statistic is Maximum.',
    '- A histogram reports its distribution since the last export. Count, sum, minimum and maximum are exact. Percentiles are within 4.6 % of the value while the largest is at most 3,700 times the smallest, within 9.5 % up to 14 million times.',
    '- Units: `s` is Seconds, `{…}` is Count, `1` is None.',
    '',
  ].join('\n');
}

function dimensions(keys: readonly string[]): string {
  return keys.length === 0 ? 'sum' : keys.map((key) => `\`${key}\``).join(' and ');
}
