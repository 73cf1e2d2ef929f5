import { activityIntervalMs } from '@waybill/shared/activity/activity-reader.ts';
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
export const secondsPerMonth = hoursPerMonth * 3_600;
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
  const { pollerSize, processorSize } = context;
  const hoursOfPollers = fargateHours(pollers, pollerSize);
  const hoursOnDemand = fargateHours(onDemand, processorSize);
  const hoursOnSpot = fargateHours(spot, processorSize);
  const tasks = pollers + load.processors;
  const metricBytes =
    (pollers * load.exportBytes.poller + load.processors * load.exportBytes.processor) * exportsPerMonth;
  const logGigabytes = (load.logBytes * secondsPerMonth) / gigabyte;
  const metricGigabytes = metricBytes / gigabyte;
  const kept = ((logGigabytes + metricGigabytes) * deployment.logRetentionDays * 24) / hoursPerMonth;
  const tableGigabytes = tableStorage(load.eventsPerSecond, keeping);
  const index = keeping.openIndex
    ? [
        lineOf(
          'DynamoDB',
          'writes of the index `open-parcels`',
          'writeUnit',
          indexUnitsPerEvent * load.eventsPerSecond * secondsPerMonth,
        ),
        lineOf('DynamoDB', 'its entries', 'tableStorage', indexStorage(load.eventsPerSecond)),
      ]
    : [];
  return [
    lineOf('Fargate', 'vCPU on demand', 'vcpuHour', hoursOfPollers.vcpu + hoursOnDemand.vcpu),
    lineOf('Fargate', 'memory on demand', 'memoryHour', hoursOfPollers.gb + hoursOnDemand.gb),
    lineOf('Fargate', 'vCPU on Spot', 'spotVcpuHour', hoursOnSpot.vcpu),
    lineOf('Fargate', 'memory on Spot', 'spotMemoryHour', hoursOnSpot.gb),
    lineOf('network', 'public IPv4, one per task', 'publicIpv4Hour', tasks * hoursPerMonth),
    lineOf(
      'network',
      'requests to the Scan Event API',
      'transferOut',
      (load.pages * secondsPerMonth * requestOutBytes) / gigabyte,
    ),
    lineOf('SQS', 'requests', 'sqsRequest', load.sqsRequests * secondsPerMonth),
    lineOf('DynamoDB', 'writes', 'writeUnit', load.writeUnits * secondsPerMonth),
    lineOf('DynamoDB', 'reads', 'readUnit', load.reads * secondsPerMonth),
    lineOf('DynamoDB', 'what processes do', 'writeUnit', activityUnits(tasks)),
    ...index,
    lineOf('DynamoDB', `parcels kept ${shownRetention(keeping)}`, 'tableStorage', tableGigabytes),
    lineOf('DynamoDB', 'their point-in-time recovery', 'pointInTimeRecovery', tableGigabytes),
    lineOf('CloudWatch', 'log', 'logsIngested', logGigabytes),
    lineOf('CloudWatch', 'lines with metrics', 'logsIngested', metricGigabytes),
    lineOf('CloudWatch', `both, kept for ${deployment.logRetentionDays} days`, 'logsStored', kept),
    lineOf('CloudWatch', 'metrics', 'customMetric', customMetrics().length),
    lineOf('CloudWatch', `metrics in ${deployment.alarms} alarms`, 'alarmMetric', deployment.alarmMetrics),
    lineOf('CloudWatch', 'dashboard', 'dashboard', deployment.dashboards),
    lineOf('SNS', 'e-mails of alarms', 'emailNotification', emails),
  ];
}

/** A line of the bill: this quantity at the list price. */
export function lineOf(part: string, what: string, price: PriceName, quantity: number): Line {
  return { part, what, price, quantity, usd: quantity * prices[price].usd };
}

/** Write units of a month in which so many processes write what they do, one unit every ten seconds (`activity-item.unit.test.ts`). */
export function activityUnits(processes: number): number {
  return (processes * secondsPerMonth * 1_000) / activityIntervalMs;
}

/** Hours of vCPUs and of gigabytes in a month that tasks of this size run all the time. */
export function fargateHours(tasks: number, { cpu, memoryMiB }: { readonly cpu: number; readonly memoryMiB: number }) {
  return { vcpu: (tasks * cpu * hoursPerMonth) / 1_024, gb: (tasks * memoryMiB * hoursPerMonth) / 1_024 };
}

/** Gigabytes of log of a month, ingested and kept. */
export function logLines(gigabytes: number, retentionDays: number): Line[] {
  const kept = (gigabytes * retentionDays * 24) / hoursPerMonth;
  return [
    lineOf('CloudWatch', 'logs', 'logsIngested', gigabytes),
    lineOf('CloudWatch', `kept for ${retentionDays} days`, 'logsStored', kept),
  ];
}

export function total(lines: readonly Line[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

export function millionEventsPerMonth(load: MeasuredLoad | undefined): number {
  return ((load?.eventsPerSecond ?? 0) * secondsPerMonth) / 1e6;
}
