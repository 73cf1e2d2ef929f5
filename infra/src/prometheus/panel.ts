import type { MetricName } from '@waybill/shared/metrics.ts';
import { ofHolder, series } from './expression.ts';

export type Line = { readonly expr: string; readonly legend: string };

/** A graph of the dashboard. */
export type Panel = {
  readonly title: string;
  /** A unit of Grafana. */
  readonly unit: 's' | 'short' | 'bytes' | 'cps' | 'reqps' | 'percentunit' | 'currencyUSD';
  readonly lines: readonly Line[];
};

export type Section = { readonly title: string; readonly panels: readonly Panel[] };

/** The deployments that the dashboard's variable `environment` selects; all of them by default, also those without the label. */
export const selected = (name: string, matchers = '') => `${name}{environment=~"$environment"${matchers}}`;

export const of = (name: MetricName, matchers = '') => selected(series(name), matchers);

/** Grafana's own: four fetches at least. */
export const rate = (name: MetricName, by = '', matchers = '') =>
  `sum by (${by}) (rate(${of(name, matchers)}[$__rate_interval]))`;

export const most = (name: MetricName, by = '') => `max by (${by}) (${of(name)})`;
export const ofFeed = (name: MetricName) => `max(${ofHolder(of(name))})`;

const percentile = (share: number, name: MetricName, by = '') =>
  `histogram_quantile(${share}, sum by (${by === '' ? 'le' : `${by}, le`}) (rate(${selected(series(name, {}, '_bucket'))}[$__rate_interval])))`;

export const percentiles = (name: MetricName, by = ''): readonly Line[] =>
  [0.5, 0.99].map((share) => ({
    expr: percentile(share, name, by),
    legend: `${by === '' ? '' : `{{${by}}} `}p${share * 100}`,
  }));

/** Of a process: by its service, whose name the build info has. */
export const ofProcess = (name: string) =>
  `${selected(name)} * on (environment, job, instance) group_left (service) ${of('waybill.build.info')}`;
