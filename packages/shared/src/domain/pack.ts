import { z } from 'zod';
import { limits } from '../resources.ts';
import { parse } from './feed-element.ts';
import { beginningOfJson, beginningThatFits } from './json-text.ts';
import { elementTexts, memberText } from './own-text.ts';
import {
  eventIdOf,
  fields,
  isPlainObject,
  type Parsed,
  parcelIdOf,
  parseWith,
  plainEvent,
  type Rejection,
  type ScanEvent,
} from './scan-event.ts';

/** Bytes of a body that stands for what cannot be carried whole (design: at most 64 KiB). */
export const cutBodyBytes = 65_536;

const packStart = '{"version":1,"events":[';
const packEnd = ']}';
const unparsedStart = '{"version":1,"unparsed":';

/**
 * The events as message bodies, each ASCII (so that length is bytes) and at most `maxBytes` long where it can be
 * divided; an event alone may be larger (18 KiB and the date's digits, always under 256 KiB). A parcel's events stay in
 * one body while they fit there, in the order given.
 */
export function pack(events: Iterable<ScanEvent>, maxBytes: number): string[] {
  return [...packOneByOne(events, maxBytes)];
}

/** As {@link pack}, each body when it is asked for: many of them take long enough to let others have a turn between. */
export function* packOneByOne(events: Iterable<ScanEvent>, maxBytes: number): Generator<string, void, undefined> {
  const emptyBytes = packStart.length + packEnd.length;
  let open: string[] = [];
  let openBytes = emptyBytes;
  const close = () => {
    const body = packStart + open.join(',') + packEnd;
    open = [];
    openBytes = emptyBytes;
    return body;
  };
  for (const parcel of Map.groupBy(events, (event) => event.parcelId).values()) {
    const elements = parcel.map(eventJson);
    const bytes = elements.reduce((sum, element) => sum + element.length + 1, 0);
    if (open.length > 0 && openBytes + bytes > maxBytes) yield close();
    for (const element of elements) {
      if (open.length > 0 && openBytes + 1 + element.length > maxBytes) yield close();
      openBytes += element.length + (open.length > 0 ? 1 : 0);
      open.push(element);
    }
  }
  if (open.length > 0) yield close();
}

/** The element's JSON as a pack of one, the form in which a failed event is split off. */
export function packOne(elementJson: string): string {
  return packStart + elementJson + packEnd;
}

/**
 * The body that carries an element which is not a scan event: whole where that fits, cut where it does not. `ownText` is the
 * element as it was received; without it, it is written anew, and numbers beyond 2^53 are not what they were.
 */
export function packUnparsed(element: unknown, ownText?: string): string {
  const json = asciiJson(element, ownText);
  const whole = json === undefined ? undefined : `${unparsedStart}${json}}`;
  if (whole !== undefined && whole.length <= limits.sendBytes) return whole;
  const beginning = ownText?.slice(0, cutBodyBytes) ?? beginningOfJson(element, cutBodyBytes);
  return packCut(beginning, whole === undefined ? 'TOO_DEEP' : 'TOO_LARGE');
}

/**
 * Why only a beginning of what was received is carried: an element too deep or too large; or an answer that is not JSON,
 * not a page, or not UTF-8. Of the last each character stands for one byte: `Buffer.from(cut, 'latin1')` restores them.
 */
export type CutReason = 'TOO_DEEP' | 'TOO_LARGE' | 'NOT_JSON' | 'NOT_A_PAGE' | 'NOT_UTF8';

/** The body that carries the beginning of a text that was received. */
export function packCut(received: string, reason: CutReason): string {
  const frame = (cut: string) => asciiJson({ version: 1, unparsed: { cut, reason } }) ?? '';
  return frame(beginningThatFits(received, cutBodyBytes - frame('').length + 2));
}

/** One element of a message: a scan event, or why it is not one. */
export type Unpacked =
  | { readonly event: ScanEvent }
  | {
      readonly rejection: Rejection;
      /** The element's own id where it has a usable one. */
      readonly eventId: number | undefined;
      /** The element's parcel where that has a usable id. */
      readonly parcelId: number | undefined;
      /** The element's own text as ASCII; undefined where it is nested too deep to be written out again. */
      readonly json: string | undefined;
    };

/** Why a whole message cannot be read. `UNKNOWN_VERSION` may heal by a rolling deploy, the others not. */
export type UnreadableCode = 'NOT_JSON' | 'NOT_A_PACK' | 'UNKNOWN_VERSION';

export type UnpackResult =
  | { readonly kind: 'pack'; readonly elements: readonly Unpacked[] }
  /** The message carries one element of the feed as it was received. */
  | { readonly kind: 'unparsed'; readonly element: Unpacked }
  | { readonly kind: 'unreadable'; readonly code: UnreadableCode; readonly expected: string };

