import { z } from 'zod';
import { named } from '../openapi/schema-registry.ts';
import { mostElements } from './push-body.ts';

const id = z.int().min(1);
const text = z.string().max(1024).nullable().optional();

/** A day that each year has, so that what is made from the document is a day. 29 February is taken, too. */
const day =
  '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))';
const instant = new RegExp(`^\\d{4}-${day}T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,20})?Z?$`);

const element = named(
  'ScanEventElement',
  z.looseObject({
    EventId: id,
    ParcelId: id,
    Type: z.string().min(1).max(1024).describe('`PICKUP`, `STATUS`, `DELIVERY`, or another'),
    CreatedDateTimeUtc: z
      .string()
      .regex(instant)
      .describe('ISO 8601 in UTC with any fraction, ending in `Z` or without a zone'),
    StatusCode: text,
    User: z.looseObject({ RunId: text }).nullable().optional(),
    Device: z.looseObject({}).nullable().optional(),
  }),
  'An element of the Scan Event API. One that is not like this is rejected; its neighbours are not.',
);

/** What a push is in the document. It is read by `push-body.ts` and judged, element by element, as the poller judges them. */
export const pushShape = named(
  'Push',
  z.looseObject({ ScanEvents: z.array(element).min(1).max(mostElements) }),
  'A page of the Scan Event API, pushed.',
);

const rejectedShape = z.strictObject({
  index: z.number().describe('Its place among the elements, from 0'),
  code: z.string(),
  path: z.string().describe('The field, as `User.RunId`; empty for the element itself'),
  expected: z.string(),
});

export const acceptedShape = named(
  'PushAccepted',
  z.strictObject({
    batchId: z.string(),
    accepted: z.number().describe('Events, each of them confirmed on the queue'),
    rejected: z.array(rejectedShape).describe('Elements that are not scan events: the sender’s to mend'),
  }),
);

/** Of the caller's own choice: 1–255 visible ASCII characters. */
export const keyShape = z.string().regex(/^[\x21-\x7e]{1,255}$/, '1–255 visible ASCII characters');
