import { counted } from '@waybill/shared/counted.ts';
import { scanQueue } from '@waybill/shared/resources.ts';
import type { TroubleCode } from '../activity/activity.ts';
import { durationOf } from '../duration.ts';
import type { FeedPosition, QueueStatus, Status, StatusPart } from './status-shape.ts';

/** Settings of the poller that a judgement needs. */
export type StatusSettings = {
  /** `MAX_QUEUE_MESSAGES`: reading pauses above it; 0: never. */
  readonly maxQueueMessages: number;
};

/** What the sentence is made of. */
export type Facts = Omit<Status, 'sentence' | 'toDo'>;

/** Seconds behind, above which a poller that neither pauses nor catches up is worth a look: the alarm `feed-behind` waits longer. */
const lateSeconds = 300;

/** Seconds after which the newest word of a process is old: it is written every ten. */
const staleSeconds = 60;

/** Dead letters that failed within this time are news; older ones were seen by somebody, or nobody will. */
const newsMs = 24 * 3_600_000;

const deadLetterMs = scanQueue.deadLetterQueue.retentionSeconds * 1_000;

/** Dead letters of this age expire soon. */
const expiringMs = deadLetterMs - 3 * 24 * 3_600_000;

/** Reasons of messages that are unharmed: a redrive needs no fix. */
const unharmed = ['REPEATEDLY_INTERRUPTED', 'BODY_CORRUPTED'] as const;

/** The status in words: how far it is complete, how many dead letters there are, and what to do. Pure. */
export function sentenceOf(
  facts: Facts,
  settings: StatusSettings,
): { readonly sentence: string; readonly toDo: string[] } {
  const said = [
    ...ofPosition(facts, settings),
    ...ofTroubles(facts),
    ...ofQueue(facts, settings),
    ...ofDeadLetters(facts),
    ...ofUnasked(facts),
  ];
  const covered = new Set(said.flatMap(({ covers = [] }) => covers));
  const toDo = said.filter(({ what }) => what === undefined || !covered.has(what)).map(({ text }) => text);
  const sentence = [
    completeness(facts),
    deadLetters(facts),
    ...notifications(facts),
    ...(toDo.length > 0 ? toDo : ['Nothing to do.']),
  ].join(' ');
  return { sentence, toDo };
}

function isUnasked({ notAsked }: Facts, part: StatusPart): boolean {
  return notAsked.some((each) => each.part === part);
}

function completeness(facts: Facts): string {
  const { position, feed } = facts;
  if (!position) {
    return isUnasked(facts, 'position') ? 'How far the feed is read is not known.' : `Nothing of ${feed} was read yet.`;
  }
  const {
    lastEventId,
    completeThroughEventId: watermark,
    headEventId,
    openGaps,
    secondsBehind,
    caughtUpAtUtc,
  } = position;
  if (lastEventId === null)
    return caughtUpAtUtc === null ? `Nothing of ${feed} was read yet.` : `${feed} has no events yet.`;
  const behind = secondsBehind === null ? 'how far behind is not known' : `${durationOf(secondsBehind)} behind`;
  const ahead = headEventId !== null && headEventId > lastEventId ? `, catching up to ${headEventId}` : '';
  if (watermark === null) return `Read to EventId ${lastEventId}, ${behind}${ahead}.`;
  const { count } = openGaps;
  const gaps =
    watermark === lastEventId
      ? ''
      : `; read to ${lastEventId} but for ${count === null ? 'gaps' : counted(count, 'open gap')}`;
  return `Complete through EventId ${watermark}, ${behind}${ahead}${gaps}.`;
}

