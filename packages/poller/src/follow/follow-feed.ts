import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import {
  advance,
  believableJump,
  gapsBetween,
  isFarLarger,
  type Move,
  type Position,
} from '@waybill/shared/scan-api/position.ts';
import { BacklogProbe } from '../catch-up/backlog-probe.ts';
import { CatchUp } from '../catch-up/catch-up.ts';
import type { FeedObservation } from '../checkpoint/lease.ts';
import type { UnreadablePage } from '../feed/answer.ts';
import { digestOf, eventIdsOf, rejectedIdsOf, scannedAt, unseenIn } from '../feed/page.ts';
import { SeenContents } from '../feed/seen-contents.ts';
import type { PageToSend } from '../queue/send-page.ts';
import { crossStuckPage } from './cross-stuck-page.ts';
import type { FollowDependencies } from './follow-dependencies.ts';
import { IdleQuestion } from './idle-question.ts';
import { narrowPage } from './narrow-page.ts';
import { PageEnd, type ReadPage } from './page-end.ts';
import { Progress } from './progress.ts';
import { StuckWatch } from './stuck-watch.ts';

/** What the feed showed: a page to be sent, with which the position moves, or a move over what is confirmed already. */
export type Followed = (({ readonly kind: 'page' } & Omit<PageToSend, 'last'>) | { readonly kind: 'confirmed' }) &
  Move &
  FeedObservation;

/** The result of reading one page: more can be read at once, or there was nothing more and the poll interval has passed. */
type Turn = 'more' | 'waited';

/** Where the following stands. */
type Following = FollowDependencies & {
  readonly signal: AbortSignal;
  readonly seen: SeenContents;
  readonly stuck: StuckWatch;
  readonly outage: StuckWatch;
  readonly unreadable: StuckWatch;
  readonly probe: BacklogProbe;
  readonly progress: Progress;
  readonly pageEnd: PageEnd;
  readonly idle: IdleQuestion;
  position: Position;
  hadUnseen: boolean;
  catchingUp: CatchUp | undefined;
};

/**
 * Follows the feed in its order, from a position on, until the signal aborts. Yields once per page, and reads on only when
 * the value is consumed. Does not wait until what it yielded is confirmed, so that the next page is read while the one
 * before is being sent.
 */
export async function* followFeed(
  start: Position,
  deps: FollowDependencies,
  signal: AbortSignal,
): AsyncGenerator<Followed, void> {
  const seen = new SeenContents();
  const following: Following = {
    ...deps,
    signal,
    seen,
    stuck: new StuckWatch(deps.clock),
    outage: new StuckWatch(deps.clock, 60_000),
    unreadable: new StuckWatch(deps.clock, 60_000),
    probe: new BacklogProbe({ ...deps, seen }),
    progress: new Progress(deps),
    pageEnd: new PageEnd(deps),
    idle: new IdleQuestion(deps),
    position: start,
    hadUnseen: true,
    catchingUp: undefined,
  };
  try {
    while (!signal.aborted) {
      if ((yield* readOn(following)) === 'waited') following.probe.startOver();
      yield* catchUp(following);
    }
  } finally {
    await following.probe.stop();
  }
}

