import { z } from 'zod';

/**
 * The embedded metric format as AWS specifies it, in its JSON schema and in the words around that:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * Units: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
 */
const unit = z.enum(['Seconds', 'Count', 'None', 'Bytes', 'Milliseconds', 'Percent']);

const directive = z.strictObject({
  Namespace: z.string().min(1).max(1_024).regex(/^[^:]/),
  Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
  Metrics: z
    .array(z.strictObject({ Name: z.string().min(1).max(1_024), Unit: unit }))
    .min(1)
    .max(100),
});

const root = z.looseObject({
  _aws: z.strictObject({ Timestamp: z.int().positive(), CloudWatchMetrics: z.array(directive).length(1) }),
});

/** A dimension's value, as CloudWatch's API reference limits it: ASCII, with something to see in it, not beginning with a colon. */
const dimensionValue = z
  .string()
  .max(1_024)
  .regex(/^[\x20-\x7e]*$/)
  .regex(/^[^:]/)
  .regex(/\S/);

/** Many values of a metric. The specification does not tell of it; AWS's own exporters write it (docs/decisions/0061). */
const distribution = z
  .strictObject({
    Values: z.array(z.number()).min(1).max(100),
    Counts: z.array(z.int().positive()),
    Count: z.int().positive(),
    Sum: z.number(),
    Min: z.number(),
    Max: z.number(),
  })
  .refine(({ Values, Counts }) => Values.length === Counts.length)
  .refine(({ Counts, Count }) => Counts.reduce((a, b) => a + b) === Count);

const metricValue = z.union([z.number(), distribution]);

export type Published = {
  readonly namespace: string;
  readonly at: number;
  readonly name: string;
  readonly unit: z.infer<typeof unit>;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: z.infer<typeof metricValue>;
};

/** What CloudWatch makes of a line; throws when it would refuse it, or drop a part. */
export function published(line: string): Published[] {
  const document = root.parse(JSON.parse(line));
  const { Timestamp: at, CloudWatchMetrics } = document._aws;
  const named = new Set(['_aws']);
  const metrics = CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((keys) => {
      const dimensions = Object.fromEntries(keys.map((key) => [key, dimensionValue.parse(document[key])]));
      return Metrics.map(({ Name: name, Unit }) => {
        for (const member of [...keys, name]) named.add(member);
        return { namespace, at, name, unit: Unit, dimensions, value: metricValue.parse(document[name]) };
      });
    }),
  );
  const unnamed = Object.keys(document).filter((member) => !named.has(member));
  if (unnamed.length > 0) throw new Error(`Members that no metric names: ${unnamed.join(', ')}`);
  return metrics;
}

/** Whether a line of output is a document and not a line of the log. */
export function isMetricLine(line: string): boolean {
  return line.startsWith('{"_aws":');
}
