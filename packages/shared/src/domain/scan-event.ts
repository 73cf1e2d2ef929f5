import { z } from 'zod';

/** One valid scan event, reduced to what Waybill keeps of it: `feed-element.ts` reads the carrier's spelling, `pack.ts` that of messages. */
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

/** What a parcel's event says of it. */
export type Scan = Omit<ScanEvent, 'parcelId'>;

/** By id; two contents under one id by their fields in a fixed order, so that neither side of a merge is favoured. */
export function compareScans(a: Scan, b: Scan): number {
  return (
    a.eventId - b.eventId ||
    compareText(a.createdDateTimeUtc, b.createdDateTimeUtc) ||
    compareText(a.type, b.type) ||
    compareText(a.statusCode, b.statusCode) ||
    compareText(a.runId, b.runId)
  );
}

/** By code unit, as `<` does: no locale has a say in what is stored. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Why an element is not a scan event. Stable: metrics, logs and failure records carry it. */
export type RejectionCode =
  | 'NOT_AN_OBJECT'
  | 'MISSING'
  | 'INVALID_ID'
  | 'INVALID_TYPE'
  | 'INVALID_DATE'
  | 'INVALID_TEXT'
  | 'INVALID_OBJECT'
  | 'TOO_LONG'
  | 'UNREADABLE';

export type Rejection = {
  readonly code: RejectionCode;
  /** The field, as `User.RunId`; empty for the element itself. */
  readonly path: string;
  /** What was expected, for a person. */
  readonly expected: string;
};

export type Parsed = { readonly event: ScanEvent } | { readonly rejection: Rejection };

/** The id of an element in either spelling, if it has a usable one, though the rest of it may be wrong. Failure records are named by it. */
export function eventIdOf(raw: unknown): number | undefined {
  return idOf(raw, 'EventId', 'eventId');
}

/** The parcel of an element in either spelling, if it has a usable id, though the rest of it may be wrong. Failure records carry it. */
export function parcelIdOf(raw: unknown): number | undefined {
  return idOf(raw, 'ParcelId', 'parcelId');
}

function idOf(raw: unknown, carriers: string, ours: string): number | undefined {
  if (!isPlainObject(raw)) return undefined;
  const candidate = carriers in raw ? raw[carriers] : raw[ours];
  return isId(candidate) ? candidate : undefined;
}

/** Longest `Type`, `StatusCode` and `RunId`, in characters (design: `TOO_LONG`). Dates share it: no clock has a thousand digits. */
const maxTextLength = 1024;

/** What an element must have instead of what it has, in words. Numbers in them are bounds, not ids. */
export const expectations: Readonly<Record<RejectionCode, string>> = {
  NOT_AN_OBJECT: 'an object',
  MISSING: 'a value',
  INVALID_ID: 'a whole number from 1 to 9007199254740991',
  INVALID_TYPE: 'a non-empty string of whole characters',
  INVALID_DATE: 'an ISO 8601 date and time in UTC, ending in Z or without a zone',
  INVALID_TEXT: 'a string of whole characters, or null',
  INVALID_OBJECT: 'an object or null',
  TOO_LONG: `at most ${maxTextLength} characters`,
  UNREADABLE: 'a page of JSON in UTF-8',
};

/** Zod messages carry our code, so that the first issue is the rejection. */
const fail = (code: RejectionCode) => (issue: { readonly input?: unknown }) =>
  issue.input === undefined ? 'MISSING' : code;

/** What each kind of field must be, in either spelling. */
export const fields = {
  id: z.int({ error: fail('INVALID_ID') }).positive({ error: 'INVALID_ID' }),
  type: z
    .string({ error: fail('INVALID_TYPE') })
    .min(1, 'INVALID_TYPE')
    .max(maxTextLength, { error: 'TOO_LONG', abort: true })
    .refine(isWellFormed, 'INVALID_TYPE'),
  instant: z
    .string({ error: fail('INVALID_DATE') })
    .max(maxTextLength, { error: 'TOO_LONG', abort: true })
    .refine(isUtcInstant, 'INVALID_DATE'),
  text: z
    .string({ error: 'INVALID_TEXT' })
    .max(maxTextLength, { error: 'TOO_LONG', abort: true })
    .refine(isWellFormed, 'INVALID_TEXT')
    .nullish(),
  object: z.custom<object>(isPlainObject, 'INVALID_OBJECT').nullish(),
};

/** An event as a spelling may have it: texts missing or null, the time without its zone. */
type LooseEvent = Omit<ScanEvent, 'statusCode' | 'runId'> & {
  readonly statusCode?: string | null | undefined;
  readonly runId?: string | null | undefined;
};

/** Reads an element by the schema of its spelling. This alone decides what is rejected, and why. */
export function parseWith<Element>(
  schema: z.ZodType<Element>,
  raw: unknown,
  eventFrom: (element: Element) => LooseEvent,
): Parsed {
  // The schema takes 25 µs to refuse; a message may hold 131,000 of these.
  if (!isPlainObject(raw))
    return { rejection: { code: 'NOT_AN_OBJECT', path: '', expected: expectations.NOT_AN_OBJECT } };
  const result = schema.safeParse(raw);
  if (!result.success) return { rejection: rejectionOf(result.error) };
  const { eventId, parcelId, type, createdDateTimeUtc, statusCode, runId } = eventFrom(result.data);
  return {
    event: {
      eventId,
      parcelId,
      type,
      createdDateTimeUtc: withZone(createdDateTimeUtc),
      statusCode: statusCode ?? '',
      runId: runId ?? '',
    },
  };
}

/**
 * The event where its fields are plainly those of one; undefined leaves the decision to the schema, which costs several
 * times as much. Nearly every element is plain.
 */
export function plainEvent(
  element: Readonly<Partial<Record<keyof ScanEvent, unknown>>>,
): { readonly event: ScanEvent } | undefined {
  const { eventId, parcelId, type, createdDateTimeUtc } = element;
  const statusCode = element.statusCode ?? '';
  const runId = element.runId ?? '';
  if (!isId(eventId) || !isId(parcelId) || !isText(type) || type === '') return undefined;
  if (!isText(createdDateTimeUtc) || !isUtcInstant(createdDateTimeUtc)) return undefined;
  if (!isText(statusCode) || !isText(runId)) return undefined;
  const event = { eventId, parcelId, type, createdDateTimeUtc: withZone(createdDateTimeUtc), statusCode, runId };
  return { event };
}

/** An object as JSON gives it: one of another prototype could lend an element fields that it does not hold. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxTextLength && value.isWellFormed();
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

/** Engines answer half a surrogate pair as they answer in an outage: one such event would stop the feed. */
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

function withZone(instantText: string): string {
  return instantText.endsWith('Z') ? instantText : `${instantText}Z`;
}
