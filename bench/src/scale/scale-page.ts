import { usualLags } from '@waybill/infra/scaling-model/setting.ts';
import { startSeconds } from '@waybill/infra/scaling-model/tasks.ts';
import { plannedShare } from '@waybill/infra/services/capacity.ts';
import { shownDollars } from '@waybill/local/cost.ts';
import { pollerVariables } from '@waybill/poller/config.ts';
import { accountLimitsTable, awsLimitsTable } from './aws-limits.ts';
import { benchmarkFigures } from './benchmark-figures.ts';
import { unitsAddedByHistory } from './counted-figures.ts';
import { backfillSection, daySection, outageSection } from './course-sections.ts';
import { accountLimitsRead, limitsRead } from './limits.ts';
import { limitsReachedTable } from './limits-reached.ts';
import { head, most, range, row, tenths, threeDigits } from './page-format.ts';
import { shownSettings } from './scales.ts';
import { peakOfDay, rateOf, unitsOfAnEvent } from './scenarios.ts';
import { type Simulations, simulateAll } from './simulations.ts';
import { storageSection } from './storage-section.ts';

/** `docs/scale.md`. Everything random in it follows from the seed. */
export function scalePage(seed: number): string {
  const simulations = simulateAll(seed);
  const largest = simulations.outages.at(-1);
  if (!largest) throw new Error('there are three scales');
  return [
    '# At internet scale',
    '',
    'What happens at 10 thousand, 1 million and 100 million events per hour: which limit is reached first, which settings to change, what it costs. The limits of AWS have their source beside them. The days, the outage and the backfill are a discrete-event simulation of feed, poller, queue, processors, table and scaling policy, which uses the measured costs of an event. Nothing here was run at these sizes on AWS.',
    '',
    `This page is printed by \`npm exec --call "node bench/src/scale.ts --seed ${seed}"\` (another seed gives other gusts). \`npm run test:unit -- bench/src/scale -u\` writes it, and a test fails when the two differ. The [glossary](glossary.md) explains the words.`,
    '',
    '## In short',
    '',
    ...summary(simulations),
    '',
    'Prices are those of [what it costs](cost.md). That page also has the costs that do not depend on events or tasks: logs, alarms, and storage, the line that grows ([below](#what-is-stored)). From a million events per hour, DynamoDB writes are nearly all of the bill: smaller tasks or fewer requests would save next to nothing.',
    '',
    '## Which limit is reached first',
    '',
    `With default settings, in one environment, for a day whose peak is ${tenths(peakOfDay)} times its mean:`,
    '',
    ...limitsReachedTable(),
    '',
    'Reading is the first limit, and the only one that money does not raise: a feed has one [position](glossary.md#position), so one poller moves it, on one core. Beyond that the carrier has to offer the feed in parts (by depot, by region). Each part gets its own environment, with its own queue, tables and poller. Processors, queue and table have no such limit: processors are added, no limit of the queue matters here, and the table spreads parcels over partitions.',
    '',
    "## AWS's limits",
    '',
    `Read from stored copies of AWS's pages on ${limitsRead}: check the page before you rely on a limit. The last column is what one of the ${largest.scale.feeds} environments at 100 million per hour needs at most, on a day with an outage.`,
    '',
    ...awsLimitsTable(largest),
    '',
    '## Several environments in one account',
    '',
    `Each environment mirrors one feed, and an account may have several, in one region or more. Limits of an account and region, read from stored copies of AWS's pages on ${accountLimitsRead}:`,
    '',
    ...accountLimitsTable(),
    '',
    'So the fifth environment needs `network=shared` ([how](../infra/RUNBOOK.md#share-a-network)), or more VPCs. Beyond ten there is no more room in CloudWatch Logs, or beyond nine where API Gateway writes a log of accesses (`api`), for which AWS adds a policy of its own: put the others into another account or region.',
    '',
    '## What is stored',
    '',
    ...storageSection(),
    '',
    '## A day',
    '',
    ...daySection(simulations),
    '',
    '## An hour without DynamoDB',
    '',
    ...outageSection(simulations),
    '',
    "## A week's backfill",
    '',
    ...backfillSection(simulations),
    '',
    '## What goes in',
    '',
    ...inputs(),
    '',
  ].join('\n');
}

