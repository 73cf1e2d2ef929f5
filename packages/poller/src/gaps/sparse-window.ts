import type { StoredGap } from '@waybill/shared/checkpoint/stored-gaps.ts';
import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import { dueAt, isHopeless, type OpenGap } from './gap-ledger.ts';
import {
  appendGaps,
  closePacked,
  holdsPacked,
  lengthOfPacked,
  type PackedGaps,
  packedFrom,
  packGaps,
  presentFrom,
} from './packed-gaps.ts';

/** Milliseconds of passing that one stretch holds: a minute, or a tenth of a short patience; a day's patience has 60 stretches. */
function stretchMs(patienceMs: number): number {
  return Math.max(1_000, Math.min(60_000, patienceMs / 10), patienceMs / 60);
}

/** Gaps that all stretches hold at most: 16 MB. 2,000 events per second with every other id missing fill it in eight minutes. */
const mostPacked = 1_000_000;

/** What the position went over within one stretch of time, from its first gap to its last one. */
type Stretch = {
  gaps: PackedGaps;
  /** When its first and its last gap were seen. */
  readonly beganAt: number;
  seenAt: number;
  /** When the last reading of all of it began. */
  askedAt: number | undefined;
  /** The reading under way: from which id on, since when. */
  reading: { readonly from: number; readonly beganAt: number } | undefined;
  unanswered: OpenGap['unanswered'];
  /** From a mark of the former holder, whose knowledge is lost: what it shows first may have been sent. */
  readonly isMark: boolean;
};

/** What to ask the feed for next, of one stretch. */
export type WindowQuestion = IdRange & {
  readonly stretch: Stretch;
  /** Elements that it takes, as far as that is known. */
  readonly elements: number;
  /** What it shows may have been sent: the stretch was taken over, and not read since. */
  readonly isUnknown: boolean;
  readonly dueAt: number;
  /** When this reading of the stretch began. */
  readonly beganAt: number;
  /** Its patience is over: after this it is not asked again. */
  readonly isFinal: boolean;
};

export type SparseWindowOptions = {
  /** `GAP_PATIENCE_SECONDS`, in milliseconds. */
  readonly patienceMs: number;
  readonly mostRanges?: number;
};

/**
 * The gaps that the ledger can not list, because ids are sparse. They are not asked for one by one: the feed is read again,
 * stretch by stretch, each as often as a gap would be. Every gap is known, in packed form; only a mark of each stretch
 * (where it lies, and its age) is stored. All gaps of the ledger lie above. Times are milliseconds of one monotonic clock.
 */
export class SparseWindow {
  readonly #patienceMs: number;
  readonly #mostRanges: number;
  /** Ascending, oldest first. */
  #stretches: readonly Stretch[] = [];
  #ranges = 0;
  /** The age up to which the ids were asked for that were dropped last, and when that was. */
  #droppedAt = Number.NEGATIVE_INFINITY;
  #droppedReachMs = 0;

  constructor({ patienceMs, mostRanges = mostPacked }: SparseWindowOptions, marks: readonly StoredGap[]) {
    this.#patienceMs = patienceMs;
    this.#mostRanges = mostRanges;
    this.#stretches = marks.map((mark) => stretchOf([mark], mark.seenAt, mark.seenAt, true));
    this.#count();
  }

  /** Ranges that it holds. */
  get ranges(): number {
    return this.#ranges;
  }

  get isEmpty(): boolean {
    return this.#stretches.length === 0;
  }

  /** The lowest id that is open. */
  get lowest(): number | undefined {
    return this.#stretches[0]?.gaps[0];
  }

