import { counted } from '@waybill/shared/counted.ts';
import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import type { Page } from '@waybill/shared/scan-api/page.ts';
import { isAboutPage, nameOf } from '@waybill/shared/scan-api/page-failure.ts';
import { widerLimits } from '@waybill/shared/scan-api/page-limit.ts';
import type { Answer, FeedQuestions } from './feed-questions.ts';
import { contentsFrom, type IdentifiedPage, identified, ledTo, partInRange } from './part-in-range.ts';
import { firstShown, isWell, lowestShown, nextReadable } from './search-beyond.ts';

/** What one page brought of a range. */
export type RangePart = Page & {
  /** Once this part is confirmed on the queue, all before this id is done. */
  readonly next: number;
};

/** How the reading of a range ended. */
export type RangeEnd = {
  /** `through`: all of it was read. `feed-ended`: the feed shows nothing more before its end. */
  readonly kind: 'through' | 'feed-ended' | 'down' | 'stopped';
  /** The id from which on nothing was read. */
  readonly next: number;
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[];
};

type PageAnswer = Extract<Answer, { readonly kind: 'page' }>;
type Unreadable = Extract<Answer, { readonly kind: 'unreadable' }>;

/** How often a question that may go unanswered is asked. */
const optionalTries = 3;

/** Where the reading stands. */
type Reading = {
  readonly range: IdRange;
  readonly questions: FeedQuestions;
  /** An id that the feed has shown to somebody. */
  readonly known: number | undefined;
  readonly signal: AbortSignal;
  readonly problems: string[];
  /** Everything up to this id was read. */
  last: number;
  /** What was read of `last` and of higher ids, where the page may have ended between two contents of it. */
  sent: ReadonlySet<string> | undefined;
  /** The server gives one element per page, whatever `Limit` says: asked for `last` again, it shows the same one. */
  isOnePerPage: boolean;
  /** `last` alone has filled a page: how many elements of it were read. */
  filledBy: number;
  /** Up to this id the server shows nothing, though it shows something beyond: it is asked step by step. */
  bareUntil: number;
};

/**
 * Reads a range of ids, page after page, each asked for when the one before was consumed. Everything that the feed shows of
 * the range is yielded at least once. Insists on nothing but the page at which it stands: a row that cannot be read is
 * passed over and named, a feed that stays down ends the reading.
 */
export async function* readRange(
  range: IdRange,
  { questions, known }: Pick<Reading, 'questions' | 'known'>,
  signal: AbortSignal,
): AsyncGenerator<RangePart, RangeEnd> {
  const reading: Reading = {
    range,
    questions,
    known,
    signal,
    problems: [],
    last: range.from - 1,
    sent: undefined,
    isOnePerPage: false,
    filledBy: 0,
    bareUntil: 0,
  };
  const { problems } = reading;
  for (;;) {
    const { sent, last } = reading;
    const next = sent ? last : last + 1;
    if (next > range.to) return { kind: 'through', next, problems };
    const answer = await questions.ask(next, sent ? 2 : 1, signal);
    if (!answer || signal.aborted) return { kind: 'stopped', next, problems };
    if (answer.kind === 'down') return { kind: 'down', next, problems };
    if (answer.kind === 'unreadable') {
      const narrowed = await narrow(reading, answer);
      if (narrowed === 'down') return { kind: 'down', next, problems };
      continue;
    }
    const page = await wholePage(reading, answer);
    noteFilled(reading, page);
    const part = partInRange(page, range, sent);
    const through = ledTo(last, page.ids);
    if (through > last) {
      move(reading, page, through);
      yield* parts(part, reading.sent ? through : through + 1, range);
      continue;
    }
    yield* parts(part, next, range);
    if (signal.aborted) return { kind: 'stopped', next, problems };
    // What lies beyond `last` in it, if anything, comes again with the next id.
    if (sent) goOnAfter(reading, page);
    else if ((await cross(reading, page)) === 'ended') return { kind: 'feed-ended', next, problems };
  }
}

function* parts(part: Page, next: number, { to }: IdRange): Generator<RangePart> {
  yield { ...part, next: Math.min(next, to + 1) };
}

/** The page, read again with larger limits while it leads nowhere: it may be a part of what lies there. */
async function wholePage(
  { last, sent, questions, signal }: Reading,
  { elements, limit: first }: PageAnswer,
): Promise<IdentifiedPage> {
  let best = identified(elements);
  for (const limit of widerLimits(first)) {
    if (best.elements.length === 0 || ledTo(last, best.ids) > last) break;
    const wider = await questions.attempt(sent ? last : last + 1, limit, signal);
    if (wider?.kind !== 'page' || wider.elements.length <= best.elements.length) break;
    best = identified(wider.elements);
  }
  return best;
}

