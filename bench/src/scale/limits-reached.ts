import { mostProcessors } from '@waybill/infra/context/service-keys.ts';
import { tableQuota, warmOfNewTable } from './limits.ts';
import { integer, row, threeDigits } from './page-format.ts';
import { environmentOf, pollerReads } from './scales.ts';
import { peakOfDay, unitsOfAnEvent } from './scenarios.ts';

type LimitReached = { readonly limit: string; readonly eventsPerSecond: number; readonly change: string };

/** The limits of one environment with default settings, the lowest first. */
export function limitsReached(): LimitReached[] {
  const { requestsAllow, processorStores, context, eventsPerMessage } = environmentOf({});
  const storesOfACore = processorStores / (context.processorSize.cpu / 1_024);
  const limits: readonly LimitReached[] = [
    {
      limit: `${requestsAllow / eventsPerMessage} requests per second for [pages](glossary.md#page) of ${eventsPerMessage}`,
      eventsPerSecond: requestsAllow,
      change: 'raise `SCAN_API_LIMIT` and `SCAN_API_REQUESTS_PER_SECOND`, as far as the carrier allows',
    },
    {
      limit: 'the poller, a quarter of a core',
      eventsPerSecond: pollerReads(context.pollerSize.cpu),
      change: 'raise `pollerSize`',
    },
    {
      limit: `${context.maxProcessors} processors, a quarter of a core each`,
      eventsPerSecond: context.maxProcessors * processorStores,
      change: `raise \`maxProcessors\` (${mostProcessors} at most) and \`processorSize\``,
    },
    {
      limit: `a new table, ${integer(warmOfNewTable)} write units per second`,
      eventsPerSecond: warmOfNewTable / unitsOfAnEvent,
      change: 'raise its warm throughput beforehand, or let the load grow over hours: it doubles every half hour',
    },
    {
      limit: 'the poller, a whole core',
      eventsPerSecond: pollerReads(1_024),
      change: 'split the feed into parts, each with its own environment',
    },
    {
      limit: `a table, ${integer(tableQuota)} write units per second`,
      eventsPerSecond: tableQuota / unitsOfAnEvent,
      change: 'ask AWS for a higher quota, or split the feed',
    },
    {
      limit: `${mostProcessors} processors, a whole core each`,
      eventsPerSecond: mostProcessors * storesOfACore,
      change: 'split the feed',
    },
  ];
  return limits.toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond);
}

/** {@link limitsReached} as a table. */
export function limitsReachedTable(): string[] {
  return [
    row('limit', 'events per second at the peak', 'events per hour', 'what to change'),
    row('---', '---:', '---:', '---'),
    ...limitsReached().map(({ limit, eventsPerSecond, change }) =>
      row(limit, integer(eventsPerSecond), millions((eventsPerSecond * 3_600) / peakOfDay), change),
    ),
  ];
}

function millions(events: number): string {
  return `${threeDigits(events / 1e6)} million`;
}
