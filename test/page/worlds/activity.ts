import { activityItem } from '@waybill/shared/activity/activity-item.ts';
import { emptyLog, withInterval } from '@waybill/shared/activity/activity-log.ts';
import type { Point } from '@waybill/shared/activity/points.ts';
import type { ActiveKind } from '@waybill/shared/activity/series.ts';
import { plainItem } from '../../../packages/shared/test/plain-item.ts';
import { ago, hours, minutes, momentMs } from './moment.ts';
import type { PlainItem } from './write-items.ts';

/** What a process counts in ten seconds, so many seconds before the world's moment. */
type Counting = (secondsAgo: number) => readonly Point[];

const intervalSeconds = 10;

/** How a steady number sways, in the same way each time. */
function swaying(about: number, secondsAgo: number): number {
  return Math.round(about * (1 + 0.2 * Math.sin(secondsAgo / 190) + 0.1 * Math.sin(secondsAgo / 47)));
}

function point(metric: string, value: number, attributes: Readonly<Record<string, string>> = {}): Point {
  return { metric, attributes, value, times: value };
}

/** The last hour of three processes to which nothing happens, up to so many seconds ago. */
export function quietActivity(untilAgo: number): readonly PlainItem[] {
  return [
    itemOf('poller', untilAgo, (at) => polling(at, swaying(3, at))),
    itemOf('processor', untilAgo, (at) => [...processing(at, swaying(180, at)), depth(swaying(14, at))]),
    itemOf('notifier', untilAgo, telling),
  ];
}

/** Messages on the scan queue while DynamoDB's breaker is open. */
export const backlog = 300;

/**
 * The last hour of a bad day: the carrier answers 503 for 61 minutes, malformed events for eight, the webhook answers 401 for
 * 48, and DynamoDB's breaker is open for four.
 */
export function troubledActivity(failures: number): readonly PlainItem[] {
  const perInterval = failures / 48;
  return [
    itemOf('poller', 4, (at) => [
      ...(at > 61 * minutes ? polling(at, 3) : [point('waybill.feed.errors', 9, { error: '503' })]),
      point('waybill.feed.lag', Math.max(3, 61 * minutes - at)),
    ]),
    itemOf('processor', 6, (at) => [
      ...(at > 4 * minutes ? processing(at, swaying(40, at)) : [point('waybill.processor.breaker', 1)]),
      depth(at > 4 * minutes ? 30 : backlog),
      ...(at <= 8 * minutes ? [point('waybill.processor.failures', Math.round(perInterval))] : []),
    ]),
    itemOf('notifier', 3, (at) =>
      at > 48 * minutes
        ? telling(at)
        : [point('waybill.notifier.endpoint_errors', 6, { endpoint: 'webhook', error: '401' })],
    ),
  ];
}

function polling(at: number, secondsBehind: number): readonly Point[] {
  return [
    point('waybill.feed.events', swaying(180, at)),
    point('waybill.feed.requests', 5, { outcome: 'ok' }),
    point('waybill.feed.lag', secondsBehind),
    point('waybill.poller.lease', 1),
    point('waybill.cost.spent', 0.000_06),
  ];
}

function processing(at: number, events: number): readonly Point[] {
  return [
    point('waybill.processor.events', events),
    point('waybill.processor.outcomes', Math.round(events * 0.86), { outcome: 'applied' }),
    point('waybill.processor.outcomes', Math.round(events * 0.05), { outcome: 'merged' }),
    point('waybill.processor.outcomes', Math.round(events * 0.03), { outcome: 'redundant' }),
    point('waybill.queue.message_age', 1 + (at % 70) / 50),
    point('waybill.processor.breaker', 0),
    point('waybill.cost.spent', 0.000_23),
  ];
}

function telling(at: number): readonly Point[] {
  return [
    point('waybill.notifier.notifications', swaying(9, at), { outcome: 'notified' }),
    point('waybill.notifier.request_duration', 9, { endpoint: 'webhook', outcome: 'taken' }),
    depth(2),
    point('waybill.cost.spent', 0.000_02),
  ];
}

function depth(messages: number): Point {
  return point('waybill.queue.depth', messages);
}

/** The item of a process that has counted for an hour, and was heard of last so many seconds ago. */
function itemOf(kind: ActiveKind, untilAgo: number, counting: Counting): PlainItem {
  const began = untilAgo + 1 * hours + 2 * minutes;
  let log = emptyLog(kind, momentMs - began * 1_000);
  for (let at = began - intervalSeconds; at >= untilAgo; at -= intervalSeconds)
    log = withInterval(log, counting(at), momentMs - at * 1_000);
  const identity = {
    process: `${kind}-7c9f6d${kind.length}1`,
    kind,
    version: '0.2.0',
    startedAtUtc: ago(untilAgo + 31 * hours),
  };
  return plainItem(activityItem(identity, log));
}
