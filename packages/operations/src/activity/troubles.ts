import type { ProcessActivity } from '@waybill/shared/activity/activity-item.ts';
import type { ActiveKind } from '@waybill/shared/activity/series.ts';
import type { StateName } from '@waybill/shared/activity/states.ts';
import { durationOf } from '../duration.ts';
import { type Activity, type Trouble, type TroubleCode, troubleCodes } from './activity.ts';
import { endpointSentence } from './endpoint-sentences.ts';
import { liveOf, shownProcesses } from './processes.ts';
import { rejectedSince } from './rejected.ts';

type State = { readonly label: string; readonly duration: string };

/** What a process tells of itself as a state, in words: one row each. The runbook's section says more. */
type StateRow = Pick<Trouble, 'what' | 'runbook'> & { readonly sentence: (state: State) => string };

const ofStates: Readonly<Record<StateName, StateRow>> = {
  feed: {
    what: 'FEED_FAILS',
    runbook: 'poller-makes-no-progress',
    sentence: ({ label, duration }) => endpointSentence('feed', label, duration),
  },
  webhook: {
    what: 'WEBHOOK_FAILS',
    runbook: 'webhook-away',
    sentence: ({ label, duration }) => endpointSentence('webhook', label, duration),
  },
  report: {
    what: 'REPORT_FAILS',
    runbook: 'webhook-away',
    sentence: ({ label, duration }) => endpointSentence('report', label, duration),
  },
  paused: {
    what: 'READING_PAUSED',
    runbook: 'scan-queue-old',
    sentence: ({ duration }) =>
      `Reading has been paused for ${duration}, the queue holds too many messages: look why processors do not keep up.`,
  },
  parcelsStore: {
    what: 'STORE_AWAY',
    runbook: 'breaker-open',
    sentence: ({ duration }) =>
      `DynamoDB has not taken the writes of a processor for ${duration}: it holds what it has and asks again by itself; its log says which error.`,
  },
  notificationsStore: {
    what: 'NOTIFIER_STORE_AWAY',
    runbook: 'notifier-breaker-open',
    sentence: ({ duration }) =>
      `DynamoDB has not answered a notifier for ${duration}: it holds what it has and asks again by itself; its log says which error.`,
  },
  announcements: {
    what: 'ANNOUNCEMENTS_NOT_TAKEN',
    runbook: 'announcements-not-taken',
    sentence: ({ label, duration }) =>
      `${label === '' ? 'A queue' : `The queue ${label}`} has taken no announcements for ${duration}: look whether it exists, and who may send to it.`,
  },
  throttled: {
    what: 'STORE_THROTTLES',
    runbook: 'parcels-throttled',
    sentence: ({ label, duration }) =>
      `DynamoDB has throttled ${label === '' ? 'a table' : `the table of ${label}`} for ${duration}: what it refuses is written again; if it lasts, give it more capacity.`,
  },
};

/** Nobody works: one row for each kind of process. */
const ofKinds: Readonly<Record<ActiveKind, Pick<Trouble, 'what' | 'runbook'>>> = {
  poller: { what: 'NO_POLLER', runbook: 'poller-makes-no-progress' },
  processor: { what: 'NO_PROCESSOR', runbook: 'processor-not-running' },
  notifier: { what: 'NO_NOTIFIER', runbook: 'notifier-not-running' },
};

/** What is not as it should be now, the most urgent first. Of what is only counted nobody tells more than codes and names. */
export function troublesOf(
  all: readonly ProcessActivity[],
  { counts, perSecond }: Pick<Activity, 'counts' | 'perSecond'>,
  nowMs: number,
): readonly Trouble[] {
  const found = [...missing(all, nowMs), ...lasting(all, nowMs), ...rejecting({ counts, perSecond }, nowMs)];
  const urgency = (what: TroubleCode) => troubleCodes.indexOf(what);
  return found.toSorted((a, b) => urgency(a.what) - urgency(b.what));
}

/** Milliseconds that the next process may take after one has stopped in order: a task starts, and speaks ten seconds later. */
const replacedMs = 90_000;

/**
 * Kinds of which the table knows a process and none runs, and processes that fell silent beside others. Of a kind that is not in
 * the table nothing can be said: it may be of a release that does not write there.
 */
function missing(all: readonly ProcessActivity[], nowMs: number): readonly Trouble[] {
  const live = liveOf(all, nowMs);
  const nobody = Object.entries(ofKinds).flatMap(([kind, row]) => {
    const known = all.filter((each) => each.kind === kind);
    const [last] = known.toSorted((a, b) => b.seenAtUtc.localeCompare(a.seenAtUtc));
    if (!last || live.some((each) => each.kind === kind)) return [];
    if (last.stoppedAtUtc !== null && nowMs - Date.parse(last.stoppedAtUtc) < replacedMs) return [];
    const age = forOf(last.seenAtUtc, nowMs);
    const sentence =
      last.stoppedAtUtc === null
        ? `No ${kind} has been heard of for ${age}: look whether one runs; one that does says in its log why it cannot write to ACTIVITY_TABLE.`
        : `No ${kind} runs, the last one stopped ${age} ago: start one, or look why it does not start.`;
    return [{ ...row, since: last.seenAtUtc, sentence }];
  });
  const silent = shownProcesses(all, nowMs).filter(
    (each) => each.isSilent && live.some(({ kind }) => kind === each.kind),
  );
  return [
    ...nobody,
    ...silent.map(({ process, kind, seenAtUtc }) => ({
      ...{ what: 'PROCESS_SILENT' as const, runbook: 'task-restarts', since: seenAtUtc },
      sentence: `A ${kind} has said nothing for ${forOf(seenAtUtc, nowMs)} and did not stop in order: look at its log, its lines name ${process} where it started.`,
    })),
  ];
}

/** The states that live processes tell: of several with the same, the one that lasts longest. */
function lasting(all: readonly ProcessActivity[], nowMs: number): readonly Trouble[] {
  const oldest = new Map<StateName, { readonly label: string; readonly sinceMs: number }>();
  for (const { states } of liveOf(all, nowMs))
    for (const [name, state] of states)
      if (state.sinceMs < (oldest.get(name)?.sinceMs ?? Number.POSITIVE_INFINITY)) oldest.set(name, state);
  return [...oldest].map(([name, { label, sinceMs }]) => {
    const { what, runbook, sentence } = ofStates[name];
    const since = new Date(sinceMs).toISOString();
    return { what, runbook, since, sentence: sentence({ label, duration: forOf(since, nowMs) }) };
  });
}

function rejecting({ counts, perSecond }: Pick<Activity, 'counts' | 'perSecond'>, nowMs: number): readonly Trouble[] {
  const since = rejectedSince(counts, perSecond, nowMs);
  if (since === undefined) return [];
  const perMinute = Math.round(perSecond.rejected * 60);
  return [
    {
      ...{ what: 'EVENTS_REJECTED' as const, runbook: 'failure-rate', since: new Date(since).toISOString() },
      sentence: `The carrier sends malformed events, ${perMinute.toLocaleString('en-US')} in the last minute: a release of the carrier may have changed them; look at them (waybill failures groups) and tell the carrier.`,
    },
  ];
}

function forOf(sinceUtc: string, nowMs: number): string {
  return durationOf(Math.max(0, Math.round((nowMs - Date.parse(sinceUtc)) / 1_000)));
}
