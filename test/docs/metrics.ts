import { metricDefinitions } from '@waybill/shared/metrics.ts';

/** `docs/metrics.md`, made from the definitions that the processes count with. */
export function metricsPage(): string {
  const rows = Object.entries(metricDefinitions).map(([name, definition]) => {
    const attributes = 'attributes' in definition ? Object.entries(definition.attributes) : [];
    const told = attributes.map(([key, meaning]) => `\`${key}\`: ${meaning}`).join('; ');
    return `| \`${name}\` | ${definition.kind} | \`${definition.unit}\` | ${definition.meaning} | ${told} |`;
  });
  return [
    '# Metrics',
    '',
    'Made from `packages/shared/src/metrics.ts` by `npm run test:unit -- test/docs -u`; a test fails when they differ.',
    '',
    'Each process serves them at `/metrics` for Prometheus (there dots are underscores, and counters end in `_total`), and pushes them by OTLP/HTTP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set.',
    '',
    '| metric | kind | unit | meaning | attributes |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
