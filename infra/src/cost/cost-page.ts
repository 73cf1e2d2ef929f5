import { pollerVariables } from '@waybill/poller/config.ts';
import type { Price } from '@waybill/shared/prices.ts';
import { operatorSize } from '../services/operator-task.ts';
import { placedOnSpot } from '../services/spot-share.ts';
import { apiSection, waysToTheApi } from './api-cost.ts';
import { backupSection } from './backup-cost.ts';
import { customMetrics } from './custom-metrics.ts';
import type { Deployment } from './deployment.ts';
import { keepingSection } from './keeping-section.ts';
import { type MeasuredLoad, measuringCommands } from './measured-loads.ts';
import { hoursPerMonth, type Line, millionEventsPerMonth, monthlyCost, total } from './monthly-cost.ts';
import { rate, row, usd } from './page-format.ts';
import { eventsPerParcel, parcelItemBytes } from './parcel-item.ts';
import { prices } from './prices.ts';
import { provisionedSection } from './provisioned-cost.ts';
import { byDefault } from './stored-parcels.ts';
import { webhookSection } from './webhook-cost.ts';

const pageSize = pollerVariables.SCAN_API_LIMIT.parse(undefined);

/** Deployments that the page compares with the usual one. */
export type Compared = { readonly withApi: Deployment; readonly withWebhook: Deployment };

