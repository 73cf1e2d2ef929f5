import { z } from 'zod';

/** What is looked at, in the order in which findings are told. */
export const checks = [
  'reachable',
  'authorised',
  'envelope',
  'first-event',
  'elements',
  'order',
  'steps',
  'repeats',
  'timestamps',
  'types',
  'from-event-id',
  'limit',
  'beyond-newest',
  'compression',
  'retry-after',
  'failures',
  'speed',
] as const;

export type Check = (typeof checks)[number];

/** `good`: as it should be. `note`: Waybill lives with it, and a person should know. `problem`: the feed cannot be mirrored like this. */
export const levels = ['good', 'note', 'problem'] as const;

export type Level = (typeof levels)[number];

/** One sentence, without a payload, a token or a query. */
export type Finding = { readonly check: Check; readonly level: Level; readonly sentence: string };

/** What came of one part of the check. `notLookedAt`: a sentence each. */
export type Part = { readonly findings: readonly Finding[]; readonly notLookedAt: readonly string[] };

/** The answer of {@link checkFeed} as JSON. */
export const feedCheckShape = z.strictObject({
  /** Without user, password and query. */
  url: z.string(),
  checkedAtUtc: z.iso.datetime(),
  /** No finding is a problem, and a page with events was read. */
  canBeMirrored: z.boolean(),
  requests: z.int().nonnegative(),
  tookMs: z.int().nonnegative(),
  findings: z.array(z.strictObject({ check: z.enum(checks), level: z.enum(levels), sentence: z.string() })).readonly(),
  /** What the check did not come to, a sentence each. */
  notLookedAt: z.array(z.string()).readonly(),
});

export type FeedCheck = Readonly<z.infer<typeof feedCheckShape>>;

export const good = (check: Check, sentence: string): Finding => ({ check, level: 'good', sentence });
export const note = (check: Check, sentence: string): Finding => ({ check, level: 'note', sentence });
export const problem = (check: Check, sentence: string): Finding => ({ check, level: 'problem', sentence });

/** The middle one, the lower of two; 0 of none. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
