import { z } from 'zod';

/** One valid element of the feed, reduced to what Waybill keeps of it. */
export type ScanEvent = {
  /** Safe integer above 0; its order is the order of truth. */
  readonly eventId: number;
  readonly parcelId: number;
  /** `PICKUP`, `STATUS`, `DELIVERY`, or one that is not known yet; 1–1,024 characters. */
  readonly type: string;
  /** ISO 8601 in UTC, ending in `Z`, with the feed's own fraction digits. */
  readonly createdDateTimeUtc: string;
  readonly statusCode: string;
  readonly runId: string;
};

/** Why an element is not a scan event. Stable: metrics, logs and failure records carry it. */
export type RejectionCode =
  | 'NOT_AN_OBJECT'
  | 'MISSING'
  | 'INVALID_ID'
  | 'INVALID_TYPE'
  | 'INVALID_DATE'
  | 'INVALID_TEXT'
  | 'INVALID_OBJECT'
  | 'TOO_LONG';

export type Rejection = {
  readonly code: RejectionCode;
  /** The field, as `User.RunId`; empty for the element itself. */
  readonly path: string;
  /** What was expected, for a person. */
  readonly expected: string;
};

export type Parsed = { readonly event: ScanEvent } | { readonly rejection: Rejection };

/** Longest `Type`, `StatusCode` and `RunId`, in characters (design: `TOO_LONG`). Dates share it: no clock has a thousand digits. */
const maxTextLength = 1024;

const expectations: Record<RejectionCode, string> = {
  NOT_AN_OBJECT: 'an object',
  MISSING: 'a value',
  INVALID_ID: 'a whole number from 1 to 9007199254740991',
  INVALID_TYPE: 'a non-empty string of whole characters',
  INVALID_DATE: 'an ISO 8601 date and time in UTC, ending in Z or without a zone',
  INVALID_TEXT: 'a string of whole characters, or null',
  INVALID_OBJECT: 'an object or null',
  TOO_LONG: `at most ${maxTextLength} characters`,
};

/** Zod messages carry our code, so that the first issue is the rejection. */
const fail = (code: RejectionCode) => (issue: { readonly input?: unknown }) =>
  issue.input === undefined ? 'MISSING' : code;

const id = z.int({ error: fail('INVALID_ID') }).positive({ error: 'INVALID_ID' });
const type = z
  .string({ error: fail('INVALID_TYPE') })
  .min(1, 'INVALID_TYPE')
  .max(maxTextLength, { error: 'TOO_LONG', abort: true })
  .refine(isWellFormed, 'INVALID_TYPE');
const text = z
  .string({ error: 'INVALID_TEXT' })
  .max(maxTextLength, { error: 'TOO_LONG', abort: true })
  .refine(isWellFormed, 'INVALID_TEXT')
  .nullish();
const instant = z
  .string({ error: fail('INVALID_DATE') })
  .max(maxTextLength, { error: 'TOO_LONG', abort: true })
  .refine(isUtcInstant, 'INVALID_DATE');
const anyObject = z.custom<object>(isPlainObject, 'INVALID_OBJECT').nullish();

const feedElement = z.object(
  {
    EventId: id,
    ParcelId: id,
    Type: type,
    CreatedDateTimeUtc: instant,
    StatusCode: text,
    User: z.object({ RunId: text }, { error: 'INVALID_OBJECT' }).nullish(),
    Device: anyObject,
  },
  { error: 'NOT_AN_OBJECT' },
);

const packedElement = z.object(
  { eventId: id, parcelId: id, type, createdDateTimeUtc: instant, statusCode: text, runId: text },
  { error: 'NOT_AN_OBJECT' },
);

/**
 * Reads one element of a feed page. Never throws, whatever JSON holds; costs at most linear time in the length of the
 * named fields and does not look at others.
 */
export function parse(raw: unknown): Parsed {
  return ordinary(raw) ?? judged(raw);
}

/** Reads one element of a pack (camel case, see `pack.ts`), under the same rules. Never throws. */
export function parsePacked(raw: unknown): Parsed {
  return ordinaryPacked(raw) ?? judgedPacked(raw);
}

/** As {@link parse}, by the schema alone: what says why an element is rejected, and the measure for the shorter way. */
export function judged(raw: unknown): Parsed {
  const result = feedElement.safeParse(isPlainObject(raw) ? raw : undefined);
  if (!result.success) return { rejection: rejectionOf(result.error) };
  const element = result.data;
  return {
    event: {
      eventId: element.EventId,
      parcelId: element.ParcelId,
      type: element.Type,
      createdDateTimeUtc: withZone(element.CreatedDateTimeUtc),
      statusCode: element.StatusCode ?? '',
      runId: element.User?.RunId ?? '',
    },
  };
}

