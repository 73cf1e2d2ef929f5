import type { Price } from '@waybill/shared/prices.ts';
import { placedOnSpot } from '../services/spot-share.ts';
import { customMetrics } from './custom-metrics.ts';
import type { Deployment } from './deployment.ts';
import { type MeasuredLoad, measuringCommands } from './measured-loads.ts';
import { hoursAMonth, type Line, monthlyCost, monthsOfParcels, total } from './monthly-cost.ts';
import { eventsAParcel, parcelItemBytes } from './parcel-item.ts';
import { prices } from './prices.ts';

const usd = (amount: number) => amount.toFixed(2);
const rate = (load: MeasuredLoad) => `${load.eventsPerSecond.toLocaleString('en-US')}/s`;
const row = (...cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

/** `docs/cost.md`: what a deployment with the context's defaults costs in a month. */
export function costPage(deployment: Deployment, loads: readonly MeasuredLoad[]): string {
  const bills = loads.map((load) => monthlyCost(deployment, load));
  const { pollerSize, processorSize, spotShare } = deployment.context;
  const size = ({ cpu, memoryMiB }: { cpu: number; memoryMiB: number }) =>
    `${cpu / 1_024} vCPU and ${memoryMiB / 1_024} GB`;
  return [
    '# What it costs',
    '',
    'The monthly bill of a deployment with the defaults of the CDK app, in us-east-1, worked out by `infra/src/cost` from list prices and measured quantities; `npm run test:unit -- infra/src/cost -u` writes this page, and a test fails when they differ.',
    '',
    '## The bill',
    '',
    'US dollars a month of 730 hours, at a load that stays the same day and night.',
    '',
    row('', '', ...loads.map(rate)),
    row('---', '---', ...loads.map(() => '---:')),
    ...lines(bills),
    row('**all**', '', ...bills.map((bill) => `**${usd(total(bill))}**`)),
    row('for a million events', '', ...bills.map((bill, i) => usd(total(bill) / millionEventsAMonth(loads[i])))),
    '',
    `- ${deployment.pollers} poller of ${size(pollerSize)}, always on demand. Processors of ${size(processorSize)}: ${loads.map((load) => `${load.processors} at ${rate(load)}`).join(', ')}, which is what scaling plans with; the first on demand, ${placedOnSpot(spotShare)} % of the others on Spot, which of so few is all.`,
    `- The parcels table grows with every new parcel, and nothing deletes them: the bill has it as after ${monthsOfParcels} months, at ${eventsAParcel.toFixed(1)} scans a parcel (the feed of [the benchmark](benchmark.md)) and ${parcelItemBytes()} bytes each. It is the one line that rises from month to month.`,
    `- At ${rate(lastOf(loads))} the default page of 100 events would have to be read ten times a second, which is all that \`SCAN_API_REQUESTS_PER_SECOND\` allows: the figures are with \`SCAN_API_LIMIT\` at ${lastOf(loads).limit}.`,
    `- CloudWatch bills a metric by the hours in which it got data; all ${customMetrics().length} are counted as if they always had. It bills alarms by the metrics in them; two of the alarms are those that the scaling of the processor makes.`,
    '- With `standby` a second poller costs as much as the first. An API token costs a secret: ' +
      `${usd(prices.secret.usd)}.`,
    '',
    'Larger feeds, days with peaks, outages and backfills: [at internet scale](scale.md).',
    '',
    '**Not in it**: tax, support, the free tier (at the lowest load most of SQS, the alarms and the transfer would fall under it), savings plans; images in ECR; restores and exports of tables; queries in Logs Insights; the NAT gateways of a VPC that you import, which can cost more than all the rest; failures, dead letters and outages, which add writes and log lines while they last; and what `cdk bootstrap` makes.',
    '',
    '## Where the quantities come from',
    '',
    'Each load was run for two minutes against a simulated feed, with the processes as production starts them, on the embedded DynamoDB and ElasticMQ (the embedded SQS wakes every long poll for one message and would show four times the receives):',
    '',
    '```sh',
    ...measuringCommands,
    '```',
    '',
    row('a second', ...loads.map(rate)),
    row('---', ...loads.map(() => '---:')),
    row('pages read', ...loads.map(({ pages }) => pages)),
    row('SQS requests as billed', ...loads.map(({ sqsRequests }) => shown(sqsRequests))),
    row('DynamoDB write units', ...loads.map(({ writeUnits }) => shown(writeUnits))),
    row('DynamoDB reads, each a unit at most', ...loads.map(({ reads }) => reads)),
    row('bytes of log', ...loads.map(({ logBytes }) => logBytes)),
    row('bytes of metrics a minute, poller', ...loads.map(({ exportBytes }) => exportBytes.poller)),
    row('bytes of metrics a minute, each processor', ...loads.map(({ exportBytes }) => exportBytes.processor)),
    '',
    `${rate(lastOf(loads))} is more than two cores with the engines beside the processes keep up with: it was counted at a fifth of the events, in a fifth of the page, which makes as many pages a second. Of that its column has five times the writes of parcels, each send and receive billed twice (a page of that many events is over 64 KiB), and twice the log.`,
    '',
    'A caught-up pipeline folds little: nearly each event is a write, where [the benchmark](benchmark.md), which catches up, has two fifths of that. At low rates requests follow the pages, one a second whatever is in them. DynamoDB itself needs fewer reads than the embedded one, because it returns the stored item with a refused write. Assumed, not measured: 1,000 bytes out of AWS for each request to the Scan Event API, and 100 e-mails of alarms.',
    '',
    '## Ways to CloudWatch',
    '',
    'What [the choice](decisions/0060-metrics-to-cloudwatch.md) of lines on standard output costs beside the others, a month:',
    '',
    row('', ...loads.map(rate)),
    row('---', ...loads.map(() => '---:')),
    row('lines on standard output: metrics, and their bytes in the log', ...bills.map((bill) => usd(ofMetrics(bill)))),
    row(
      "AWS's collector beside each process: the same, and each task a size up (0.5 vCPU, 1 GB)",
      ...bills.map((bill) => usd(ofMetrics(bill) + ofFargate(bill))),
    ),
    row("CloudWatch's OTLP endpoint: by the gigabyte", ...loads.map(() => 'no price found')),
    '',
    '## Prices',
    '',
    "us-east-1, without free tier. AWS's pages draw their figures by script, so each was taken from the place named, of the day named: look at the page before you rely on one.",
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

function millionEventsAMonth(load: MeasuredLoad | undefined): number {
  return ((load?.eventsPerSecond ?? 0) * hoursAMonth * 3_600) / 1e6;
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

/** Four digits, as many as were measured. */
function shown(quantity: number): number {
  return Number(quantity.toPrecision(4));
}

/** Per million where one costs less than a hundredth of a cent. */
function shownPrice(price: number): string {
  return price < 1e-4 ? `${Number((price * 1e6).toPrecision(6))} a million` : String(price);
}
