import type { MetricName } from '../metrics.ts';
import type { ActiveKind } from './series.ts';

/** Points of one metric: all of them, or those with these attributes. */
export type Selection = { readonly metric: MetricName; readonly where?: Readonly<Record<string, string>> };

export type StateDefinition = {
  readonly of: readonly ActiveKind[];
  /** Counts what goes wrong; of a gauge, its value is not 0 while it does. */
  readonly failing: Selection;
  /** The attribute of `failing` that says what goes wrong: a status code, a table, a queue. */
  readonly label?: string;
  /** Counts what goes well: the state ends when that is as often. Without it, it ends {@link quietMs} after the last that went wrong. */
  readonly well?: readonly Selection[];
};

/** What can be not as it should be for a while: adding one is adding a row. */
export const stateDefinitions = {
  /** Most requests to the Scan Event API fail. */
  feed: {
    of: ['poller'],
    failing: { metric: 'waybill.feed.errors' },
    label: 'error',
    well: [{ metric: 'waybill.feed.requests', where: { outcome: 'ok' } }],
  },
  webhook: {
    of: ['notifier'],
    failing: { metric: 'waybill.notifier.endpoint_errors', where: { endpoint: 'webhook' } },
    label: 'error',
    well: answered('webhook'),
  },
  report: {
    of: ['notifier'],
    failing: { metric: 'waybill.notifier.endpoint_errors', where: { endpoint: 'report' } },
    label: 'error',
    well: answered('report'),
  },
  paused: { of: ['poller'], failing: { metric: 'waybill.poller.paused' } },
  /** DynamoDB's breaker is not closed. */
  parcelsStore: { of: ['processor'], failing: { metric: 'waybill.processor.breaker' } },
  notificationsStore: { of: ['notifier'], failing: { metric: 'waybill.notifier.breaker' } },
  /** A queue takes no announcements. */
  announcements: { of: ['processor'], failing: { metric: 'waybill.announcements.breaker' }, label: 'queue' },
  throttled: {
    of: ['poller', 'processor', 'notifier'],
    failing: { metric: 'waybill.store.throttles' },
    label: 'table',
  },
} as const satisfies Readonly<Record<string, StateDefinition>>;

export type StateName = keyof typeof stateDefinitions;

/** Milliseconds after which what is only counted while it goes wrong has ended. */
export const quietMs = 30_000;

/** An endpoint that refuses one notification has answered all the same. */
function answered(endpoint: string): readonly Selection[] {
  return ['taken', 'refused'].map((outcome) => ({
    metric: 'waybill.notifier.request_duration',
    where: { endpoint, outcome },
  }));
}

/** The states of one kind of process. */
export function statesOf(kind: ActiveKind): readonly (readonly [StateName, StateDefinition])[] {
  // The keys are those of the record; Object.entries cannot say so.
  const entries = Object.entries(stateDefinitions) as [StateName, StateDefinition][];
  return entries.filter(([, { of }]) => of.includes(kind));
}
