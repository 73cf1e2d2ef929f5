import { parser } from '@prometheus-io/lezer-promql';
import { definitionOf, type MetricName, metricDefinitions } from '@waybill/shared/metrics.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { processMetrics } from '@waybill/shared/telemetry/process-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { serveUntilTestEnds } from '../../packages/shared/test/local-service.ts';

/** What an expression reads: each series with the labels that its matchers name, and every label that it groups by. */
export type Reading = {
  readonly selectors: readonly { readonly name: string; readonly labels: readonly string[] }[];
  readonly groups: readonly string[];
  /** Where it is no PromQL. */
  readonly errors: readonly number[];
};

/** Reads an expression with the grammar of Prometheus's own editor. */
export function readingOf(expression: string): Reading {
  const selectors: { name: string; labels: string[] }[] = [];
  const groups = new Set<string>();
  const errors: number[] = [];
  parser.parse(expression).iterate({
    enter: ({ name, from, to, type, node }) => {
      const text = expression.slice(from, to);
      if (type.isError) errors.push(from);
      if (name === 'Identifier') selectors.push({ name: text, labels: [] });
      if (name !== 'LabelName') return;
      if (node.parent?.name === 'GroupingLabels') groups.add(text);
      else selectors.at(-1)?.labels.push(text);
    },
  });
  return { selectors, groups: [...groups], errors };
}

/** The names of a process's page with the labels that their series have, every metric moved once. */
export async function shownSeries(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const telemetry = startTelemetry({ service: 'test', otlp: false, otherMetrics: processMetrics() });
  const metrics = createMetrics(telemetry.meter);
  for (const name of Object.keys(metricDefinitions)) {
    const attributes = Object.fromEntries(Object.keys(definitionOf(name)?.attributes ?? {}).map((key) => [key, 'any']));
    // The names are the definitions' own; Object.keys cannot say so.
    const instrument = metrics[name as MetricName];
    if ('add' in instrument) instrument.add(1, attributes);
    else instrument.record(1, attributes);
  }
  const page = await (await fetch(await serveUntilTestEnds(telemetry.serveMetrics))).text();
  await telemetry.stop();
  const series = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of page.matchAll(/^([a-z][a-z0-9_]*)(?:\{(.*)\})? \S+$/gm)) {
    const known = series.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    series.set(name, known);
  }
  // One of another library has no series before its first observation.
  for (const [, name = ''] of page.matchAll(/^# TYPE (\S+) histogram$/gm))
    for (const part of ['_bucket', '_sum', '_count'])
      series.set(`${name}${part}`, new Set(['le', ...(series.get(`${name}${part}`) ?? [])]));
  return series;
}

/** Labels that Prometheus, or the configuration of the docs, adds to what it fetches. */
const added = ['job', 'instance', 'environment', 'webhook'];

/** What of an expression no page of a process has: a name, or a label of it. */
export function unknownIn({ selectors, groups }: Reading, shown: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const labels = new Set([...added, ...selectors.flatMap(({ name }) => [...(shown.get(name) ?? [])])]);
  return [
    ...selectors.flatMap(({ name, labels: matched }) => {
      const known = shown.get(name);
      if (!known) return [name];
      return matched.filter((label) => !known.has(label) && !added.includes(label)).map((label) => `${name}{${label}}`);
    }),
    ...groups.filter((label) => !labels.has(label)),
  ];
}