function deadLetters(facts: Facts): string {
  const { deadLetters: queue, failures } = facts;
  if (!queue) return 'How many dead letters there are is not known.';
  const count = totalOf(queue);
  if (count === 0) return 'No dead letters.';
  if (!failures || failures.kinds === 0) return `${counted(count, 'dead letter')}.`;
  // A failure is on record at once, and in the dead-letter queue when SQS has received it often enough.
  const of = failures.kinds > count ? ', failures of' : ' of';
  return `${counted(count, 'dead letter')}${of} ${counted(failures.kinds, 'kind')}${failures.isMoreThan ? ' or more' : ''}.`;
}

/** Those that do not meet the requirements may wait for a scan: they are not always something to do. */
function notifications({ unfinishedNotifications: count }: Facts): string[] {
  if (count === null || count === 0) return [];
  return [`${counted(count, 'notification')} not told: waybill notifications list.`];
}

/** A sentence of what to do. What is said better, or by its cause, by another one is left out. */
type Advice = {
  readonly text: string;
  readonly what?: TroubleCode | Said;
  readonly covers?: readonly (TroubleCode | Said)[];
};

/** What the position and the queues tell by themselves. */
type Said = 'POLLER_UNKNOWN' | 'NOT_CATCHING_UP' | 'NOBODY_RECEIVES' | 'NEW_FAILURES';

function ofPosition(facts: Facts, settings: StatusSettings): Advice[] {
  const { position } = facts;
  const covers = ['NO_POLLER', 'PROCESS_SILENT'] as const;
  if (!position) return isUnasked(facts, 'position') ? [] : [{ text: 'Start a poller.', covers }];
  const { holder, isAlive } = position.lease;
  if (holder === null) return [{ text: 'No poller has the lease: start one.', covers }];
  if (isAlive === null)
    return [{ text: 'Ask again in some seconds: whether the poller lives is not known yet.', what: 'POLLER_UNKNOWN' }];
  if (isAlive === false) {
    const text = 'The poller is silent, its lease runs out: look whether one runs, and whether it is throttled.';
    return [{ text, covers }];
  }
  const isCatchingUp = position.headEventId !== null && position.headEventId > (position.lastEventId ?? 0);
  const { secondsBehind } = position;
  if (secondsBehind === null || secondsBehind <= lateSeconds || isCatchingUp || isPaused(facts, settings)) return [];
  const text = "The poller runs and does not catch up: look at the feed, and at the poller's log.";
  return [{ text, what: 'NOT_CATCHING_UP' }];
}

/** Which of what is said otherwise each trouble explains. */
const explained: Partial<Readonly<Record<TroubleCode, readonly (TroubleCode | Said)[]>>> = {
  NO_POLLER: ['POLLER_UNKNOWN'],
  // Only a poller that lives tells these two.
  FEED_FAILS: ['POLLER_UNKNOWN', 'NOT_CATCHING_UP'],
  READING_PAUSED: ['POLLER_UNKNOWN', 'NOT_CATCHING_UP'],
  STORE_AWAY: ['NOBODY_RECEIVES'],
  ANNOUNCEMENTS_NOT_TAKEN: ['NOBODY_RECEIVES'],
  NO_PROCESSOR: ['NOBODY_RECEIVES'],
  EVENTS_REJECTED: ['NEW_FAILURES'],
};

function ofTroubles({ activity, asOfUtc }: Facts): Advice[] {
  if (!activity) return [];
  const { newestUtc, troubles } = activity;
  const seconds = newestUtc === null ? 0 : (Date.parse(asOfUtc) - Date.parse(newestUtc)) / 1_000;
  // Where nobody runs, that is the trouble.
  const isStale = seconds > staleSeconds && troubles.length === 0;
  return [
    ...troubles.map(({ what, sentence }) => ({ text: sentence, what, covers: explained[what] ?? [] })),
    ...(isStale ? [{ text: `What processes do was last written ${durationOf(seconds)} ago.` }] : []),
  ];
}

function isPaused({ queue }: Facts, { maxQueueMessages }: StatusSettings): boolean {
  return queue !== null && maxQueueMessages > 0 && queue.visible + queue.inFlight >= maxQueueMessages;
}

