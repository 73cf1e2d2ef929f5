import type { Clock } from '@waybill/shared/clock.ts';
import { shownUrl } from '@waybill/shared/shown-url.ts';
import { elementFindings, idsOf } from './element-findings.ts';
import { checks, type FeedCheck, type Finding, good, note, type Part } from './finding.ts';
import { type FirstPage, readFirstPage } from './first-page.ts';
import { askLimits } from './limit-questions.ts';
import { beyondFinding, endOf, goesOn, ignored, inclusiveFinding, type Looked } from './position-findings.ts';
import { mostMs, mostRequests, paced, type QuestionDependencies, type Questions } from './questions.ts';
import { requestFindings } from './request-findings.ts';

export type FeedCheckOptions = {
  readonly url: string;
  /** The variables with what the API is to accept. */
  readonly credentials: readonly string[];
  /** `SCAN_API_LIMIT`. */
  readonly limit: number;
  /** From which id to read: `FIRST_EVENT_ID`. */
  readonly fromEventId: number;
  /** `SCAN_API_TIMEOUT_MS`, with which the feed was opened. */
  readonly timeoutMs: number;
};

/**
 * Reads a page or two of a carrier's API, asks a few questions about it, and says what Waybill will make of it. Reads only;
 * at most {@link mostRequests} requests within {@link mostMs}. Never rejects for what the API does. Once `signal` aborts,
 * it says what it has found so far.
 */
export async function checkFeed(
  { open, clock }: QuestionDependencies,
  options: FeedCheckOptions,
  signal: AbortSignal,
): Promise<FeedCheck> {
  const startedAt = clock.monotonic();
  const checkedAtUtc = new Date(clock.now()).toISOString();
  const ending = new AbortController();
  const isOver = whenOver(clock, ending.signal);
  const questions = paced({ open, clock }, AbortSignal.any([signal, isOver]));
  const first = await readFirstPage(options, questions);
  const rest = first.elements ? await partsOf(first, first.elements, options, questions) : nothingRead(first);
  ending.abort();
  const log = questions.log();
  const findings = [...first.findings, ...rest.findings, ...requestFindings(log, options.timeoutMs)].toSorted(
    (a, b) => checks.indexOf(a.check) - checks.indexOf(b.check),
  );
  return {
    url: shownUrl(options.url),
    checkedAtUtc,
    canBeMirrored: isMirrorable(first.elements, findings),
    requests: log.requests,
    tookMs: Math.round(clock.monotonic() - startedAt),
    findings,
    notLookedAt: rest.notLookedAt,
  };
}

function nothingRead({ findings }: FirstPage): Part {
  const isUnasked = findings.length === 0;
  return { findings: [], notLookedAt: isUnasked ? ['Anything: the check was ended before the first page came.'] : [] };
}

/** Everything that a first page makes it possible to ask. */
async function partsOf(
  first: FirstPage,
  elements: readonly unknown[],
  options: FeedCheckOptions,
  questions: Questions,
): Promise<Part> {
  const ids = idsOf(elements);
  if (elements.length === 0) {
    const empty = note('first-event', `The feed holds no events from EventId ${options.fromEventId} on.`);
    return {
      findings: [empty],
      notLookedAt: ['What events look like, and how ids and Limit are treated: there was no event.'],
    };
  }
  if (ids.length === 0) {
    return {
      findings: elementFindings([elements]),
      notLookedAt: ['How ids and Limit are treated: no element of the first page is an event.'],
    };
  }
  const last = endOf(ids);
  const second = await questions.ask(last + 1, first.limit);
  const read = [elements, ...(second.kind === 'page' ? [second.elements] : [])];
  const hasMore = second.kind === 'page' && second.elements.length > 0;
  const base = [firstEventFinding(options.fromEventId, ids), ...elementFindings(read)];
  if (hasMore && !goesOn(elements, second.elements, last + 1)) return { findings: [...base, ignored], notLookedAt: [] };
  const known = middleOf(ids);
  const inclusive = await inclusiveFinding(known, first.limit, questions);
  const limits = await askLimits(
    { first, ids, length: elements.length, single: inclusive.single, wanted: options.limit },
    questions,
  );
  const end = second.kind === 'page' ? endOf([...ids, ...idsOf(second.elements)]) : last;
  const isHead = !hasMore && second.kind !== 'not asked';
  const beyond = await beyondFinding({ last: end, isHead, limit: first.limit }, questions);
  const looked = partOf([inclusive, beyond]);
  return {
    findings: [...base, ...looked.findings, ...limits.findings],
    notLookedAt: [...looked.notLookedAt, ...limits.notLookedAt],
  };
}

function partOf(looked: readonly Looked[]): Part {
  return {
    findings: looked.flatMap((each) => ('finding' in each ? [each.finding] : [])),
    notLookedAt: looked.flatMap((each) => ('notLookedAt' in each ? [each.notLookedAt] : [])),
  };
}

function firstEventFinding(fromEventId: number, ids: readonly number[]): Finding {
  const lowest = ids.reduce((a, b) => Math.min(a, b));
  return lowest - fromEventId > 1
    ? note(
        'first-event',
        `The first event is EventId ${lowest}, although ${fromEventId} was asked for: what was before it, if anything, is gone.`,
      )
    : good('first-event', `The first event is EventId ${lowest}.`);
}

function middleOf(ids: readonly number[]): number {
  const sorted = [...new Set(ids)].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/**
 * Whether Waybill can mirror this feed, as far as was seen: a page with events came, nothing is a problem, and it is known
 * that reading on misses none. Of a feed without events nothing is known.
 */
function isMirrorable(first: readonly unknown[] | undefined, findings: readonly Finding[]): boolean {
  if (!first || findings.some(({ level }) => level === 'problem')) return false;
  return findings.some(({ check }) => check === 'from-event-id');
}

/** Aborts when the check may take no longer. */
function whenOver(clock: Clock, ended: AbortSignal): AbortSignal {
  const over = new AbortController();
  void clock.sleep(mostMs, ended).then(() => over.abort());
  return over.signal;
}