/** `docs/cost.md`: what a deployment with default context costs per month, one with the API, and one with a webhook. */
export function costPage(
  deployment: Deployment,
  { withApi, withWebhook }: Compared,
  loads: readonly MeasuredLoad[],
): string {
  const bills = loads.map((load) => monthlyCost(deployment, load));
  const { pollerSize, processorSize, spotShare } = deployment.context;
  const size = ({ cpu, memoryMiB }: { cpu: number; memoryMiB: number }) =>
    `${cpu / 1_024} vCPU and ${memoryMiB / 1_024} GB`;
  return [
    '# What it costs',
    '',
    'The monthly bill of a deployment with the defaults of the CDK app, in us-east-1. `infra/src/cost` computes it from list prices and measured quantities. `npm run test:unit -- infra/src/cost -u` writes this page, and a test fails when the two differ. The [glossary](glossary.md) explains the words.',
    '',
    '## The bill',
    '',
    `US dollars per month of ${hoursPerMonth} hours, at a load that is the same day and night.`,
    '',
    row('', '', ...loads.map(rate)),
    row('---', '---', ...loads.map(() => '---:')),
    ...lines(bills),
    row('**total**', '', ...bills.map((bill) => `**${usd(total(bill))}**`)),
    row('per million events', '', ...bills.map((bill, i) => usd(total(bill) / millionEventsPerMonth(loads[i])))),
    '',
    `- ${deployment.pollers} poller of ${size(pollerSize)}, always on demand. Processors of ${size(processorSize)}: ${loads.map((load) => `${load.processors} at ${rate(load)}`).join(', ')}, which is what scaling plans with. The first processor runs on demand, ${placedOnSpot(spotShare)} % of the others on Spot; of so few, that is all of them.`,
    `- The parcels table grows with every new parcel. The bill has its size after a year in which none was deleted, with ${eventsPerParcel.toFixed(1)} scans per parcel (as in the feed of [the benchmark](benchmark.md)) and ${Math.round(parcelItemBytes(byDefault))} bytes per parcel with its history. It is the only line that rises from month to month, unless [parcels are deleted](#how-long-parcels-are-kept).`,
    '- Writes and reads are on demand, the default. From a hundred events per second on, [provisioned capacity](#provisioned-capacity) costs about half of that.',
    `- At ${rate(lastOf(loads))} the poller would have to read default [pages](glossary.md#page) of ${pageSize} events ${lastOf(loads).eventsPerSecond / pageSize} times per second, which is all that \`SCAN_API_REQUESTS_PER_SECOND\` allows. These figures have \`SCAN_API_LIMIT\` at ${lastOf(loads).limit}.`,
    `- CloudWatch bills a metric for the hours in which it gets data; all ${customMetrics().length} count as if they always got data. It bills an alarm by the metrics in it. Two of the alarms are made by the scaling of the processor.`,
    '- With `standby` a second poller, which [stands by](glossary.md#stand-by), costs as much as the first. A token of the Scan Event API needs a secret, which costs ' +
      `${usd(prices.secret.usd)}.`,
    `- The [task of operators](../infra/RUNBOOK.md#run-waybill-as-a-task) costs nothing while it does not run. Fargate bills a run by the second, a minute at least: ${shownPrice(Number(operatorMinute().toPrecision(2)))} dollars for each minute.`,
    '',
    'For larger feeds, days with peaks, [outages](glossary.md#outage) and backfills see [at internet scale](scale.md).',
    '',
    '**Not included**: tax, support, savings plans, and the free tier (at the lowest load it would cover most of SQS, the alarms and the transfer); images in ECR; restores and exports of tables; queries in Logs Insights; the NAT gateways of a VPC that you import, which can cost more than all the rest; failures, [dead letters](glossary.md#dead-letter-queue) and outages, which add writes and log lines while they last; and the resources of `cdk bootstrap`.',
    '',
    ...provisionedSection(loads),
    ...keepingSection(deployment, loads),
    '',
    ...backupSection(deployment, loads),
    ...apiSection(deployment, withApi, loads),
    '',
    ...webhookSection(deployment, withWebhook, loads),
    '## Where the quantities come from',
    '',
    'Each load ran for two minutes on a simulated feed, with the processes started as in production, on local [engines](glossary.md#engine): the embedded DynamoDB, and ElasticMQ. (The embedded SQS wakes every long poll for one message, and would show four times the receives.)',
    '',
    '```sh',
    ...measuringCommands,
    '```',
    '',
    row('per second', ...loads.map(rate)),
    row('---', ...loads.map(() => '---:')),
    row('pages read', ...loads.map(({ pages }) => pages)),
    row('SQS requests as billed', ...loads.map(({ sqsRequests }) => shown(sqsRequests))),
    row('DynamoDB write units', ...loads.map(({ writeUnits }) => shown(writeUnits))),
    row('DynamoDB reads, one unit each at most', ...loads.map(({ reads }) => reads)),
    row('bytes of log', ...loads.map(({ logBytes }) => logBytes)),
    row('bytes of metrics per minute, poller', ...loads.map(({ exportBytes }) => exportBytes.poller)),
    row('bytes of metrics per minute, each processor', ...loads.map(({ exportBytes }) => exportBytes.processor)),
    '',
    `Two cores cannot keep up with ${rate(lastOf(loads))} while the engines run beside the processes. So that load was measured with a fifth of the events and a fifth of the page size, which gives as many pages per second. From that its column has five times the writes of parcels, twice the log, and each send and receive billed twice (a page of that many events is larger than 64 KiB).`,
    '',
    'A pipeline that has caught up [folds](glossary.md#fold) little: nearly every event is a write. [The benchmark](benchmark.md), which [catches up](glossary.md#catch-up), has two fifths of that. At low rates the number of requests follows the pages: one page per second, whatever is in it. DynamoDB itself needs fewer reads than the embedded one, because it returns the stored item with a refused write. Assumed, not measured: 1,000 bytes out of AWS for each request to the Scan Event API, and 100 e-mails of alarms.',
    '',
    'These loads were measured before parcels had a history. It changes none of these quantities: [the cost gate](decisions/0102-what-history-may-cost.md) counts the same write units with it and without. Of them, the load of one event per second was measured anew with it, on 2026-11-28: 1.00 write units of parcels per event, 0.95 of checkpoints, 3.6 SQS requests. The larger loads were not, because the machine could not keep up with them that day.',
    '',
    '## Ways to CloudWatch',
    '',
    'Metrics go to CloudWatch by [lines on standard output](decisions/0060-metrics-to-cloudwatch.md). What this costs per month, compared with the other ways:',
    '',
    row('', ...loads.map(rate)),
    row('---', ...loads.map(() => '---:')),
    row('lines on standard output: metrics, and their bytes in the log', ...bills.map((bill) => usd(ofMetrics(bill)))),
    row(
      "AWS's collector beside each process: the same, and the next larger size for each task (0.5 vCPU, 1 GB)",
      ...bills.map((bill) => usd(ofMetrics(bill) + ofFargate(bill))),
    ),
    row("CloudWatch's OTLP endpoint: per gigabyte", ...loads.map(() => 'no price found')),
    '',
    '## Ways to the API',
    '',
    'What the ways from the internet to the API cost per month, with its two tasks, by requests per second ([why the first](decisions/0140-http-api-with-a-vpc-link.md)):',
    '',
    ...waysToTheApi(withApi),
    '',
    '## Prices',
    '',
    "us-east-1, without free tier. AWS's pages fill in their figures by script, so each figure was read at the place and on the day given here. Check AWS's page before you rely on a price.",
    '',
    row('price', 'US dollars', 'page', 'read', 'as of'),
    row('---', '---:', '---', '---', '---'),
    ...Object.values(prices).map((price: Price) =>
      row(price.unit, shownPrice(price.usd), `<${price.page}>`, price.read.replace(/^https.*/, '<$&>'), price.asOf),
    ),
    '',
  ].join('\n');
}

function lines(bills: readonly Line[][]): string[] {
  const [first = []] = bills;
  return first.map(({ part, what }, i) => row(part, what, ...bills.map((bill) => usd(bill[i]?.usd ?? 0))));
}

function ofMetrics(bill: readonly Line[]): number {
  return total(bill.filter(({ price, what }) => price === 'customMetric' || what === 'lines with metrics'));
}

function ofFargate(bill: readonly Line[]): number {
  return total(bill.filter(({ part }) => part === 'Fargate'));
}

function lastOf(loads: readonly MeasuredLoad[]): MeasuredLoad {
  const last = loads.at(-1);
  if (!last) throw new Error('no load was measured');
  return last;
}

function operatorMinute(): number {
  const { cpu, memoryMiB } = operatorSize;
  return ((cpu / 1_024) * prices.vcpuHour.usd + (memoryMiB / 1_024) * prices.memoryHour.usd) / 60;
}

/** Four digits, as precise as the measurement. */
function shown(quantity: number): number {
  return Number(quantity.toPrecision(4));
}

/** A price per unit, or per million units if one costs less than a hundredth of a cent. */
function shownPrice(price: number): string {
  return price < 1e-4 ? `${Number((price * 1e6).toPrecision(6))} per million` : String(price);
}
