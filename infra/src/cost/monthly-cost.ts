import { customMetrics } from './custom-metrics.ts';
import type { Deployment } from './deployment.ts';
import type { MeasuredLoad } from './measured-loads.ts';
import { type PriceName, prices } from './prices.ts';
import {
  byDefault,
  gigabyte,
  indexStorage,
  indexUnitsPerEvent,
  type Keeping,
  shownRetention,
  tableStorage,
} from './stored-parcels.ts';

/** Hours of an average month, as AWS counts them. */
export const hoursPerMonth = 730;
const secondsPerMonth = hoursPerMonth * 3_600;
/** Exports of metrics in a month: one per minute. */
const exportsPerMonth = hoursPerMonth * 60;

/** Bytes that a request to the Scan Event API sends out of AWS, with the acknowledgements of the response. A high assumption. */
const requestOutBytes = 1_000;

/** E-mails of alarms per month, assumed: even a thousand would cost two cents. */
const emails = 100;

/** A line of the bill: a quantity of units at a price. */
export type Line = {
  readonly part: string;
  readonly what: string;
  readonly price: PriceName;
  readonly quantity: number;
  readonly usd: number;
};

/** The monthly bill of a deployment under a steady load. */
export function monthlyCost(deployment: Deployment, load: MeasuredLoad, keeping: Keeping = byDefault): Line[] {
  const { context, pollers } = deployment;
  const spot = Math.floor(((load.processors - 1) * context.spotShare) / 100);
  const onDemand = load.processors - spot;
  const vcpu = ({ cpu }: { readonly cpu: number }) => cpu / 1_024;
  const gb = ({ memoryMiB }: { readonly memoryMiB: number }) => memoryMiB / 1_024;
  const { pollerSize, processorSize } = context;
  const line = (part: string, what: string, price: PriceName, quantity: number): Line => ({
    part,
    what,
    price,
    quantity,
    usd: quantity * prices[price].usd,
  });
  const tasks = pollers + load.processors;
  const metricBytes =
    (pollers * load.exportBytes.poller + load.processors * load.exportBytes.processor) * exportsPerMonth;
  const logGigabytes = (load.logBytes * secondsPerMonth) / gigabyte;
  const metricGigabytes = metricBytes / gigabyte;
  const kept = ((logGigabytes + metricGigabytes) * deployment.logRetentionDays * 24) / hoursPerMonth;
  const tableGigabytes = tableStorage(load.eventsPerSecond, keeping);
  const index = keeping.openIndex
    ? [
        line(
          'DynamoDB',
          'writes of the index `open-parcels`',
          'writeUnit',
          indexUnitsPerEvent * load.eventsPerSecond * secondsPerMonth,
        ),
        line('DynamoDB', 'its entries', 'tableStorage', indexStorage(load.eventsPerSecond)),
      ]
    : [];
  return [
    line(
      'Fargate',
      'vCPU on demand',
      'vcpuHour',
      (pollers * vcpu(pollerSize) + onDemand * vcpu(processorSize)) * hoursPerMonth,
    ),
    line(
      'Fargate',
      'memory on demand',
      'memoryHour',
      (pollers * gb(pollerSize) + onDemand * gb(processorSize)) * hoursPerMonth,
    ),
    line('Fargate', 'vCPU on Spot', 'spotVcpuHour', spot * vcpu(processorSize) * hoursPerMonth),
    line('Fargate', 'memory on Spot', 'spotMemoryHour', spot * gb(processorSize) * hoursPerMonth),
    line('network', 'public IPv4, one per task', 'publicIpv4Hour', tasks * hoursPerMonth),
    line(
      'network',
      'requests to the Scan Event API',
      'transferOut',
      (load.pages * secondsPerMonth * requestOutBytes) / gigabyte,
    ),
    line('SQS', 'requests', 'sqsRequest', load.sqsRequests * secondsPerMonth),
    line('DynamoDB', 'writes', 'writeUnit', load.writeUnits * secondsPerMonth),
    line('DynamoDB', 'reads', 'readUnit', load.reads * secondsPerMonth),
    ...index,
    line('DynamoDB', `parcels kept ${shownRetention(keeping)}`, 'tableStorage', tableGigabytes),
    line('DynamoDB', 'their point-in-time recovery', 'pointInTimeRecovery', tableGigabytes),
    line('CloudWatch', 'log', 'logsIngested', logGigabytes),
    line('CloudWatch', 'lines with metrics', 'logsIngested', metricGigabytes),
    line('CloudWatch', `both, kept for ${deployment.logRetentionDays} days`, 'logsStored', kept),
    line('CloudWatch', 'metrics', 'customMetric', customMetrics().length),
    line('CloudWatch', `metrics in ${deployment.alarms} alarms`, 'alarmMetric', deployment.alarmMetrics),
    line('CloudWatch', 'dashboard', 'dashboard', deployment.dashboards),
    line('SNS', 'e-mails of alarms', 'emailNotification', emails),
  ];
}

export function total(lines: readonly Line[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

export function millionEventsPerMonth(load: MeasuredLoad | undefined): number {
  return ((load?.eventsPerSecond ?? 0) * secondsPerMonth) / 1e6;
}
