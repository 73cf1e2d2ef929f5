import { type PriceName, prices } from '@waybill/shared/prices.ts';

/** What AWS bills per request and unit. Tasks, storage, logs and metrics are billed by the hour or month. */
export type Consumption = {
  /** As billed: one per 64 KiB of payload. */
  readonly sqsRequests: number;
  readonly writeUnits: number;
  readonly readUnits: number;
};

/** The price of each quantity of a {@link Consumption}. */
export const pricesOfConsumption = {
  sqsRequests: 'sqsRequest',
  writeUnits: 'writeUnit',
  readUnits: 'readUnit',
} as const satisfies Record<keyof Consumption, PriceName>;

/** US dollars at the list prices of us-east-1. */
export function dollarsOf({ sqsRequests, writeUnits, readUnits }: Consumption): number {
  return sqsRequests * prices.sqsRequest.usd + writeUnits * prices.writeUnit.usd + readUnits * prices.readUnit.usd;
}

/** An amount as people write it: with cents, and below ten cents with three digits. */
export function shownDollars(usd: number): string {
  if (usd === 0 || usd >= 0.1)
    return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${Number(usd.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 })}`;
}

/** Region and dates of the prices, such as `us-east-1 list prices of 2025-07-21 to 2026-09-21`. */
export function shownPriceDates(): string {
  const days = Object.values(pricesOfConsumption)
    .map((name) => prices[name].asOf)
    .sort();
  const [first = '', last = ''] = [days.at(0), days.at(-1)];
  return `us-east-1 list prices of ${first === last ? first : `${first} to ${last}`}`;
}