  /** Takes over gaps, ascending and above all that it holds. Returns how many it dropped: its oldest, where it is full. */
  take(gaps: readonly OpenGap[], now: number): number {
    const unitMs = stretchMs(this.#patienceMs);
    let rest = gaps;
    for (let [first] = rest; first; [first] = rest) {
      const newest = this.#stretches.at(-1);
      const grows =
        newest && canGrow(newest) && first.seenAt - newest.beganAt < unitMs
          ? newest
          : stretchOf([], first.seenAt, first.seenAt, false);
      const end = rest.findIndex(({ seenAt }) => seenAt - grows.beganAt >= unitMs);
      const taken = end < 0 ? rest : rest.slice(0, end);
      grows.gaps = appendGaps(grows.gaps, taken);
      grows.seenAt = taken.reduce((latest, { seenAt }) => Math.max(latest, seenAt), grows.seenAt);
      if (grows !== newest) this.#stretches = [...this.#stretches, grows];
      rest = rest.slice(taken.length);
    }
    this.#count();
    return this.#dropOldest(now);
  }

  holds(id: number): boolean {
    return this.#stretches.some(({ gaps }) => holdsPacked(gaps, id));
  }

  /** The queue has confirmed these events. */
  close(eventIds: readonly number[], now: number): number {
    if (eventIds.length === 0 || this.isEmpty) return 0;
    for (const stretch of this.#stretches) stretch.gaps = closePacked(stretch.gaps, eventIds);
    this.#dropWithoutGaps();
    return this.#dropOldest(now);
  }

  /** What to ask for next, at once or later: a last reading first, then what is due first. Undefined while it is empty. */
  next(now: number): WindowQuestion | undefined {
    let best: WindowQuestion | undefined;
    for (const [index, stretch] of this.#stretches.entries()) {
      const { gaps, seenAt } = stretch;
      const dueAt = this.#dueAt(stretch, index === this.#stretches.length - 1);
      const isOver = now - seenAt >= this.#patienceMs;
      // A reading that began within the patience is not the last one: that begins anew.
      const isOutdated = isOver && stretch.reading && stretch.reading.beganAt - seenAt < this.#patienceMs;
      const reading = isOutdated ? undefined : stretch.reading;
      const isFinal = isOver && dueAt <= now;
      if (best && (best.isFinal || (!isFinal && best.dueAt <= dueAt))) continue;
      const from = Math.max(reading?.from ?? 0, gaps[0] ?? 0);
      const to = gaps.at(-1) ?? from;
      const elements = isUnknown(stretch) ? to - from + 1 : presentFrom(gaps, from);
      best = {
        stretch,
        from,
        to,
        elements,
        isUnknown: isUnknown(stretch),
        dueAt,
        beganAt: reading?.beganAt ?? now,
        isFinal,
      };
    }
    return best;
  }

  /** The feed showed all it has of this question up to `shown`. What the queue confirmed is closed already. */
  answered({ stretch, to, beganAt }: WindowQuestion, shown: number): void {
    if (!this.#stretches.includes(stretch)) return;
    stretch.unanswered = undefined;
    if (beganAt - stretch.seenAt >= this.#patienceMs) stretch.gaps = packedFrom(stretch.gaps, shown + 1);
    stretch.reading = shown < to ? { from: shown + 1, beganAt } : undefined;
    if (shown >= to) stretch.askedAt = beganAt;
    this.#dropWithoutGaps();
  }

  /** The feed did not answer this question. Returns how many gaps are given up with it. */
  unanswered({ stretch }: WindowQuestion, now: number): number {
    stretch.unanswered = { times: (stretch.unanswered?.times ?? 0) + 1, at: now };
    if (!this.#stretches.includes(stretch) || !isHopeless(stretch, this.#patienceMs)) return 0;
    return this.#drop(stretch, now);
  }

  /** Milliseconds after it was skipped for which an id is asked for, by what was dropped lately; the patience while nothing is. */
  reachMs(now: number): number {
    return now - this.#droppedAt < this.#patienceMs
      ? Math.min(this.#droppedReachMs, this.#patienceMs)
      : this.#patienceMs;
  }

  /** What is stored of it. */
  marks(): StoredGap[] {
    return this.#stretches.map(({ gaps, seenAt }) => ({
      from: gaps[0] ?? 0,
      to: gaps.at(-1) ?? 0,
      seenAt,
      isMark: true,
    }));
  }

  #dueAt(stretch: Stretch, isNewest: boolean): number {
    const unitMs = stretchMs(this.#patienceMs);
    const due = dueAt(stretch, this.#patienceMs, unitMs);
    // While it may grow, there would be more of it to read right after.
    return isNewest && !stretch.isMark ? Math.max(due, stretch.beganAt + unitMs) : due;
  }

  /** Drops stretches where new ones come faster than old ones can be read for the last time, or memory is full. */
  #dropOldest(now: number): number {
    const mostStretches = 2 * Math.ceil(this.#patienceMs / stretchMs(this.#patienceMs)) + 4;
    let dropped = 0;
    while (this.#stretches.length > mostStretches || this.#ranges > this.#mostRanges) {
      const [oldest] = this.#stretches;
      if (!oldest) break;
      dropped += this.#drop(oldest, now);
    }
    return dropped;
  }

  #drop(stretch: Stretch, now: number): number {
    const { gaps, askedAt, seenAt } = stretch;
    const reachMs = Math.max(0, (askedAt ?? seenAt) - seenAt);
    this.#droppedReachMs = now - this.#droppedAt < this.#patienceMs ? Math.min(this.#droppedReachMs, reachMs) : reachMs;
    this.#droppedAt = now;
    this.#stretches = this.#stretches.filter((one) => one !== stretch);
    this.#count();
    return lengthOfPacked(gaps);
  }

  #dropWithoutGaps(): void {
    this.#stretches = this.#stretches.filter(({ gaps }) => gaps.length > 0);
    this.#count();
  }

  #count(): void {
    this.#ranges = this.#stretches.reduce((sum, { gaps }) => sum + lengthOfPacked(gaps), 0);
  }
}

function stretchOf(gaps: readonly IdRange[], beganAt: number, seenAt: number, isMark: boolean): Stretch {
  return {
    gaps: packGaps(gaps),
    beganAt,
    seenAt,
    askedAt: undefined,
    reading: undefined,
    unanswered: undefined,
    isMark,
  };
}

/** Not once it was read again, even in part: what it takes then would count as read. */
function canGrow({ isMark, askedAt, reading }: Stretch): boolean {
  return !isMark && askedAt === undefined && !reading;
}

/** What of it was sent is not known: it was taken over, and not read since. */
function isUnknown({ isMark, askedAt }: Stretch): boolean {
  return isMark && askedAt === undefined;
}
