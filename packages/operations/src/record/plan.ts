import { counted } from '@waybill/shared/counted.ts';
import { prices } from '@waybill/shared/prices.ts';

/** What an act will spend, without tax or free tier. */
export type PlannedCost = {
  readonly sqsRequests: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** US dollars at list prices. */
  readonly dollars: number;
};

/** What an act will do, as `--dry-run` prints it and the operation's record keeps it. This object is what runs. */
export type Plan = {
  /** How many messages, parcels, events or records the act will touch. */
  readonly count: number;
  /** There are more than `count`: counting ended there. */
  readonly isMoreThan: boolean;
  /** How many of them for each reason, or another word that fits the act; empty where there is nothing to tell apart. */
  readonly byReason: Readonly<Record<string, number>>;
  /** ISO dates and times; null where nothing is dated. */
  readonly oldestUtc: string | null;
  readonly newestUtc: string | null;
  /** Up to {@link mostSamples} of what it will touch, without payloads. */
  readonly samples: readonly Readonly<Record<string, string | number | null>>[];
  readonly cost: PlannedCost;
  /** What the plan could not look at, a sentence each. */
  readonly notLookedAt: readonly string[];
  /** What speaks against it, a sentence each: "the fix is not out". */
  readonly warnings: readonly string[];
};

export const mostSamples = 10;

/** The cost of these requests and units. */
export function costOf({
  sqsRequests = 0,
  readUnits = 0,
  writeUnits = 0,
}: Partial<Omit<PlannedCost, 'dollars'>>): PlannedCost {
  const dollars =
    sqsRequests * prices.sqsRequest.usd + readUnits * prices.readUnit.usd + writeUnits * prices.writeUnit.usd;
  return { sqsRequests, readUnits, writeUnits, dollars };
}

/** How much more than was planned may be met before a run refuses to go on. */
const tolerance = 0.1;

/**
 * Whether what a run has met is more than its plan said: over 10 % more, and more than one more, since a plan of three is
 * not wrong with four. A plan that says "more than" sets no bound.
 */
export function exceedsPlan(met: number, { count, isMoreThan }: Pick<Plan, 'count' | 'isMoreThan'>): boolean {
  return !isMoreThan && met > Math.max(count * (1 + tolerance), count + 1);
}

/** `$0.0012: 3 SQS requests, 1,204 write units`. */
export function costInWords({ sqsRequests, readUnits, writeUnits, dollars }: PlannedCost): string {
  const amounts = { 'SQS request': sqsRequests, 'read unit': readUnits, 'write unit': writeUnits };
  const spent = Object.entries(amounts).flatMap(([what, amount]) => {
    const whole = Math.ceil(amount);
    return whole > 0 ? [counted(whole, what)] : [];
  });
  return `${dollarsOf(dollars)}${spent.length > 0 ? `: ${spent.join(', ')}` : ''}`;
}

/** `$0.0012`: small sums are what most acts cost. */
function dollarsOf(dollars: number): string {
  if (dollars === 0) return '$0';
  return dollars >= 0.01
    ? `$${dollars.toFixed(2)}`
    : `$${Number(dollars.toPrecision(2)).toFixed(8).replace(/0+$/, '')}`;
}