/** Reads one page. Searches beyond a page that cannot move the position. Waits when the feed has nothing more. */
async function* readOn(following: Following): AsyncGenerator<Followed, Turn> {
  const { clock, whenCapacity, pollIntervalMs, seen, stuck, probe, progress, pageEnd, signal } = following;
  // An idle feed sends nothing, so there is no need to ask the queue.
  if (following.hadUnseen) await whenCapacity(clock, signal);
  const before = following.position;
  const askedAt = clock.now();
  const read = await pageEnd.read(before, signal);
  if (!read) return 'waited';
  const readAt = clock.now();
  if (read.kind === 'unreadable') return yield* narrow(following, read);
  const { answer, page } = read;
  const ids = eventIdsOf(page);
  const { position, holes } = advance(before, ids);
  const { last } = position;
  following.position = position;
  for (const hole of holes) reportHole(following, hole, answer.elements.length, isFarLarger(hole, ids));
  const first = ids.reduce((lowest, id) => (id > before.last && id < lowest ? id : lowest), last + 1);
  const unseen = unseenIn(page, before.last, last, seen, pageEnd.sent);
  following.hadUnseen = unseen !== undefined;
  const { isFull, asksOn } = pageEnd.note(read, following.hadUnseen, before.last, last);
  const isOver = !isFull || answer.elements.length === 0;
  const newestScannedAt = scannedAt(page, before.last, last);
  const observed = { scannedAt: newestScannedAt, caughtUpAt: isOver && !asksOn ? askedAt : undefined };
  if (unseen) {
    // From an empty checkpoint the first event is believed: nothing before it is missing.
    const after = before.empty ? Math.min(first, last) : before.last;
    const gaps = following.watchesGaps ? gapsBetween(after, ids, last, rejectedIdsOf(page)) : [];
    const times = { askedAtMs: askedAt, readAtMs: readAt };
    yield* moveOn(following, { kind: 'page', ...unseen, last, gaps, droppedGaps: 0, ...observed, ...times });
  } else yield { kind: 'confirmed', last, gaps: [], droppedGaps: 0, ...observed };
  const hasMoved = last > before.last;
  if (asksOn) return 'more';
  if (hasMoved) following.idle.sawNews();
  if (hasMoved || isOver) progress.reportGood(`at ${last}`);
  // A short page may be a full one: a server lowers its cap at any time, also where a page moves nothing.
  const isStanding = !hasMoved && answer.elements.length > 0;
  if (isStanding && stuck.isDue(digestOf(page), isOver) && (yield* cross(following, read, isOver))) return 'more';
  progress.countPages(1, newestScannedAt);
  if (following.hadUnseen && isFull) {
    probe.sawFullPage(last - first + 1);
    return 'more';
  }
  if (!hasMoved && isOver) {
    progress.reportUpToDate();
    await following.idle.sawNothing(last, signal);
  }
  await clock.sleep(pollIntervalMs, signal);
  return 'waited';
}

/** Yields what the narrowing down of a page after `at` read, and the move over a row that cannot be read. */
async function* narrow(
  following: Following,
  unreadable: UnreadablePage,
  at = following.position,
): AsyncGenerator<Followed, Turn> {
  const { position: before, seen, watchesGaps, progress, signal } = following;
  const narrowing = narrowPage(at, unreadable, following, signal);
  let step = await narrowing.next();
  for (; !step.done; step = await narrowing.next()) {
    const unseen = unseenIn(step.value, before.last, before.last, seen);
    if (unseen) yield { kind: 'page', ...unseen, last: before.last, gaps: [], droppedGaps: 0 };
  }
  if (!step.value) return 'more';
  const { last, passed: ofRow, cut } = step.value;
  const passed = { from: before.last + 1, to: ofRow?.to ?? at.last };
  const hasPassed = passed.to >= passed.from;
  following.position = { ...before, last };
  // Its own id cannot be read, whatever else it has.
  following.pageEnd.startOver(undefined);
  progress.reportGood(`at ${last}`);
  if (hasPassed && !(cut && at === before)) reportHole(following, passed, 0, false);
  const isWatched = watchesGaps && hasPassed && !before.empty && passed.to - passed.from < believableJump;
  const unseen = unseenIn({ events: [], rejected: cut ? [cut] : [] }, before.last, last, seen);
  const gaps = isWatched ? [passed] : [];
  yield* moveOn(following, { kind: 'page', events: [], rejected: unseen?.rejected ?? [], last, gaps, droppedGaps: 0 });
  return 'more';
}

