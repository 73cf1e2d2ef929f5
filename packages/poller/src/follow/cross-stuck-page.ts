import type { Clock } from '@waybill/shared/clock.ts';
import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { WhenCapacity } from '@waybill/shared/queue/queue-capacity.ts';
import { lengthOf, type Page, readElements } from '@waybill/shared/scan-api/page.ts';
import { isAboutPage, isTooLarge } from '@waybill/shared/scan-api/page-failure.ts';
import { advance, gapsBetween, nextEventId, type Position } from '@waybill/shared/scan-api/position.ts';
import type { UnreadablePage } from '../feed/answer.ts';
import { eventIdsOf, rejectedIdsOf, unseenIn } from '../feed/page.ts';
import type { PageReader } from '../feed/read-page.ts';
import type { SeenContents } from '../feed/seen-contents.ts';
import type { Progress } from './progress.ts';
import { type StuckPage, searchBeyond } from './search-beyond.ts';

export type CrossDependencies = {
  readonly reader: PageReader;
  readonly clock: Clock;
  readonly seen: SeenContents;
  readonly whenCapacity: WhenCapacity;
  readonly progress: Progress;
  readonly log: Logger;
};

/** A way beyond a stuck page. */
export type Crossing = {
  readonly kind: 'way';
  readonly position: Position;
  readonly holes: readonly IdRange[];
  readonly gaps: readonly IdRange[];
  /** Elements that were seen on the way. */
  readonly elements: number;
};

/** What is of no use ends at a row that cannot be read: from its id on the feed refuses to answer. */
export type RefusedRow = UnreadablePage & { readonly fromEventId: number };

/**
 * Searches for a way beyond a stuck page and yields what is new in each page on the way. Returns undefined, or the row at
 * which the search ended, when there is no way, which is reported; and undefined once the signal aborts. A page that is
 * short (`isShort`) is the end of the feed unless something is found beyond it.
 */
export async function* crossStuckPage(
  { position: before, limit, page }: StuckPage,
  isShort: boolean,
  { reader, clock, seen, whenCapacity, progress, log }: CrossDependencies,
  signal: AbortSignal,
): AsyncGenerator<Page, Crossing | RefusedRow | undefined> {
  const fromEventId = nextEventId(before);
  const elements = lengthOf(page);
  if (isShort) log.info({ fromEventId, limit, elements }, 'short page moves nothing, looking beyond it');
  else log.warn({ fromEventId, limit, elements }, 'page has no usable id, searching beyond it');
  /** By the first id asked for: the latest one. */
  const refusals = new Map<number, unknown>();
  const search = searchBeyond({ position: before, limit, page }, async (from, wider) => {
    // All that it reads is sent, and it may be much.
    await whenCapacity(clock, signal);
    const answer = await reader.readOptional(from, wider, clock, signal);
    if (answer?.kind === 'page') return readElements(answer.elements);
    if (answer) refusals.set(from, answer.error);
    return isTooLarge(answer?.error) ? 'too large' : 'refused';
  });
  let count = elements;
  const ids = eventIdsOf(page);
  const rejectedIds = rejectedIdsOf(page);
  let step = await search.next();
  for (; !step.done; step = await search.next()) {
    count += lengthOf(step.value);
    ids.push(...eventIdsOf(step.value));
    rejectedIds.push(...rejectedIdsOf(step.value));
    const unseen = unseenIn(step.value, before.last, before.last, seen);
    if (unseen) yield unseen;
    if (signal.aborted) return undefined;
  }
  const outcome = step.value;
  if (outcome.kind !== 'found') {
    if (signal.aborted) return undefined;
    const standstill = { fromEventId, elements, seen: count };
    // Fewer than requested and nothing after them: there is nothing newer.
    const isEnd = isShort || (outcome.kind === 'nothing beyond' && elements < limit);
    if (isEnd) progress.reportEnd(before.last, standstill);
    else progress.reportStuck(standstill);
    const refusedAt = outcome.kind === 'exhausted' ? outcome.refusedAt : undefined;
    const error = refusedAt && refusals.get(refusedAt);
    if (isEnd || !refusedAt || !isAboutPage(error)) return undefined;
    return { kind: 'unreadable', error, limit: 1, fromEventId: refusedAt };
  }
  const { position, holes } = advance(before, outcome.eventIds, outcome.shown);
  const first = outcome.eventIds.reduce((a, b) => Math.min(a, b));
  const isHole = outcome.movedForward && first > before.last + 1;
  return {
    kind: 'way',
    position,
    holes: isHole ? [{ from: before.last + 1, to: first - 1 }, ...holes.filter(({ from }) => from > first)] : holes,
    gaps: before.empty ? [] : gapsBetween(before.last, ids, position.last, rejectedIds),
    elements: count,
  };
}
