import type { CheckpointStore } from '@waybill/shared/checkpoint/checkpoint-store.ts';
import { counted } from '@waybill/shared/counted.ts';
import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import type { QueueDepth } from '@waybill/shared/queue/message-queue.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import { mostSamples, type Plan } from '../record/plan.ts';
import { costOfReading } from './cost-of-reading.ts';
import { identified, partInRange } from './part-in-range.ts';
import type { ReadingEstimate, ReplaySettings } from './replay-plan.ts';

/** Requests per second of a replay: half of what the poller's default (`SCAN_API_REQUESTS_PER_SECOND`) takes, so that the two together are not much more than the carrier expects. */
export const replayRequestsPerSecond = 5;

export type PlannedReplay = {
  readonly range: IdRange;
  readonly settings: ReplaySettings;
  /** `count` is the most that it can be: the feed skips ids. */
  readonly plan: Plan;
  readonly estimate: ReadingEstimate;
  /** The poller's position: the feed has shown an event with this id. */
  readonly known: number | undefined;
};

export type ReplayPlanDependencies = {
  readonly feed: ScanFeed;
  readonly queue: QueueDepth;
  readonly checkpoints: Pick<CheckpointStore, 'read'>;
};

/**
 * Plans the replay of the EventIds `from` to `to`, both included. Asks the feed for the first page once, and the queue for its
 * depth: rejects where there is no such queue. Throws `CONFIG_INVALID` for a range that is none.
 */
export async function planReplay(
  { feed, queue, checkpoints }: ReplayPlanDependencies,
  { range, settings }: Pick<PlannedReplay, 'range' | 'settings'>,
  signal: AbortSignal,
): Promise<PlannedReplay> {
  const { from, to } = range;
  if (!isEventId(from) || !isEventId(to) || from > to)
    throw new WaybillError('CONFIG_INVALID', `EventIds ${from} to ${to} are no range of whole numbers above 0`, {
      details: { next: 'give the lower EventId with --from and the higher one with --to; both are replayed' },
    });
  const [depth, checkpoint, first] = await Promise.all([
    queue.depth(),
    checkpoints.read(),
    feed.read(from, settings.limit, signal).catch((error: unknown) => new Unanswered(error)),
  ]);
  const known = checkpoint?.lastEventId;
  const page = first instanceof Unanswered ? undefined : identified(first);
  const events = (page && partInRange(page, range).events) ?? [];
  const [firstEvent] = events;
  const count = to - from + 1;
  const { cost, estimate } = costOfReading(count, settings);
  const overlap = known === undefined ? 0 : to - Math.max(known, from - 1);
  return {
    range,
    settings,
    known,
    estimate,
    plan: {
      count,
      isMoreThan: false,
      byReason: {},
      oldestUtc: firstEvent?.createdDateTimeUtc ?? null,
      newestUtc: null,
      samples: events
        .slice(0, mostSamples)
        .map(({ eventId, type, createdDateTimeUtc }) => ({ eventId, type, createdDateTimeUtc })),
      cost,
      notLookedAt: [
        'how many of these EventIds the feed has: it skips ids, so count and cost are the most that they can be',
        `at most ${counted(estimate.pages, 'page')} in ${estimate.seconds} s, at ${settings.requestsPerSecond} requests per second`,
        ...estimate.assumes.map((each) => `assumed: ${each}`),
        ...(first instanceof Unanswered ? [`the feed: it did not answer (${describeError(first.error)})`] : []),
      ],
      warnings: [
        ...(known === undefined
          ? ['this feed has no checkpoint: no poller has read it yet, and one that begins will read these events, too']
          : []),
        ...(overlap > 0
          ? [`${overlap} of these EventIds lie beyond the poller's position ${known}: it will read them, too`]
          : []),
        ...(page && page.elements.length === 0 ? [`the feed shows nothing from EventId ${from} on`] : []),
        ...(page && page.elements.length > 0 && events.length === 0
          ? ['the first page of the feed holds no event of this range']
          : []),
        ...(firstEvent && firstEvent.eventId > from
          ? [`the first EventId that the feed has of this range is ${firstEvent.eventId}`]
          : []),
        ...(settings.maxQueueMessages > 0 && depth > settings.maxQueueMessages
          ? [
              `the queue holds ${counted(depth, 'message')}: the replay waits until it holds ${settings.maxQueueMessages} or fewer`,
            ]
          : []),
        ...(settings.isAnnounced
          ? ['the milestones of these events are announced, as far as they are not too old']
          : []),
      ],
    },
  };
}

/** The feed gave no page. */
class Unanswered {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

function isEventId(id: number): boolean {
  // One less, so that the id after it can be asked for.
  return Number.isSafeInteger(id) && id >= 1 && id < Number.MAX_SAFE_INTEGER;
}
