import { z } from 'zod';
import { longestCursor } from './cursor.ts';

/** Entries of a page, unless the client asks for fewer or more. */
const defaultLimit = 100;

/** Entries of a page, at most: more is taken as this. */
const mostLimit = 1_000;

/** A whole number in digits and nothing else: no sign, point, exponent or leading zero. Anything else is left for the schema to refuse. */
export function wholeNumber(text: unknown): unknown {
  return typeof text === 'string' && /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : text;
}

const limitShape = z
  .preprocess(
    (text) => {
      const limit = wholeNumber(text);
      return typeof limit === 'number' ? Math.min(limit, mostLimit) : limit;
    },
    // No upper bound in the document either: any is taken.
    z.int('a whole number in digits').min(1).meta({ maximum: undefined }).default(defaultLimit),
  )
  .describe(`How many to return at most; more than ${mostLimit} is taken as ${mostLimit}. A page may be shorter`);

const cursorShape = z
  .string()
  .min(1)
  .max(longestCursor)
  .optional()
  .describe('`nextCursor` of the page before, with the filters of that page. The limit may be another');

/** The parameters of each list. */
export const pageParameters = { limit: limitShape, cursor: cursorShape } as const;

/** A member of each list's answer. */
export const nextCursorShape = z
  .string()
  .optional()
  .describe('The cursor of the next page; absent at the end, and only there');
