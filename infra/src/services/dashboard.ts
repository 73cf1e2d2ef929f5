import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  CfnAlarm,
  Dashboard as CloudWatchDashboard,
  type IWidget,
  Row,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { DataStack } from '../data/data-stack.ts';
import { dashboardColumns, graph } from '../monitoring/graph.ts';
import { writtenTables } from '../monitoring/metric-values.ts';
import type { Api } from './api.ts';
import { AwsUsage } from './aws-usage.ts';
import type { Notifier } from './notifier.ts';
import type { Poller } from './poller.ts';
import type { Processor } from './processor.ts';
import type { TaskRestarts } from './task-restarts.ts';

export type DashboardProps = {
  readonly environment: string;
  readonly data: DataStack;
  readonly poller: Poller;
  readonly processor: Processor;
  readonly api: Api | undefined;
  readonly notifiers: readonly Notifier[];
  readonly restarts: TaskRestarts;
};

/**
 * Shows an operator at a glance whether events are late, flow or fail, how many tasks run and what they cost. Each part gives
 * its metrics and widgets. The dashboard lays them out, and draws the graphs that several parts share.
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    const { environment, data, poller, processor, api, notifiers, restarts } = props;
    const services = [poller, processor, ...(api ? [api] : []), ...notifiers];
    super(scope, id);
    const { scanQueue } = data;
    const usage = new AwsUsage(environment, {
      writtenTables: writtenTables({ api: api !== undefined }),
      webhooks: notifiers.map(({ webhook }) => webhook),
    });
    const breaker = processor.metricBreaker({ label: 'breaker (2 = open)' });
    const rows: readonly (readonly IWidget[])[] = [
      [
        new SingleValueWidget({
          title: 'Now',
          width: dashboardColumns,
          height: 3,
          metrics: [
            poller.metricLag({ label: 'feed lag, s' }),
            scanQueue.metricAge({ label: 'oldest message, s' }),
            scanQueue.metricWaiting({ label: 'messages waiting' }),
            scanQueue.metricDeadLetters(),
            breaker,
            poller.metricLease({ label: 'lease held' }),
            processor.service.metricRunningTasks({ label: 'processors' }),
          ],
        }),
      ],
      [new AlarmStatusWidget({ title: 'Alarms', width: dashboardColumns, height: 3, alarms: this.#alarms(data) })],
      [
        graph('Delay since the scan, seconds', [
          poller.metricLag({ label: 'until read' }),
          processor.metricDelay('p50', { label: 'until stored, half of the messages' }),
          processor.metricDelay('p99', { label: 'until stored, 99 %' }),
        ]),
        scanQueue.ageWidget(),
      ],
      [
        graph('Events per minute', [
          poller.metricEvents({ label: 'read' }),
          processor.metricEvents({ label: 'stored' }),
        ]),
        processor.outcomesWidget(),
      ],
      [
        scanQueue.messagesWidget(),
        graph('Running tasks', [
          poller.service.metricRunningTasks({ label: 'pollers' }),
          processor.service.metricRunningTasks({ label: 'processors' }),
          ...(api ? [api.service.metricRunningTasks({ label: 'API' })] : []),
          ...notifiers.map(({ service, webhook }) => service.metricRunningTasks({ label: `notifiers, ${webhook}` })),
        ]),
      ],
      ...(api ? [[api.requestsWidget(), api.latencyWidget()]] : []),
      ...notifiers.map((notifier) => [notifier.toldWidget(), notifier.queueWidget()]),
      [
        graph('Failed events per minute', [
          poller.metricRejections({ label: 'rejected elements' }),
          ...(api ? [api.metricRejections({ label: 'rejected elements of pushes' })] : []),
          processor.metricFailures({ label: 'failures recorded' }),
          processor.metricSplits({ label: 'split off' }),
        ]),
        graph(
          'Errors per minute',
          [
            poller.metricFailedRequests({ label: 'failed requests to the API' }),
            usage.metricDynamoDbErrors(),
            poller.metricHoles({ label: 'holes in the feed' }),
            restarts.metric({ label: 'task restarts', period: Duration.minutes(1) }),
          ],
          [breaker],
        ),
      ],
      [usage.requestsWidget(), usage.writeUnitsWidget()],
      [
        usage.dollarsWidget(processor.metricEvents()),
        graph(
          'Cost: bytes logged per hour',
          services.map(({ service }) => service.metricLoggedBytes()),
        ),
      ],
      [
        graph(
          'CPU and memory of the busiest task, percent',
          services.flatMap(({ service }) => service.metricsOfLoad()),
        ),
        poller.droppedGapsWidget(),
      ],
    ];
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: `waybill-${environment}`,
      defaultInterval: Duration.hours(12),
    });
    for (const row of rows) dashboard.addWidgets(new Row(...row));
  }

  /** The alarms of both stacks, by their names: references would tie the stacks together for a picture only. */
  #alarms(data: DataStack) {
    return [data, Stack.of(this)]
      .flatMap((stack) => stack.node.findAll())
      .filter((construct) => construct instanceof CfnAlarm)
      .flatMap(({ alarmName }) => (alarmName === undefined ? [] : Alarm.fromAlarmName(this, alarmName, alarmName)));
  }
}