function move(reading: Reading, page: IdentifiedPage, through: number): void {
  const { sent, last } = reading;
  // Asked for the next id after its own showed nothing more, it shows one again.
  reading.isOnePerPage = page.elements.length === 1 && !sent && (reading.isOnePerPage || reading.filledBy === 1);
  reading.filledBy = 0;
  reading.sent = reading.isOnePerPage ? undefined : contentsFrom(page, through);
  reading.last = Math.max(last, through);
}

/** The feed was asked for `last` again, and showed nothing that leads on: the next id is asked for. */
function goOnAfter(reading: Reading, page: IdentifiedPage): void {
  const { last } = reading;
  const isFilled = page.ids.every((id) => id <= last) && page.rejected.every(({ eventId }) => eventId === last);
  reading.filledBy = isFilled ? page.elements.length : 0;
  reading.sent = undefined;
}

/** The feed was asked for the id after one that filled a page: if there is something, that page was cut. */
function noteFilled({ filledBy, sent, last, problems }: Reading, { elements }: IdentifiedPage): void {
  if (sent || filledBy <= 1 || elements.length === 0) return;
  problems.push(
    `EventId ${last} fills whole pages of ${counted(filledBy, 'element')}: further contents of it cannot be read`,
  );
}

/** Narrows down a page that cannot be read, to the row that is the reason, and passes that one over. */
async function narrow(reading: Reading, { error, limit }: Unreadable): Promise<'on' | 'down'> {
  const { questions, signal, range, problems, sent, last } = reading;
  if (sent && limit <= 2) {
    // The row after it cannot be read.
    reading.sent = undefined;
    return 'on';
  }
  const from = sent ? last : last + 1;
  if (!(await isWell(from, questions, signal))) return !signal.aborted && questions.isDown(error) ? 'down' : 'on';
  if (limit > 1) {
    questions.narrow();
    return 'on';
  }
  const look = async (id: number) => {
    const attempt = await questions.attempt(id, 1, signal);
    if (attempt?.kind === 'page') return true;
    return attempt && isAboutPage(attempt.error) ? false : undefined;
  };
  // What fails for a moment must not be passed over.
  if ((await look(from)) !== false) return 'on';
  const readable = await nextReadable(from, range.to + 1, look);
  // Where no later row can be read, it may be an outage of all that is newer.
  if (readable === 'missing') return questions.isDown(error) ? 'down' : 'on';
  // Where the row can be read now, all of the search was an outage that has ended.
  if (readable === undefined || (await look(from)) !== false) return 'on';
  const to = readable - 1;
  problems.push(`${named({ from, to })} cannot be read (${nameOf(error)}): passed over`);
  reading.last = to;
  reading.sent = undefined;
  questions.endNarrowing();
  return 'on';
}

/** Goes on beyond a page that leads nowhere: an empty one, or one without a usable id. */
async function cross(reading: Reading, page: IdentifiedPage): Promise<'on' | 'ended'> {
  const { questions, signal, range, problems, last, known } = reading;
  const beyond = { from: last + 1, to: range.to + 1, known };
  const jump = page.ids.findLast((id) => id > last);
  /** A question that may go unanswered: that is an answer, too. */
  const look = async (id: number) => {
    for (let tries = 0; tries < optionalTries; tries += 1) {
      const attempt = await questions.attempt(id, Math.max(2, questions.limit), signal);
      if (!attempt) return undefined;
      if (attempt.kind === 'page')
        return identified(attempt.elements).ids.some((shown) => shown >= id && shown !== jump);
    }
    return false;
  };
  if (page.elements.length === 0) {
    if (last < reading.bareUntil) reading.last = Math.min(last + questions.limit, reading.bareUntil);
    else {
      const shown = await firstShown(beyond, look);
      if (shown === 'missing') return 'ended';
      // The page is asked for once more before anything is passed.
      if (shown) reading.bareUntil = shown.high - 1;
    }
    return 'on';
  }
  if (jump !== undefined && (await look(jump + 1))) {
    reading.last = jump;
    reading.sent = contentsFrom(page, jump);
    return 'on';
  }
  if (page.rejected.length === 0) return 'ended';
  const shown = await lowestShown(beyond, look);
  if (shown === 'missing') return 'ended';
  if (shown === undefined) return 'on';
  const passed = { from: last + 1, to: shown - 1 };
  problems.push(`${named(passed)}: the feed shows no usable id there, what it shows was sent as it is`);
  reading.last = passed.to;
  return 'on';
}

function named({ from, to }: IdRange): string {
  return from === to ? `EventId ${from}` : `EventIds ${from} to ${to}`;
}
