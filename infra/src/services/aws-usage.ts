import { prices } from '@waybill/shared/prices.ts';
import { Duration } from 'aws-cdk-lib';
import { type GraphWidget, MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { graph } from '../monitoring/graph.ts';
import { waybillMetric } from '../monitoring/metric.ts';
import { notificationsTable } from '../monitoring/metric-values.ts';

const period = Duration.hours(1);

/** What all processes together use of SQS and DynamoDB, and what that costs. */
export class AwsUsage {
  readonly #environment: string;
  readonly #writtenTables: readonly string[];
  readonly #webhooks: readonly string[];

  /**
   * @param using.writtenTables those that poller, processors and API write
   * @param using.webhooks names of those whose notifiers have metrics of their own
   */
  constructor(
    environment: string,
    using: { readonly writtenTables: readonly string[]; readonly webhooks: readonly string[] },
  ) {
    this.#environment = environment;
    this.#writtenTables = using.writtenTables;
    this.#webhooks = using.webhooks;
  }

  metricDynamoDbErrors(): Metric {
    return waybillMetric(this.#environment, 'waybill.store.errors', { statistic: 'Sum', label: 'DynamoDB errors' });
  }

  requestsWidget(): GraphWidget {
    return graph('Cost: billed SQS requests per hour', [
      this.#metricRequests({ label: 'requests' }),
      ...this.#webhooks.map((webhook) => this.#metricRequests({ label: `of notifiers, ${webhook}`, webhook })),
    ]);
  }

  writeUnitsWidget(): GraphWidget {
    return graph('Cost: DynamoDB write units per hour', [
      ...this.#writtenTables.map((table) => this.#metricWriteUnits(table, { label: table })),
      ...this.#webhooks.map((webhook) =>
        this.#metricWriteUnits(notificationsTable, { label: `${notificationsTable}, ${webhook}`, webhook }),
      ),
    ]);
  }

  /** Computed from metrics that are published anyway: a metric of its own would cost money every month. Leaves out reads, and notifiers. */
  dollarsWidget(events: Metric): GraphWidget {
    const [request, unit] = [prices.sqsRequest, prices.writeUnit].map(({ usd }) => Number((usd * 1e6).toPrecision(6)));
    const units = this.#writtenTables.map((table) => `FILL(${table}, 0)`).join(' + ');
    const dollars = new MathExpression({
      label: 'US dollars at list prices',
      expression: `(${request} * FILL(requests, 0) + ${unit} * (${units})) / events`,
      period,
      usingMetrics: {
        requests: this.#metricRequests(),
        events: events.with({ period }),
        ...Object.fromEntries(this.#writtenTables.map((table) => [table, this.#metricWriteUnits(table)])),
      },
    });
    return graph('Cost: SQS and DynamoDB writes per million events', [dollars]);
  }

  #metricRequests(options?: { readonly label: string; readonly webhook?: string }): Metric {
    return waybillMetric(this.#environment, 'waybill.queue.billed', { ...options, statistic: 'Sum', period });
  }

  #metricWriteUnits(table: string, options?: { readonly label: string; readonly webhook?: string }): Metric {
    return waybillMetric(this.#environment, 'waybill.store.write_units', {
      ...options,
      statistic: 'Sum',
      dimensionsMap: { table },
      period,
    });
  }
}