function ofQueue(facts: Facts, settings: StatusSettings): Advice[] {
  const { queue } = facts;
  if (!queue) return [];
  const isLeft = queue.visible > 0 && queue.inFlight === 0;
  const most = settings.maxQueueMessages.toLocaleString('en-US');
  const paused = `Reading is paused, the queue holds ${most} messages or more: look why processors do not keep up.`;
  const left = `Nobody works on ${counted(queue.visible, 'message')} in the queue: look whether a processor runs.`;
  return [
    ...(isPaused(facts, settings) ? [{ text: paused, covers: ['READING_PAUSED'] as const }] : []),
    ...(isLeft ? [{ text: left, what: 'NOBODY_RECEIVES' as const }] : []),
  ];
}

function ofDeadLetters({ deadLetters: queue, failures, asOfUtc }: Facts): Advice[] {
  if (!queue || totalOf(queue) === 0) return [];
  if (!failures || failures.count === 0) return [{ text: 'Look what they are: waybill dlq list.' }];
  const [reason] = unharmed.filter((each) => failures.byReason[each] !== undefined);
  const ageOf = (timeUtc: string | null) => Date.parse(asOfUtc) - Date.parse(timeUtc ?? asOfUtc);
  const firstAge = ageOf(failures.firstFailedAtUtc);
  const isExpiring = firstAge > expiringMs && firstAge <= deadLetterMs;
  const expiring = 'The oldest expire within 3 days: redrive them, or ask the carrier to send them again.';
  const isNews = ageOf(failures.lastFailedAtUtc) < newsMs;
  return [
    ...(reason ? [{ text: `Some are unharmed: waybill dlq redrive --reason ${reason}.` }] : []),
    ...(isExpiring ? [{ text: expiring }] : []),
    ...(isNews ? [{ text: 'Look why: waybill failures groups.', what: 'NEW_FAILURES' as const }] : []),
  ];
}

/** What could not be asked, in words. */
export const partNames: Readonly<Record<StatusPart, string>> = {
  position: 'the checkpoint',
  queue: 'the queue',
  deadLetters: 'the dead-letter queue',
  failures: 'the failures',
  notifications: 'the notifications',
  activity: 'what processes do',
};

function ofUnasked({ notAsked }: Facts): Advice[] {
  if (notAsked.length === 0) return [];
  const parts = notAsked.map(({ part }) => partNames[part]);
  const list = parts.length === 1 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
  return [{ text: `Could not be asked: ${list}.` }];
}

/** Messages of a queue, whatever state they are in. */
function totalOf({ visible, inFlight, delayed }: QueueStatus): number {
  return visible + inFlight + delayed;
}

/**
 * Since when something may be missing, in seconds. All that the feed had when it was caught up with is confirmed, and so is
 * the newest scan: the younger of the two counts. A scan from the future says nothing: its clock is wrong.
 */
export function secondsBehind(
  { caughtUpAtUtc, newestScanUtc }: Pick<FeedPosition, 'caughtUpAtUtc' | 'newestScanUtc'>,
  nowMs: number,
): number | null {
  const caughtUp = ageOf(caughtUpAtUtc, nowMs);
  const scanned = ageOf(newestScanUtc, nowMs);
  const ages = [
    ...(caughtUp === undefined ? [] : [Math.max(0, caughtUp)]),
    ...(scanned === undefined || scanned < -clockErrorMs ? [] : [Math.max(0, scanned)]),
  ];
  return ages.length === 0 ? null : Math.round(Math.min(...ages) / 1_000);
}

/** By how much clocks may differ. */
const clockErrorMs = 5_000;

function ageOf(timeUtc: string | null, nowMs: number): number | undefined {
  const ms = timeUtc === null ? Number.NaN : Date.parse(timeUtc);
  return Number.isNaN(ms) ? undefined : nowMs - ms;
}
