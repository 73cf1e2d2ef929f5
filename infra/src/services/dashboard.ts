import type { CloudWatchMetricName } from '@waybill/shared/metrics.ts';
import { prices } from '@waybill/shared/prices.ts';
import { physicalName, scanQueue } from '@waybill/shared/resources.ts';
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  CfnAlarm,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  type MetricOptions,
  Row,
  SingleValueWidget,
  type YAxisProps,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { DataStack } from '../data/data-stack.ts';
import { waybillMetric } from '../monitoring/metric.ts';
import { outcomes, writtenTables } from '../monitoring/metric-values.ts';
import type { Poller } from './poller.ts';
import type { Processor } from './processor.ts';
import type { TaskRestarts } from './task-restarts.ts';

export type DashboardProps = {
  readonly environment: string;
  readonly data: DataStack;
  readonly poller: Poller;
  readonly processor: Processor;
  readonly restarts: TaskRestarts;
};

const columns = 24;

/** What an operator wants at a glance: is it late, does it flow, what failed, how much runs, what does it cost. */
export class Dashboard extends Construct {
  readonly #environment: string;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    this.#environment = props.environment;
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: `waybill-${props.environment}`,
      defaultInterval: Duration.hours(12),
    });
    const rows = [
      [this.#now(props)],
      [new AlarmStatusWidget({ title: 'Alarms', width: columns, height: 3, alarms: this.#alarms(props) })],
      [this.#lag(), this.#age(props)],
      [this.#throughput(), this.#outcomes()],
      [this.#queue(props), this.#tasks(props)],
      [this.#failures(), this.#troubles(props)],
      [this.#requests(), this.#writeUnits()],
      [this.#dollars(), this.#logs(props)],
      [this.#load(props), this.#gaps()],
    ];
    for (const row of rows) dashboard.addWidgets(new Row(...row));
  }

  #now({ data, processor }: DashboardProps) {
    return new SingleValueWidget({
      title: 'Now',
      width: columns,
      height: 3,
      metrics: [
        this.#metric('waybill.feed.lag', 'Maximum', { label: 'feed lag, s' }),
        data.scanQueue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', label: 'oldest message, s' }),
        data.scanQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', label: 'messages waiting' }),
        this.#deadLetters(),
        this.#metric('waybill.processor.breaker', 'Maximum', { label: 'breaker (2 open)' }),
        this.#metric('waybill.poller.lease', 'Maximum', { label: 'lease held' }),
        processor.service.metricRunningTasks({ label: 'processors' }),
      ],
    });
  }

  /** The alarms of both stacks, by their names: references would tie the stacks together for the sake of a picture. */
  #alarms({ data }: DashboardProps) {
    return [data, Stack.of(this)]
      .flatMap((stack) => stack.node.findAll())
      .filter((construct) => construct instanceof CfnAlarm)
      .flatMap(({ alarmName }) => (alarmName === undefined ? [] : Alarm.fromAlarmName(this, alarmName, alarmName)));
  }

  /** By the queue's name, as the alarms: a reference to it would be the only one, and tie the stacks together. */
  #deadLetters() {
    return new Metric({
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensionsMap: { QueueName: physicalName(this.#environment, scanQueue.deadLetterQueue.name) },
      statistic: 'Maximum',
      label: 'dead letters',
    });
  }

  #lag() {
    return graph('How late is it? Seconds from a scan', [
      this.#metric('waybill.feed.lag', 'Maximum', { label: 'to its being read' }),
      this.#metric('waybill.processor.scan_to_state', 'p50', { label: 'to parcel state, half of the messages' }),
      this.#metric('waybill.processor.scan_to_state', 'p99', { label: 'to parcel state, 99 %' }),
    ]);
  }

  #age({ data }: DashboardProps) {
    return graph('Oldest message, seconds', [
      data.scanQueue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', label: 'scan queue' }),
    ]);
  }

  #throughput() {
    return graph('Events a minute', [
      this.#metric('waybill.feed.events', 'Sum', { label: 'read' }),
      this.#metric('waybill.processor.events', 'Sum', { label: 'stored' }),
    ]);
  }

  #outcomes() {
    const outcome = (value: string) =>
      this.#metric('waybill.processor.outcomes', 'Sum', { label: value, dimensionsMap: { outcome: value } });
    return graph('What the writes did, a minute', outcomes.map(outcome));
  }

  #queue({ data }: DashboardProps) {
    return graph(
      'Messages',
      [
        data.scanQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', label: 'waiting' }),
        data.scanQueue.metricApproximateNumberOfMessagesNotVisible({ statistic: 'Maximum', label: 'in hand' }),
      ],
      [this.#deadLetters()],
    );
  }

  #tasks({ poller, processor }: DashboardProps) {
    return graph('Running tasks', [
      poller.service.metricRunningTasks({ label: 'pollers' }),
      processor.service.metricRunningTasks({ label: 'processors' }),
    ]);
  }

  #failures() {
    return graph('What could not be stored, a minute', [
      this.#metric('waybill.feed.rejections', 'Sum', { label: 'rejected elements' }),
      this.#metric('waybill.processor.failures', 'Sum', { label: 'failures recorded' }),
      this.#metric('waybill.processor.splits', 'Sum', { label: 'split off' }),
    ]);
  }

  #troubles({ restarts }: DashboardProps) {
    const failedRequests = new MathExpression({
      label: 'failed requests to the API',
      expression: 'requests - FILL(ok, 0)',
      period: Duration.minutes(1),
      usingMetrics: {
        requests: this.#metric('waybill.feed.requests', 'Sum'),
        ok: this.#metric('waybill.feed.requests', 'Sum', { dimensionsMap: { outcome: 'ok' } }),
      },
    });
    return graph(
      'Troubles a minute',
      [
        failedRequests,
        this.#metric('waybill.store.errors', 'Sum', { label: 'DynamoDB errors' }),
        this.#metric('waybill.feed.holes', 'Sum', { label: 'holes in the feed' }),
        restarts.metric({ label: 'task restarts', period: Duration.minutes(1) }),
      ],
      [this.#metric('waybill.processor.breaker', 'Maximum', { label: 'breaker (2 open)' })],
    );
  }

  #requests() {
    return graph('Cost: SQS requests as billed, an hour', [
      this.#metric('waybill.queue.billed', 'Sum', { label: 'requests', period: Duration.hours(1) }),
    ]);
  }

  #writeUnits() {
    const units = (table: string) =>
      this.#metric('waybill.store.write_units', 'Sum', {
        label: table,
        dimensionsMap: { table },
        period: Duration.hours(1),
      });
    return graph('Cost: write units, an hour', writtenTables.map(units));
  }

  /** From what is published anyway: a metric of its own would cost something every month. Reads are left out. */
  #dollars() {
    const period = Duration.hours(1);
    const [request, unit] = [prices.sqsRequest, prices.writeUnit].map(({ usd }) => Number((usd * 1e6).toPrecision(6)));
    const units = writtenTables.map((table) => `FILL(${table}, 0)`).join(' + ');
    const dollars = new MathExpression({
      label: 'US dollars at list prices',
      expression: `(${request} * FILL(requests, 0) + ${unit} * (${units})) / events`,
      period,
      usingMetrics: {
        requests: this.#metric('waybill.queue.billed', 'Sum', { period }),
        events: this.#metric('waybill.processor.events', 'Sum', { period }),
        ...Object.fromEntries(
          writtenTables.map((table) => [
            table,
            this.#metric('waybill.store.write_units', 'Sum', { dimensionsMap: { table }, period }),
          ]),
        ),
      },
    });
    return graph('Cost: SQS and writes for a million events', [dollars]);
  }

  #logs({ poller, processor }: DashboardProps) {
    const bytes = (of: Poller | Processor, label: string) =>
      of.service.logGroup.metricIncomingBytes({
        label,
        period: Duration.hours(1),
        // The CDK leaves it out, and the sum of the whole account would be shown.
        dimensionsMap: { LogGroupName: of.service.logGroup.logGroupName },
      });
    return graph('Cost: bytes logged, an hour', [bytes(poller, 'poller'), bytes(processor, 'processor')]);
  }

  #load({ poller, processor }: DashboardProps) {
    const load = (of: Poller | Processor, name: string) => [
      of.service.fargate.metricCpuUtilization({ label: `${name} CPU`, statistic: 'Maximum' }),
      of.service.fargate.metricMemoryUtilization({ label: `${name} memory`, statistic: 'Maximum' }),
    ];
    return graph('CPU and memory of the busiest task, percent', [
      ...load(poller, 'poller'),
      ...load(processor, 'processor'),
    ]);
  }

  #gaps() {
    return graph('Skipped ids no longer asked for, ranges a minute', [
      this.#metric('waybill.feed.dropped_gaps', 'Sum', { label: 'too many to be watched, or never answered for' }),
    ]);
  }

  #metric(name: CloudWatchMetricName, statistic: string, options: MetricOptions = {}): Metric {
    return waybillMetric(this.#environment, name, { ...options, statistic });
  }
}

function graph(title: string, left: readonly IMetric[], right: readonly IMetric[] = []): GraphWidget {
  const fromZero: YAxisProps = { min: 0, showUnits: false };
  return new GraphWidget({
    title,
    width: columns / 2,
    height: 6,
    left: [...left],
    right: [...right],
    leftYAxis: fromZero,
    rightYAxis: fromZero,
  });
}
