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

/** Reads one element of a pack (camel case, see `pack.ts`), under the same rules. Never throws. */
export function parsePacked(raw: unknown): Parsed {
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

/** The element's id if it has a usable one, though the rest of it may be wrong: what failure records are named by. */
export function eventIdOf(raw: unknown): number | undefined {
  if (!isPlainObject(raw)) return undefined;
  const candidate = 'EventId' in raw ? raw.EventId : 'eventId' in raw ? raw.eventId : undefined;
  return typeof candidate === 'number' && Number.isSafeInteger(candidate) && candidate > 0 ? candidate : undefined;
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

const instantPattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?Z?$/;
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A calendar instant that exists; checked by hand because `Date` rolls 30 February over into March. */
function isUtcInstant(text: string): boolean {
  const match = instantPattern.exec(text);
  if (!match) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  const days = (daysInMonth[month - 1] ?? 0) + leap;
  return day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 59;
}

const withZone = (instantText: string) => (instantText.endsWith('Z') ? instantText : `${instantText}Z`);
