import { type IdRange, outside, without } from '@waybill/shared/domain/id-range.ts';

/** A range of ids for which the feed showed no event yet; one may still turn up. Times are milliseconds of one process's monotonic clock. */
export type OpenGap = IdRange & {
  readonly seenAt: number;
  /** When the feed was last asked for it. */
  readonly askedAt: number | undefined;
  /** Questions in a row that the feed did not answer, and when the last of them was. */
  readonly unanswered?: { readonly times: number; readonly at: number } | undefined;
};

/** Open gaps, ascending and apart from each other. */
export type GapLedger = readonly OpenGap[];

/** Ranges that are watched at most; with the longest numbers they take 19 KB of the item's 400 KB. */
export const mostOpenGaps = 1_000;

/** Milliseconds after which a gap is asked for first. After that it is asked for whenever its age has doubled, and once more at the end of the patience. */
const firstQuestionMs = 1_000;

/** Milliseconds until a gap is asked for again after a question that was not answered. Doubled each time, so that other gaps are asked for too. */
const afterFailureMs = 10_000;

/** Questions in a row without an answer after which a gap is given up at the end of the patience: the feed may refuse it for ever. */
const mostUnanswered = 5;

/**
 * The ledger with at most `most` ranges; where there are more, only `few` stay, so that not every page moves some. `oldest`:
 * those that no longer fit, which were also seen first, since a gap opens only above all others.
 */
export function splitOldest(ledger: GapLedger, most = mostOpenGaps, few = Math.floor(most / 2)) {
  if (ledger.length <= most) return { ledger, oldest: [] };
  const count = ledger.length - few;
  return { ledger: ledger.slice(count), oldest: ledger.slice(0, count) };
}

/** The ledger with these gaps, seen at `now`. Ids that are watched already stay as they are. */
export function open(ledger: GapLedger, gaps: readonly IdRange[], now: number): GapLedger {
  let through = 0;
  const apart = [...gaps]
    .sort((a, b) => a.from - b.from)
    .flatMap(({ from, to }) => {
      const rest = { from: Math.max(from, through + 1), to };
      through = Math.max(through, to);
      return rest.from > to ? [] : [rest];
    });
  const fresh = outside(apart, ledger).map((gap) => ({ ...gap, seenAt: now, askedAt: undefined }));
  return fresh.length === 0 ? ledger : [...ledger, ...fresh].sort((a, b) => a.from - b.from);
}

/** The ledger after the queue has confirmed these events. */
export function close(ledger: GapLedger, eventIds: Iterable<number>): GapLedger {
  return without(ledger, eventIds);
}

/** The ledger after the feed showed all it has of this range, at `now`. A gap beyond an end of it is cut there. */
export function asked(ledger: GapLedger, { from, to }: IdRange, now: number): GapLedger {
  return ledger.flatMap((gap): OpenGap[] => {
    if (gap.to < from || gap.from > to) return [gap];
    return [
      ...(gap.from < from ? [{ ...gap, to: from - 1 }] : []),
      { from: Math.max(gap.from, from), to: Math.min(gap.to, to), seenAt: gap.seenAt, askedAt: now },
      ...(gap.to > to ? [{ ...gap, from: to + 1 }] : []),
    ];
  });
}

/** The ledger after a question for this range was not answered, at `now`. */
export function unanswered(ledger: GapLedger, { from, to }: IdRange, now: number): GapLedger {
  return ledger.map((gap) =>
    gap.from >= from && gap.from <= to
      ? { ...gap, unanswered: { times: (gap.unanswered?.times ?? 0) + 1, at: now } }
      : gap,
  );
}

/** The gaps whose patience is over, and for which the feed did not answer several times in a row. */
export function givenUp(ledger: GapLedger, patienceMs: number): GapLedger {
  return ledger.filter((gap) => isHopeless(gap, patienceMs));
}

export function isHopeless(
  { seenAt, unanswered }: Pick<OpenGap, 'seenAt' | 'unanswered'>,
  patienceMs: number,
): boolean {
  return unanswered !== undefined && unanswered.times >= mostUnanswered && unanswered.at - seenAt >= patienceMs;
}

/** The ledger without void gaps: those that the feed did not fill within `patienceMs`, the question at its end included. */
export function withoutVoid(ledger: GapLedger, patienceMs: number): GapLedger {
  return ledger.filter(({ seenAt, askedAt }) => askedAt === undefined || askedAt - seenAt < patienceMs);
}

/** When the gap is to be asked for next: from the second question on, not before it is `leastMs` old. */
export function dueAt(
  { seenAt, askedAt, unanswered }: Pick<OpenGap, 'seenAt' | 'askedAt' | 'unanswered'>,
  patienceMs: number,
  leastMs = firstQuestionMs,
): number {
  const age = askedAt === undefined ? firstQuestionMs : Math.max(leastMs, 2 * (askedAt - seenAt));
  const due = seenAt + Math.min(patienceMs, age);
  // Also for the first questions after the patience, which otherwise would follow each other at once.
  return unanswered ? Math.max(due, unanswered.at + afterFailureMs * 2 ** Math.min(unanswered.times - 1, 6)) : due;
}

/** When the next gap is due; infinity while none is open. */
export function nextDueAt(ledger: GapLedger, patienceMs: number): number {
  return ledger.reduce((least, gap) => Math.min(least, dueAt(gap, patienceMs)), Number.POSITIVE_INFINITY);
}

/**
 * What to ask the feed for: the gap that has been due for longest, and those that follow it within `limit` ids, so that
 * a page of as many elements as the range has ids shows all of it. The range is halved for each time that the gap was not
 * answered: the page may be too large. Undefined while nothing is due.
 */
export function nextQuestion(ledger: GapLedger, now: number, patienceMs: number, limit: number): IdRange | undefined {
  let first: OpenGap | undefined;
  for (const gap of ledger) {
    const due = dueAt(gap, patienceMs);
    if (due <= now && (!first || due < dueAt(first, patienceMs))) first = gap;
  }
  if (!first) return undefined;
  const { from } = first;
  const ids = Math.max(1, Math.floor(limit / 2 ** (first.unanswered?.times ?? 0)));
  const reach = from + ids - 1;
  const to = ledger.reduce((end, gap) => (gap.from > from && gap.to <= reach ? Math.max(end, gap.to) : end), first.to);
  return { from, to: first.unanswered ? Math.min(to, reach) : to };
}

/** The id up to which everything that the feed showed, or may still show, is confirmed, where the position stands at `last`. */
export function watermarkOf(ledger: GapLedger, last: number): number {
  const [lowest] = ledger;
  return lowest && lowest.from <= last ? lowest.from - 1 : last;
}
