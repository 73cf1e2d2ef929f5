import { beginningOfJson } from '@waybill/shared/domain/json-text.ts';
import { toAscii } from '@waybill/shared/domain/pack.ts';
import type { ApiVerdict } from './api-check.ts';
import type { DeadLetter, FailureRecord } from './dead-letters.ts';
import { type Hearing, judgeNotified, type NotifiedVerdict } from './notified.ts';
import {
  compare,
  type Difference,
  defaultKept,
  expectedParcels,
  type KeptSettings,
  type StoredParcel,
  scanOf,
} from './oracle.ts';

/** What there was to be mirrored, known without asking Waybill. */
export type Truth = {
  /** Every element of the feed that Waybill owes: good and malformed ones, in any order and repetition. */
  readonly elements: Iterable<unknown>;
  /** Malformed elements that came another way. */
  readonly malformedElsewhere?: readonly unknown[];
  /** What the processor was told to keep. Absent: its defaults. */
  readonly kept?: KeptSettings;
  /** How far a real feed was read for the comparison. Absent: the elements are all that there is. */
  readonly reading?: FeedReading;
};

/** What was read of a real feed, without Waybill, to compare with. */
export type FeedReading = {
  /** EventIds, both included: what the elements were asked from and up to. */
  readonly from: number;
  readonly through: number;
  /** The feed holds later events: they came meanwhile. */
  readonly goesOn: boolean;
  /** Why the elements may not be all that the feed holds in this range, a sentence each. */
  readonly doubts: readonly string[];
};

/** What was found in the tables and the DLQ. */
export type Mirror = {
  readonly parcels: readonly StoredParcel[];
  readonly failures: readonly FailureRecord[];
  readonly deadLetters: readonly DeadLetter[];
  /** What the receiver was told of this feed (`FEED`), where there is one. */
  readonly heard?: Hearing & { readonly feed: string };
};

export type Verdict = {
  readonly isGood: boolean;
  /** Well-formed elements that parcels were compared with, repetitions included. */
  readonly events: number;
  readonly parcels: number;
  readonly differences: readonly Difference[];
  /** Most entries of a history, which was compared, too; 0: parcels have none. */
  readonly historyEvents: number;
  /** Malformed elements of the feed and elsewhere, repetitions included. */
  readonly malformedOf: { readonly feed: number; readonly elsewhere: number };
  /** Different malformed elements, and the beginnings of those that were not found where they belong. */
  readonly malformed: number;
  readonly withoutFailure: readonly string[];
  readonly withoutDeadLetter: readonly string[];
  /** Beginnings of messages in the DLQ that carry nothing malformed. */
  readonly wronglyDead: readonly string[];
  /** Absent when nobody was to be told. */
  readonly notified?: NotifiedVerdict;
  /** Absent when the feed has no parcel to ask for. */
  readonly api?: ApiVerdict;
  /** Of a real feed. */
  readonly reading?: FeedReading;
};

/** Characters of an element's JSON by which it is recognised: elements that are too large or too deep travel cut. */
const keyCharacters = 600;

/** Whether the parcels are what the feed says, whether API and notifications say so too, and whether all that is malformed, and nothing else, is accounted for. */
export function judge(truth: Truth, mirror: Mirror, api?: ApiVerdict): Verdict {
  let events = 0;
  let ofFeed = 0;
  const { malformedElsewhere = [], reading } = truth;
  const malformed = new Set<string>(malformedElsewhere.map(keyOf));
  const sorted = function* () {
    for (const element of truth.elements) {
      if (scanOf(element)) {
        events += 1;
        yield element;
      } else {
        ofFeed += 1;
        malformed.add(keyOf(element));
      }
    }
  };
  const expected = expectedParcels(sorted());
  const differences = compare(expected, mirror.parcels, truth.kept);
  const recorded = new Set(mirror.failures.map(({ body }) => recordKey(body)));
  const letters = mirror.deadLetters.map(({ body }) => letterKey(body));
  const dead = new Set(letters);
  const withoutFailure = [...malformed].filter((key) => !recorded.has(key));
  const withoutDeadLetter = [...malformed].filter((key) => !dead.has(key));
  const wronglyDead = [...dead].filter((key) => !malformed.has(key));
  const notified = mirror.heard && judgeNotified(expected, mirror.heard, mirror.heard.feed);
  const others = [...(notified?.problems ?? []), ...(api?.problems ?? [])];
  const faults = [differences, withoutFailure, withoutDeadLetter, wronglyDead, others, reading?.doubts ?? []];
  // Of a real feed that shows no event, nothing is known: that is not success.
  const isNothing = reading !== undefined && events === 0;
  return {
    isGood: faults.every((found) => found.length === 0) && !isNothing,
    events,
    parcels: expected.size,
    differences,
    historyEvents: (truth.kept ?? defaultKept).historyEvents,
    malformedOf: { feed: ofFeed, elsewhere: malformedElsewhere.length },
    malformed: malformed.size,
    withoutFailure,
    withoutDeadLetter,
    wronglyDead,
    ...(notified && { notified }),
    ...(api && { api }),
    ...(reading && { reading }),
  };
}

/** The dead letters by reason and what exactly is wrong, as the failures table says. */
export function reasonsOf({ deadLetters, failures }: Mirror): Record<string, Record<string, number>> {
  const byKey = new Map(failures.map((record) => [recordKey(record.body), record]));
  const byId = new Map(failures.map((record) => [record.failureId, record]));
  const counts = new Map<string, Map<string, number>>();
  for (const { body, failureId } of deadLetters) {
    const record = (failureId === undefined ? undefined : byId.get(failureId)) ?? byKey.get(letterKey(body));
    // A detail begins with a code: `INVALID_DATE: expected …`.
    const code = record && /^[A-Z_]+(?=:)/.exec(record.detail)?.[0];
    const reason = record?.reason ?? 'NOT_RECORDED';
    const ofReason = counts.get(reason) ?? new Map<string, number>();
    counts.set(reason, ofReason.set(code ?? '', (ofReason.get(code ?? '') ?? 0) + 1));
  }
  return Object.fromEntries([...counts].map(([reason, codes]) => [reason, Object.fromEntries(codes)]));
}

function keyOf(element: unknown): string {
  return shortened(beginningOfJson(element, keyCharacters));
}

function shortened(text: string): string {
  return toAscii(text).slice(0, keyCharacters);
}

/** A dead letter carries an element of the feed as it came, or its beginning, or one element of a pack. */
function letterKey(body: string): string {
  const message = parsed(body);
  if (!isObject(message)) return shortened(body);
  if ('unparsed' in message) return carriedKey(message['unparsed']);
  const events = message['events'];
  return Array.isArray(events) && events.length === 1 ? keyOf(events[0]) : shortened(body);
}

/** A record holds the element's JSON; of a long one its beginning, which is not JSON. */
function recordKey(body: string): string {
  const element = parsed(body);
  return element === undefined ? shortened(body) : carriedKey(element);
}

function carriedKey(element: unknown): string {
  const isCut = isObject(element) && typeof element['cut'] === 'string' && 'reason' in element;
  return isCut ? shortened(String(element['cut'])) : keyOf(element);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