/** Readers by version. A reader stays for as long as a message of its version can be in a queue or DLQ (14 days). */
const readers: Readonly<Record<number, (message: object, body: string) => UnpackResult>> = { 1: unpackVersion1 };

/** Reads a message body. Never throws, and one bad element does not touch its neighbours. */
export function unpack(body: string): UnpackResult {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return { kind: 'unreadable', code: 'NOT_JSON', expected: 'JSON' };
  }
  if (typeof message !== 'object' || message === null || !('version' in message)) return notAPack;
  const version = message.version;
  if (typeof version !== 'number' || !Number.isSafeInteger(version)) return notAPack;
  const reader = Object.hasOwn(readers, version) ? readers[version] : undefined;
  if (!reader)
    return {
      kind: 'unreadable',
      code: 'UNKNOWN_VERSION',
      expected: `version ${Object.keys(readers).join(' or ')}, not ${version}`,
    };
  return reader(message, body);
}

const notAPack: UnpackResult = {
  kind: 'unreadable',
  code: 'NOT_A_PACK',
  expected: 'an object with a version and either events or unparsed',
};

function unpackVersion1(message: object, body: string): UnpackResult {
  const hasEvents = Object.hasOwn(message, 'events');
  if (hasEvents === Object.hasOwn(message, 'unparsed')) return notAPack;
  if ('unparsed' in message) {
    const { unparsed } = message;
    return { kind: 'unparsed', element: unpacked(parse(unparsed), unparsed, () => memberText(body, 'unparsed')) };
  }
  if (!('events' in message && Array.isArray(message.events))) return notAPack;
  const slowly = slowReader(body);
  return {
    kind: 'pack',
    elements: message.events.map((element, index) => parsePackedFast(element) ?? slowly(element, index)),
  };
}

/**
 * Reads the elements of a pack that are not plainly events, of which there is hardly one. Equal ones are rejected once: the
 * schema takes 25 µs for each, and a message may hold 87,000 of `{}`.
 */
function slowReader(body: string): (raw: unknown, index: number) => Unpacked {
  let texts: readonly string[] | undefined;
  const known = new Map<string, Unpacked>();
  return (raw, index) => {
    texts ??= elementTexts(body, 'events');
    const text = texts[index];
    const before = text === undefined ? undefined : known.get(text);
    if (before) return before;
    const element = unpacked(parsePackedBySchema(raw), raw, () => text);
    if (text !== undefined) known.set(text, element);
    return element;
  };
}

function unpacked(parsed: Parsed, raw: unknown, ownText: () => string | undefined): Unpacked {
  if ('event' in parsed) return parsed;
  const { rejection } = parsed;
  return { rejection, eventId: eventIdOf(raw), parcelId: parcelIdOf(raw), json: asciiJson(raw, ownText()) };
}

/** The event as a pack spells it. It is flat, so that it can always be written. */
export function eventJson(event: ScanEvent): string {
  return toAscii(JSON.stringify(event));
}

const packedElement = z.object(
  {
    eventId: fields.id,
    parcelId: fields.id,
    type: fields.type,
    createdDateTimeUtc: fields.instant,
    statusCode: fields.text,
    runId: fields.text,
  },
  { error: 'NOT_AN_OBJECT' },
);

/** Reads one element of a pack, under the same rules as an element of the feed. Never throws. */
export function parsePacked(raw: unknown): Parsed {
  return parsePackedFast(raw) ?? parsePackedBySchema(raw);
}

/** As {@link parsePacked}, by the schema alone. */
export function parsePackedBySchema(raw: unknown): Parsed {
  return parseWith(packedElement, raw, (element) => element);
}

/** The event where the element is plainly one; undefined leaves the decision to the schema. */
function parsePackedFast(raw: unknown): { readonly event: ScanEvent } | undefined {
  return isPlainObject(raw) ? plainEvent(raw) : undefined;
}

/**
 * The value as ASCII JSON, in its own text where that is known. Undefined when it is nested too deep: `JSON.stringify`
 * recurses where `JSON.parse` does not, and others who read the body may recurse too.
 */
export function asciiJson(value: unknown, ownText?: string): string | undefined {
  try {
    const json = JSON.stringify(value) ?? 'null';
    return toAscii(ownText ?? json);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** JSON with everything beyond ASCII as `\u` escapes, which changes no meaning. */
export function toAscii(json: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII, control characters included.
  return /[^\x00-\x7f]/.test(json) ? json.replace(/[^\x00-\x7f]/g, escapeUnit) : json;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
