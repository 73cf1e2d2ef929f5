import { z } from 'zod';
import { fields, isPlainObject, type Parsed, parseWith, plainEvent } from './scan-event.ts';

/** A scan event as the carrier spells it in a page of the feed. */
const feedElement = z.object(
  {
    EventId: fields.id,
    ParcelId: fields.id,
    Type: fields.type,
    CreatedDateTimeUtc: fields.instant,
    StatusCode: fields.text,
    User: z.object({ RunId: fields.text }, { error: 'INVALID_OBJECT' }).nullish(),
    Device: fields.object,
  },
  { error: 'NOT_AN_OBJECT' },
);

/**
 * Reads one element of a feed page. Never throws, whatever the JSON holds. Takes at most linear time in the length of
 * the named fields and ignores others.
 */
export function parse(raw: unknown): Parsed {
  return parseFast(raw) ?? parseBySchema(raw);
}

/** As {@link parse}, by the schema alone. */
export function parseBySchema(raw: unknown): Parsed {
  return parseWith(feedElement, raw, (element) => ({
    eventId: element.EventId,
    parcelId: element.ParcelId,
    type: element.Type,
    createdDateTimeUtc: element.CreatedDateTimeUtc,
    statusCode: element.StatusCode,
    runId: element.User?.RunId,
  }));
}

/** The event where the element is plainly one; undefined leaves the decision to the schema. */
function parseFast(raw: unknown): Parsed | undefined {
  if (!isPlainObject(raw)) return undefined;
  const { EventId, ParcelId, Type, CreatedDateTimeUtc, StatusCode, User, Device } = raw;
  if (!isAbsent(Device) && !isPlainObject(Device)) return undefined;
  if (!isAbsent(User) && !isPlainObject(User)) return undefined;
  return plainEvent({
    eventId: EventId,
    parcelId: ParcelId,
    type: Type,
    createdDateTimeUtc: CreatedDateTimeUtc,
    statusCode: StatusCode,
    runId: isAbsent(User) ? undefined : User['RunId'],
  });
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
