import { nameOf } from '@waybill/shared/scan-api/page-failure.ts';
import { believableJump } from '@waybill/shared/scan-api/position.ts';
import { idsOf } from './element-findings.ts';
import { type Finding, good, note, problem } from './finding.ts';
import type { Answer, Questions } from './questions.ts';

/** A finding, or why there is none. */
export type Looked = { readonly finding: Finding } | { readonly notLookedAt: string };

/**
 * The id up to which a page can be believed: of a jump, only the id before it, since the id beyond it may be one corrupt
 * event. The lowest id itself is believed.
 */
export function endOf(ids: readonly number[]): number {
  const sorted = [...new Set(ids)].sort((a, b) => a - b);
  const jump = sorted.findIndex((id, index) => index > 0 && id - (sorted[index - 1] ?? 0) > believableJump);
  return sorted.at(jump < 0 ? -1 : jump - 1) ?? 0;
}

/** Whether the page asked for from `fromEventId` on goes on where `first` ended, or is the same page once more. */
export function goesOn(first: readonly unknown[], second: readonly unknown[], fromEventId: number): boolean {
  const known = new Set(idsOf(first));
  const ids = idsOf(second);
  return ids.every((id) => id >= fromEventId) || ids.some((id) => !known.has(id));
}

export const ignored = problem(
  'from-event-id',
  'FromEventId is not honoured: asked from beyond the first page, the API returned the first page again. Waybill could not read on.',
);

/** Whether an event is part of the answer when its own id is asked from. `limit`: with which it was seen. */
export async function inclusiveFinding(
  known: number,
  limit: number,
  { ask }: Pick<Questions, 'ask'>,
): Promise<Looked & { readonly single: Answer }> {
  const single = await ask(known, 1);
  if (single.kind !== 'page') return { notLookedAt: 'Whether FromEventId is inclusive.', single };
  if (idsOf(single.elements).includes(known)) {
    return {
      finding: good('from-event-id', `FromEventId is inclusive: asked from EventId ${known}, the API returned it.`),
      single,
    };
  }
  const before = await ask(known - 1, 1);
  if (before.kind === 'page' && idsOf(before.elements).includes(known)) {
    const sentence = `FromEventId is exclusive: asked from EventId ${known}, the API left it out, and asked from ${known - 1}, it returned it. Waybill asks from the first id that it has not read, so it would miss events.`;
    return { finding: problem('from-event-id', sentence), single };
  }
  const page = await ask(known, limit);
  if (page.kind !== 'page') return { notLookedAt: 'Whether FromEventId is inclusive.', single };
  if (idsOf(page.elements).includes(known)) {
    const sentence = `A small Limit does not return the lowest ids: asked from EventId ${known} for one event, the API returned another. Waybill would pass events that it has not read.`;
    return { finding: problem('from-event-id', sentence), single };
  }
  const sentence = `FromEventId does not lead to its event: EventId ${known} was on the first page, and is not there when the feed is asked from ${known}. Waybill asks from ids, not by the number of a page or an offset, so it would miss events.`;
  return { finding: problem('from-event-id', sentence), single };
}

/** Steps beyond the last known id, each far larger than the one before: the feed may be far longer than a page. */
const distances = [1_000_000, 100_000_000, 10_000_000_000, 1_000_000_000_000];

const int32 = 2 ** 31 - 1;

/** What was seen of the end of a feed. */
type Seen = {
  /** The highest id that was believed. */
  readonly last: number;
  /** Nothing came after it, asked with this limit. */
  readonly isHead: boolean;
  readonly limit: number;
};

/** What the API says where there is nothing newer. */
export async function beyondFinding({ last, isHead, limit }: Seen, { ask }: Pick<Questions, 'ask'>): Promise<Looked> {
  const candidates = [...(isHead ? [last + 1] : []), ...distances.map((distance) => last + distance)];
  for (const fromEventId of candidates) {
    const answer = await ask(fromEventId, 1);
    if (answer.kind === 'not asked') break;
    // An id that does not fit into 32 bits is refused by a server that keeps ids in such: that says nothing of the end.
    if (answer.kind === 'failed' && fromEventId > int32 && last <= int32) break;
    if (answer.kind === 'failed') {
      const sentence = `Beyond its newest event (asked from ${fromEventId}) the API does not return an empty page: ${nameOf(answer.error)}. Waybill would take each such answer for a failure.`;
      return { finding: problem('beyond-newest', sentence) };
    }
    if (idsOf(answer.elements).every((id) => id < fromEventId)) return { finding: emptyFinding(answer, fromEventId) };
    if (fromEventId !== last + 1 || limit === 1) continue;
    const again = await ask(fromEventId, limit);
    if (again.kind === 'page' && again.elements.length === 0) return { finding: dependsOnLimit(fromEventId, limit) };
  }
  return { notLookedAt: 'What the API returns beyond its newest event.' };
}

function dependsOnLimit(fromEventId: number, limit: number): Finding {
  return problem(
    'from-event-id',
    `Where a page begins depends on Limit: asked from EventId ${fromEventId}, the API returns an event for a Limit of 1, and nothing for one of ${limit}. Waybill asks from ids, not by the number of a page, so it would miss events.`,
  );
}

function emptyFinding({ elements, envelope }: Extract<Answer, { kind: 'page' }>, fromEventId: number): Finding {
  const where = `Beyond its newest event (asked from ${fromEventId}) the API returns`;
  if (elements.length > 0)
    return note(
      'beyond-newest',
      `${where} older events. Waybill does not read them again, but each poll costs a page.`,
    );
  if (envelope === 'array') return good('beyond-newest', `${where} an empty ScanEvents.`);
  const what = envelope === 'null' ? 'ScanEvents: null' : 'status 204';
  return good('beyond-newest', `${where} ${what}, which Waybill takes for an empty page.`);
}
