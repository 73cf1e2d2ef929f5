import { customMetrics } from './custom-metrics.ts';
import type { Deployment } from './deployment.ts';
import type { MeasuredLoad } from './measured-loads.ts';
import {
  fargateHours,
  hoursPerMonth,
  type Line,
  lineOf,
  logLines,
  monthlyCost,
  secondsPerMonth,
  total,
} from './monthly-cost.ts';
import { row, usd } from './page-format.ts';
import { prices } from './prices.ts';
import { byDefault, gigabyte } from './stored-parcels.ts';

/** Requests to the API per second, one for each of the measured loads: assumed. */
const requestRates = [1, 10, 100] as const;

/** Bytes of an answer: a parcel with its history, and headers. Assumed. */
const answerBytes = 2_000;
/** Bytes of log for a request: the line of the access log, and the process's own. Assumed. */
const logBytes = 650;
/** Read units of a query: the parcel, read consistently, and the checkpoint for the watermark. */
const readUnits = 2;

/** A rate with its unit, as the columns of a table name it. */
const perSecond = (rate: number) => `${rate}/s`;

/** The monthly lines that the API adds to the bill of a deployment without it, but for its index. */
export function apiLines(withApi: Deployment, without: Deployment, requestsPerSecond: number): Line[] {
  const { apiTasks, context, logRetentionDays } = withApi;
  const requests = requestsPerSecond * secondsPerMonth;
  const { vcpu, gb } = fargateHours(apiTasks, context.apiSize);
  return [
    lineOf('Fargate', `vCPU of ${apiTasks} tasks`, 'vcpuHour', vcpu),
    lineOf('Fargate', 'their memory', 'memoryHour', gb),
    lineOf('network', 'public IPv4, one per task', 'publicIpv4Hour', apiTasks * hoursPerMonth),
    lineOf('network', 'answers', 'transferOut', (requests * answerBytes) / gigabyte),
    lineOf('API Gateway', 'requests', 'httpApiRequest', requests),
    lineOf('Cloud Map', 'private hosted zone', 'hostedZone', 1),
    lineOf('DynamoDB', 'reads', 'readUnit', requests * readUnits),
    ...logLines((requests * logBytes) / gigabyte, logRetentionDays),
    lineOf('CloudWatch', 'metrics', 'customMetric', customMetrics({ api: true }).length - customMetrics().length),
    lineOf('CloudWatch', 'metrics in alarms', 'alarmMetric', withApi.alarmMetrics - without.alarmMetrics),
    lineOf('Secrets Manager', 'who may call', 'secret', 1),
  ];
}

/** What the API costs, line by line, and the whole bill without it and with it. */
export function apiSection(without: Deployment, withApi: Deployment, loads: readonly MeasuredLoad[]): string[] {
  const bills = requestRates.map((rate) => apiLines(withApi, without, rate));
  const [first = []] = bills;
  const usual = loads.map((load) => total(monthlyCost(without, load)));
  const indexed = loads.map((load) => total(monthlyCost(without, load, { ...byDefault, openIndex: true })));
  const events = loads.map(({ eventsPerSecond }) => eventsPerSecond.toLocaleString('en-US'));
  return [
    '## With the API',
    '',
    `What the API (\`api=true\`) adds per month, by the requests that come per second:`,
    '',
    row('', '', ...requestRates.map(perSecond)),
    row('---', '---', ...requestRates.map(() => '---:')),
    ...first.map(({ part, what }, at) => row(part, what, ...bills.map((bill) => usd(bill[at]?.usd ?? 0)))),
    row('**total**', '', ...bills.map((bill) => `**${usd(total(bill))}**`)),
    '',
    'The whole bill, at the loads of above. The API comes with the index `open-parcels`, unless the context says otherwise:',
    '',
    row('', ...requestRates.map((rate, at) => `${events[at]} events/s, ${perSecond(rate)} requests`)),
    row('---', ...requestRates.map(() => '---:')),
    row('without the API', ...usual.map(usd)),
    row('with it, without its index', ...usual.map((bill, at) => usd(bill + total(bills[at] ?? [])))),
    row('with it', ...indexed.map((bill, at) => usd(bill + total(bills[at] ?? [])))),
    '',
    `- **Assumed, not measured**: ${answerBytes.toLocaleString('en-US')} bytes for an answer, ${logBytes} bytes of log for a request in both logs together, and requests that are queries of one parcel, each ${readUnits} read units. Two tasks serve up to some hundred requests per second, if one takes a millisecond of CPU.`,
    '- **A push** costs as a request for each 512 KB of its body. Its events cost what the same events cost when they are read from the feed, and its batch some write units: two or three, and one for each message.',
    '- Not included: what Cloud Map may bill for the look-ups of API Gateway, for which no price was found. Who pushes by signature is a second secret.',
  ];
}

/** Bytes in and out of a request, as a load balancer counts them. */
const processedBytes = answerBytes + 1_000;
/** New connections per second, and gigabytes per hour, of one capacity unit of an ALB (Elastic Load Balancing pricing). */
const lcu = { connections: 25, gigabytes: 1 } as const;
/** GB and seconds of a function that answers one query. Assumed. */
const lambdaSize = { gb: 0.5, seconds: 0.02 } as const;

/** Monthly dollars of the ways from the internet to the API, tasks included, at each of {@link requestRates}. */
export function waysToTheApi(withApi: Deployment): string[] {
  const { apiTasks, context } = withApi;
  const { vcpu, gb } = fargateHours(apiTasks, context.apiSize);
  const tasks =
    vcpu * prices.vcpuHour.usd + gb * prices.memoryHour.usd + apiTasks * hoursPerMonth * prices.publicIpv4Hour.usd;
  const ways: Readonly<Record<string, (requestsPerSecond: number) => number>> = {
    'HTTP API, VPC link, Cloud Map': (rate) =>
      tasks + prices.hostedZone.usd + rate * secondsPerMonth * prices.httpApiRequest.usd,
    'ALB in two zones, connections kept for ten requests': (rate) => tasks + alb(rate, 10),
    'ALB in two zones, a connection for each request': (rate) => tasks + alb(rate, 1),
    'Lambda behind its own URL, no tasks': (rate) =>
      rate *
      secondsPerMonth *
      (prices.lambdaRequest.usd + lambdaSize.gb * lambdaSize.seconds * prices.lambdaGbSecond.usd),
  };
  return [
    row('', ...requestRates.map(perSecond)),
    row('---', ...requestRates.map(() => '---:')),
    ...Object.entries(ways).map(([way, cost]) => row(way, ...requestRates.map((rate) => usd(cost(rate))))),
  ];
}

function alb(requestsPerSecond: number, requestsOfAConnection: number): number {
  const units = Math.max(
    requestsPerSecond / requestsOfAConnection / lcu.connections,
    (requestsPerSecond * processedBytes * 3_600) / gigabyte / lcu.gigabytes,
  );
  const addresses = 2 * prices.publicIpv4Hour.usd;
  return hoursPerMonth * (prices.albHour.usd + units * prices.lcuHour.usd + addresses);
}