/** Yields what the search beyond a stuck page read. Returns whether the position could move beyond it. */
async function* cross(following: Following, read: ReadPage, isShort: boolean): AsyncGenerator<Followed, boolean> {
  const { position: before, watchesGaps, progress, signal } = following;
  const stuckPage = { position: before, limit: read.answer.limit, page: read.page };
  const crossing = crossStuckPage(stuckPage, isShort, following, signal);
  let step = await crossing.next();
  for (; !step.done; step = await crossing.next())
    yield { kind: 'page', ...step.value, last: before.last, gaps: [], droppedGaps: 0 };
  if (!step.value) return false;
  if (step.value.kind === 'unreadable') {
    yield* narrow(following, step.value, { last: step.value.fromEventId - 1, empty: false });
    return following.position.last > before.last;
  }
  const { position, holes, gaps, elements } = step.value;
  following.position = position;
  following.pageEnd.startOver('unknown');
  progress.reportGood(`at ${position.last}`);
  progress.countPages(1);
  for (const hole of holes) reportHole(following, hole, elements, false);
  yield* moveOn(following, { kind: 'confirmed', last: position.last, gaps: watchesGaps ? gaps : [], droppedGaps: 0 });
  return true;
}

/** Reads a backlog by several readers at once, where there is one. */
async function* catchUp(following: Following): AsyncGenerator<Followed, void> {
  const { catchUpReaders: readers, log, metrics, probe, progress, pageEnd, signal } = following;
  const backlog = probe.backlogAt(following.position.last, signal);
  if (!backlog) return;
  const { last, head } = backlog;
  log.info({ last, head, readers }, 'far behind the feed, catching up');
  metrics['waybill.feed.catch_ups'].add(1);
  const catchingUp = new CatchUp({ ...backlog, contents: pageEnd.sent }, { ...following, readers }, signal);
  following.catchingUp = catchingUp;
  catchingUp.start();
  try {
    for (;;) {
      const step = await catchingUp.next(following.position.last);
      if (step.kind === 'over') return;
      if (step.kind === 'confirmed') {
        const { pages, contents, ...confirmed } = step;
        pageEnd.startOver(contents);
        following.position = { last: step.last, empty: false };
        following.idle.sawNews();
        progress.reportGood(`at ${step.last}, catching up to ${head}`);
        progress.countPages(pages, step.scannedAt);
        yield { ...confirmed, head };
      }
      // The head was reached, or the position stands still: only what other readers are sending is left.
      else {
        if ((yield* readOn(following)) === 'waited') catchingUp.windDown();
        if (catchingUp.mayBeginAfter(following.position.last)) yield* readCutOff(following);
      }
    }
  } finally {
    await catchingUp.stop();
    following.catchingUp = undefined;
    probe.startOver();
  }
}

/** Yields what the page before may have cut off of the position's own id: the other readers begin after it. Moves nothing. */
async function* readCutOff(following: Following): AsyncGenerator<Followed, void> {
  const { pageEnd, seen, signal } = following;
  let read = pageEnd.sent && (await pageEnd.read(following.position, signal));
  for (; read?.kind === 'unreadable'; read = pageEnd.sent && (await pageEnd.read(following.position, signal))) {
    yield* narrow(following, read);
  }
  if (!read) return;
  const { last } = following.position;
  const unseen = unseenIn(read.page, last, last, seen, pageEnd.sent);
  pageEnd.note(read, unseen !== undefined, last, last);
  if (unseen) yield { kind: 'page', ...unseen, last, gaps: [], droppedGaps: 0 };
}

/** Yields a move once what other readers are sending is confirmed. */
async function* moveOn({ catchingUp, probe, signal }: Following, followed: Followed): AsyncGenerator<Followed, void> {
  await catchingUp?.untilConfirmed(followed.last);
  await probe.untilSent();
  // The wait ends with the signal, too: then the pages of other readers may not be confirmed.
  if (!signal.aborted) yield followed;
}

function reportHole(following: Following, hole: IdRange, elements: number, isFarLargerThanUsual: boolean): void {
  following.crossed(hole);
  following.progress.reportHole(hole, elements, isFarLargerThanUsual);
}