function summary({ days }: Simulations): string[] {
  return [
    ...head('events per hour', ...days.map(({ scale }) => scale.name)),
    row('events per second, over the day', ...days.map(({ scale }) => tenths(rateOf(scale).mean * scale.feeds))),
    row('at its peak', ...days.map(({ scale }) => tenths(rateOf(scale).peak * scale.feeds))),
    row('feeds, each with its own environment', ...days.map(({ scale }) => scale.feeds)),
    row('settings changed, in the CDK context', ...days.map(({ scale }) => shownSettings(scale.settings, '<br>'))),
    row('processors of each environment', ...days.map(({ result }) => range(result.running))),
    row('oldest message of the day, minutes', ...days.map(({ result }) => tenths(most(result.oldestSeconds) / 60))),
    row('cost of the day: SQS', ...days.map(({ bill }) => shownDollars(bill.sqs))),
    row('DynamoDB, writes and reads', ...days.map(({ bill }) => shownDollars(bill.dynamodb))),
    row('Fargate, with addresses', ...days.map(({ bill }) => shownDollars(bill.fargate))),
    row('**total**', ...days.map(({ bill }) => `**${shownDollars(bill.total)}**`)),
    row('per million events', ...days.map(({ bill }) => shownDollars((bill.total / bill.events) * 1e6))),
  ];
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

function inputs(): string[] {
  const { command, pollerCpuMicros } = benchmarkFigures();
  const requestsPerSecond = pollerVariables.SCAN_API_REQUESTS_PER_SECOND.parse(undefined);
  return [
    `- **CPU of an event**: poller ${pollerCpuMicros} µs, from [the benchmark](benchmark.md) (\`${command}\`); processor as scaling plans with it (\`infra/src/services/capacity.ts\`). Both count with ${plannedShare * 100} % of the rate that follows, and with one core of a task at most.`,
    `- **Requests and units of an event**: as measured of a live feed ([what it costs](cost.md#where-the-quantities-come-from) has the command), in proportion between two measured loads: ${threeDigits(unitsOfAnEvent)} write units from 1,000 events per second. Events that waited count the same. The benchmark [folds](glossary.md#fold) more than half of the writes of a backlog away, because its feed has 2,000 parcels under way. At these sizes there are millions, and apart from bursts the scans of one parcel lie hours apart.`,
    `- **History**: a write is one unit while the parcel's item is within 1 KiB, with its history as without: up to about 12 scans. Counted in memory (\`npm exec --call "node test/cost/main.ts"\`): ${percent(unitsAddedByHistory('keeping up'))} more units with 4.7 scans per parcel, ${percent(unitsAddedByHistory('keeping up with 12 scans a parcel'))} more with 12. A parcel that has more than \`HISTORY_EVENTS\` scans pays twice for each further one, because the first write is refused for want of room.`,
    `- **The scaling policy** as the CDK app synthesizes it for each context: target, cooldowns and expressions. The model reads them as CloudWatch and Application Auto Scaling do; [the policy was chosen](decisions/0056-backlog-scaling.md) with the same model. Metrics of AWS come ${usualLags.sqs} minutes late, Waybill's own ${usualLags.own}. A task takes ${startSeconds} s to start. Scaling in stops one task at a time.`,
    '- **The table** takes at once what is warm, then twice what it took half an hour ago, up to its quota. Throttled writes slow the processors down. That they also open breakers for moments is left out.',
    `- **Assumed**: the carrier serves pages of the requested size, at the default ${requestsPerSecond} requests per second, within ${1_000 / requestsPerSecond} ms each, so that reading page by page uses all of them. Every message counts as a full one. At low rates messages are not full, so scaling keeps rather more tasks than it needs.`,
    '- **Between two events of the simulation everything flows evenly.** The simulation has no single messages, so it says nothing about latency below a minute, redelivery, or one parcel with very many scans.',
  ];
}
