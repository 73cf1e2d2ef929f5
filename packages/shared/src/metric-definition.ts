import type { PriceName } from './prices.ts';

export type MetricDefinition = {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  readonly unit: string;
  readonly meaning: string;
  /** Attribute keys and what they say. Their values are few and stable: each combination is a time series. */
  readonly attributes?: Readonly<Record<string, string>>;
  /**
   * Published to CloudWatch, once for each of these sets of attribute keys (`[]`: the sum over all attributes). Each
   * combination of values costs money every month, so only what alarms, scaling and the dashboard read.
   */
  readonly cloudWatch?: readonly (readonly string[])[];
  /** A gauge of a state, which holds until the next record: CloudWatch gets it with every export. */
  readonly lasting?: true;
  /**
   * A counter that this process shows from its start, with each of these sets of attributes: Prometheus sees no increase in
   * a series that begins at 1. CloudWatch gets no zeros.
   */
  readonly fromZero?: {
    readonly by: readonly string[];
    readonly attributes?: readonly Readonly<Record<string, string>>[];
  };
  /** Upper bounds of a histogram's buckets, in `unit`. */
  readonly buckets?: readonly number[];
  /** What each count costs: it is added to `waybill.cost.spent`. */
  readonly spends?: { readonly price: PriceName; readonly service: string };
};

type Options = Omit<MetricDefinition, 'kind' | 'unit' | 'meaning'>;
type Row<Kind, Own> = { readonly kind: Kind; readonly unit: string; readonly meaning: string } & Own;

/** Seconds, from a scan just made to one from before a long outage. */
export const latencyBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800];

/** The row of one metric; its type keeps the literal options, from which the names of those on CloudWatch are made. */
export function metric<Kind>(kind: Kind, unit: string, meaning: string): Row<Kind, object>;
export function metric<Kind, const Own extends Options>(
  kind: Kind,
  unit: string,
  meaning: string,
  own: Own,
): Row<Kind, Own>;
export function metric(kind: unknown, unit: string, meaning: string, own: Options = {}) {
  return { kind, unit, meaning, ...own };
}
