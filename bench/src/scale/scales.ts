import { type Context, readContext } from '@waybill/infra/context/context.ts';
import { policyOf } from '@waybill/infra/scaling-model/policy.ts';
import type { Policy } from '@waybill/infra/scaling-model/target-tracking.ts';
import { eventsPerMessage, messagesPerSecond, plannedShare } from '@waybill/infra/services/capacity.ts';
import { stackOf, synthesize } from '@waybill/infra/synthesis/synthesize.ts';
import { pollerVariables } from '@waybill/poller/config.ts';
import { benchmarkFigures } from './benchmark-figures.ts';

/** A size of feed, and how Waybill is deployed for it. */
export type Scale = {
  readonly name: string;
  readonly eventsPerHour: number;
  /** Feeds that the events are split into. Each has its own environment, with poller, queue and tables. */
  readonly feeds: number;
  /** Context of the CDK app that is not the default. */
  readonly settings: Readonly<Record<string, string>>;
};

export const scales: readonly [Scale, Scale, Scale] = [
  { name: '10 thousand', eventsPerHour: 1e4, feeds: 1, settings: {} },
  { name: '1 million', eventsPerHour: 1e6, feeds: 1, settings: { pollerVariables: '{"SCAN_API_LIMIT":1000}' } },
  {
    name: '100 million',
    eventsPerHour: 1e8,
    feeds: 10,
    settings: {
      pollerSize: '1024/2048',
      processorSize: '1024/2048',
      maxProcessors: '20',
      pollerVariables: '{"SCAN_API_LIMIT":10000}',
    },
  },
];

/** What one environment can do, by measured costs and its settings. */
export type Environment = {
  readonly context: Context;
  readonly policy: Policy;
  readonly eventsPerMessage: number;
  /** Events per second that the request rate allows to read. */
  readonly requestsAllow: number;
  /** Events per second that the poller's CPU can read. */
  readonly pollerReads: number;
  /** Events per second that one processor can store. */
  readonly processorStores: number;
  readonly maxQueueMessages: number;
};

const apiUrl = 'https://carrier.example/v1/scans/scanevents';

/** The environment of a context, with the scaling policy as the CDK app's template holds it. */
export function environmentOf(settings: Scale['settings']): Environment {
  const given = { apiUrl, alarmEmail: 'none', ...settings };
  const context = readContext(given);
  const variable = (
    name: 'SCAN_API_LIMIT' | 'MESSAGE_MAX_BYTES' | 'SCAN_API_REQUESTS_PER_SECOND' | 'MAX_QUEUE_MESSAGES',
  ) => pollerVariables[name].parse(context.pollerVariables[name]);
  const limit = variable('SCAN_API_LIMIT');
  return {
    context,
    policy: policyOf(stackOf(synthesize(given), 'services')).policy,
    eventsPerMessage: eventsPerMessage({ limit, messageMaxBytes: variable('MESSAGE_MAX_BYTES') }),
    requestsAllow: limit * variable('SCAN_API_REQUESTS_PER_SECOND'),
    pollerReads: pollerReads(context.pollerSize.cpu),
    processorStores: messagesPerSecond(context.processorSize.cpu, 1),
    maxQueueMessages: variable('MAX_QUEUE_MESSAGES'),
  };
}

/** Events per second that a poller of this size reads, with the same reserve as is planned for a processor. */
export function pollerReads(vcpuUnits: number): number {
  return ((Math.min(vcpuUnits, 1024) / 1024) * plannedShare * 1e6) / benchmarkFigures().pollerCpuMicros;
}

/** Settings as the page shows them. */
export function shownSettings(settings: Scale['settings'], separator: string): string {
  const entries = Object.entries(settings);
  return entries.length === 0 ? 'none' : entries.map(([key, value]) => `\`${key}=${value}\``).join(separator);
}
