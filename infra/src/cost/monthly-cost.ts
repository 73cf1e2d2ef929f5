import { customMetrics } from './custom-metrics.ts';
import type { Deployment } from './deployment.ts';
import type { MeasuredLoad } from './measured-loads.ts';
import { eventsAParcel, parcelItemBytes } from './parcel-item.ts';
import { type PriceName, prices } from './prices.ts';

export const hoursAMonth = 730;
const secondsAMonth = hoursAMonth * 3_600;
/** Exports of metrics in a month: one a minute. */
const exportsAMonth = hoursAMonth * 60;
const gigabyte = 1e9;

/** Bytes that a request to the Scan Event API takes out of AWS, acknowledgements of its answer included: assumed, and high. */
const requestOutBytes = 1_000;

/** E-mails of alarms in a month: assumed; a thousand would still cost two cents. */
const emails = 100;

/** Months after which the parcels table is shown: parcels are never deleted. */
export const monthsOfParcels = 12;

/** A row of the bill: so many units of a price. */
export type Line = {
  readonly part: string;
  readonly what: string;
  readonly price: PriceName;
  readonly quantity: number;
  readonly usd: number;
};

/** The monthly bill of a deployment under a steady load. */
export function monthlyCost(deployment: Deployment, load: MeasuredLoad): Line[] {
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
    (pollers * load.exportBytes.poller + load.processors * load.exportBytes.processor) * exportsAMonth;
  const logGigabytes = (load.logBytes * secondsAMonth) / gigabyte;
  const metricGigabytes = metricBytes / gigabyte;
  const kept = ((logGigabytes + metricGigabytes) * deployment.logRetentionDays * 24) / hoursAMonth;
  const parcels = ((load.eventsPerSecond * secondsAMonth) / eventsAParcel) * monthsOfParcels;
  const tableGigabytes = (parcels * parcelItemBytes()) / gigabyte;
  return [
    line(
      'Fargate',
      'vCPU on demand',
      'vcpuHour',
      (pollers * vcpu(pollerSize) + onDemand * vcpu(processorSize)) * hoursAMonth,
    ),
    line(
      'Fargate',
      'memory on demand',
      'memoryHour',
      (pollers * gb(pollerSize) + onDemand * gb(processorSize)) * hoursAMonth,
    ),
    line('Fargate', 'vCPU on Spot', 'spotVcpuHour', spot * vcpu(processorSize) * hoursAMonth),
    line('Fargate', 'memory on Spot', 'spotMemoryHour', spot * gb(processorSize) * hoursAMonth),
    line('network', 'public IPv4, one a task', 'publicIpv4Hour', tasks * hoursAMonth),
    line(
      'network',
      'requests to the Scan Event API',
      'transferOut',
      (load.pages * secondsAMonth * requestOutBytes) / gigabyte,
    ),
    line('SQS', 'requests', 'sqsRequest', load.sqsRequests * secondsAMonth),
    line('DynamoDB', 'writes', 'writeUnit', load.writeUnits * secondsAMonth),
    line('DynamoDB', 'reads', 'readUnit', load.reads * secondsAMonth),
    line('DynamoDB', `parcels of ${monthsOfParcels} months`, 'tableStorage', tableGigabytes),
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