/** As {@link parsePacked}, by the schema alone. */
export function judgedPacked(raw: unknown): Parsed {
  const result = packedElement.safeParse(isPlainObject(raw) ? raw : undefined);
  if (!result.success) return { rejection: rejectionOf(result.error) };
  const element = result.data;
  return {
    event: {
      eventId: element.eventId,
      parcelId: element.parcelId,
      type: element.type,
      createdDateTimeUtc: withZone(element.createdDateTimeUtc),
      statusCode: element.statusCode ?? '',
      runId: element.runId ?? '',
    },
  };
}

/*
 * The shorter way. Nearly every element is an ordinary event, and the schema costs several times what looking at its six
 * fields does. Whatever is not plainly an event is left to the schema, so that there is one judge of what is none.
 */

/** The event where the element is plainly one; undefined says nothing. */
function ordinary(raw: unknown): Parsed | undefined {
  if (!isFields(raw)) return undefined;
  const { EventId, ParcelId, Type, CreatedDateTimeUtc, StatusCode, User, Device } = raw;
  if (!isAbsent(Device) && !isPlainObject(Device)) return undefined;
  if (isAbsent(User)) return ordinaryEvent(EventId, ParcelId, Type, CreatedDateTimeUtc, StatusCode, undefined);
  return isFields(User)
    ? ordinaryEvent(EventId, ParcelId, Type, CreatedDateTimeUtc, StatusCode, User['RunId'])
    : undefined;
}

function ordinaryPacked(raw: unknown): Parsed | undefined {
  if (!isFields(raw)) return undefined;
  const { eventId, parcelId, type, createdDateTimeUtc, statusCode, runId } = raw;
  return ordinaryEvent(eventId, parcelId, type, createdDateTimeUtc, statusCode, runId);
}

function ordinaryEvent(
  eventId: unknown,
  parcelId: unknown,
  type: unknown,
  created: unknown,
  status: unknown,
  run: unknown,
): Parsed | undefined {
  const statusCode = status ?? '';
  const runId = run ?? '';
  if (!isId(eventId) || !isId(parcelId) || !isText(type) || type === '') return undefined;
  if (!isText(created) || !isUtcInstant(created) || !isText(statusCode) || !isText(runId)) return undefined;
  return { event: { eventId, parcelId, type, createdDateTimeUtc: withZone(created), statusCode, runId } };
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxTextLength && value.isWellFormed();
}

/** The element's id if it has a usable one, though the rest of it may be wrong: what failure records are named by. */
export function eventIdOf(raw: unknown): number | undefined {
  if (!isPlainObject(raw)) return undefined;
  const candidate = 'EventId' in raw ? raw.EventId : 'eventId' in raw ? raw.eventId : undefined;
  return isId(candidate) ? candidate : undefined;
}

/** An object as JSON gives it: one of another prototype could lend an element fields that it does not hold. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function rejectionOf(error: z.ZodError): Rejection {
  const issue = error.issues[0];
  const code = rejectionCode(issue?.message);
  return { code, path: issue?.path.join('.') ?? '', expected: expectations[code] };
}

function rejectionCode(message: string | undefined): RejectionCode {
  return message !== undefined && isRejectionCode(message) ? message : 'NOT_AN_OBJECT';
}

function isRejectionCode(text: string): text is RejectionCode {
  return Object.hasOwn(expectations, text);
}

/** Half a surrogate pair is no text: what an engine answers to it cannot be told from an outage, and one such event would stop the feed. */
function isWellFormed(string: string): boolean {
  return string.isWellFormed();
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?$/;
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A calendar instant that exists; checked by hand because `Date` rolls 30 February over into March. */
function isUtcInstant(text: string): boolean {
  if (!instantPattern.test(text)) return false;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  const days = (daysInMonth[month - 1] ?? 0) + leap;
  return day >= 1 && day <= days && twoDigits(text, 11) <= 23 && twoDigits(text, 14) <= 59 && twoDigits(text, 17) <= 59;
}

/** The number that two digits at this place of the text are: a substring and `Number` for each part would cost more than the pattern. */
function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - zero) * 10 + text.charCodeAt(at + 1) - zero;
}

const zero = '0'.charCodeAt(0);

const withZone = (instantText: string) => (instantText.endsWith('Z') ? instantText : `${instantText}Z`);
