import { metricDefinitions } from '@waybill/shared/metrics.ts';

/** `docs/metrics.md`, made from the definitions that the processes count with. */
export function metricsPage(): string {
  const rows = Object.entries(metricDefinitions).map(([name, definition]) => {
    const attributes = 'attributes' in definition ? Object.entries(definition.attributes) : [];
    const told = attributes.map(([key, meaning]) => `\`${key}\`: ${meaning}`).join('; ');
    const published = 'cloudWatch' in definition ? definition.cloudWatch.map(dimensions).join(', ') : '';
    const state = 'lasting' in definition ? ', a state' : '';
    return `| \`${name}\` | ${definition.kind}${state} | \`${definition.unit}\` | ${definition.meaning} | ${told} | ${published} |`;
  });
  return [
    '# Metrics',
    '',
    'Made from `packages/shared/src/metrics.ts` by `npm run test:unit -- test/docs -u`; a test fails when they differ.',
    '',
    'Each process serves them at `/metrics` for Prometheus (there dots are underscores, and counters end in `_total`), pushes them by OTLP/HTTP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and writes those that CloudWatch gets when `CLOUDWATCH_NAMESPACE` is set.',
    '',
    '| metric | kind | unit | meaning | attributes | CloudWatch |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    '## CloudWatch',
    '',
    'With `CLOUDWATCH_NAMESPACE` set, each process writes the metrics of the last column to standard output every minute (`OTEL_METRIC_EXPORT_INTERVAL`) and once more when it stops, a line of JSON in the [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html) for each combination of dimension values; CloudWatch Logs makes metrics of them ([why so](decisions/0060-metrics-to-cloudwatch.md)). The column names the dimension sets: `sum` is the metric without dimensions, over all its attributes; each other is published by that attribute.',
    '',
    '- A counter brings what was added since the last export, so its statistic is Sum. One that stood still brings nothing: no data means 0, and costs nothing (`FILL(m, 0)` where a chart should say so).',
    '- A gauge brings its value when it was recorded since, so a poller without the lease reports no lag. One that tells a state brings it at every export; its statistic is Maximum.',
    '- A histogram brings its distribution since the last export. Count, sum, minimum and maximum are exact; percentiles are within 4.6 % of the value while the largest is at most 3,700 times the smallest, within 9.5 % up to 14 million times.',
    '- Units: `s` is Seconds, `{…}` is Count, `1` is None.',
    '',
  ].join('\n');
}

function dimensions(keys: readonly string[]): string {
  return keys.length === 0 ? 'sum' : keys.map((key) => `\`${key}\``).join(' and ');
}
