import type { Operation } from '@waybill/operations/record/operation.ts';
import { costOf, type Plan } from '@waybill/operations/record/plan.ts';
import { ago, days, hours, inDays, minutes } from './moment.ts';
import type { PlainItem } from './write-items.ts';

/** A redrive that is under way. */
export const runningOperationId = '20261128T221248-9c0ffee0';

/** One that has ended, in every world with a past. */
export const endedOperationId = '20261127T091501-1f2e3d4c';

/** An operation as the operations table has it. */
export function operationItem({ plan, ...operation }: Operation): PlainItem {
  return {
    ...operation,
    plan: JSON.stringify(plan),
    startedMonth: operation.startedAtUtc.slice(0, 'YYYY-MM'.length),
    expiresAt: inDays(400),
  };
}

export function planOf(count: number, byReason: Plan['byReason']): Plan {
  return {
    ...{ count, isMoreThan: false, byReason, oldestUtc: ago(3 * hours), newestUtc: ago(6 * minutes) },
    ...{ samples: [], notLookedAt: [], warnings: [] },
    cost: costOf({ sqsRequests: Math.ceil((count * 3) / 10), readUnits: count / 2, writeUnits: count * 2 }),
  };
}

/** What was done in the last weeks. */
export function pastOperations(): readonly PlainItem[] {
  const past: readonly Operation[] = [
    {
      ...{ operationId: endedOperationId, kind: 'redrive-some', by: 'nightshift' },
      because: 'release 0.2.0 reads the carrier’s new dates',
      filter: { reason: 'INVALID_EVENT' },
      plan: planOf(1_204, { INVALID_EVENT: 1_204 }),
      ...{ startedAtUtc: ago(37 * hours), outcome: 'done', counts: { redriven: 1_204, handedBack: 311 } },
      finishedAtUtc: ago(37 * hours - 96),
    },
    {
      ...{ operationId: '20261125T140210-77a1b2c3', kind: 'replay', by: 'arn:aws:iam::111122223333:user/ops' },
      because: 'the carrier sent a depot’s scans again, with the right times',
      filter: { from: 71_000, to: 74_500 },
      plan: planOf(3_501, {}),
      ...{ startedAtUtc: ago(3 * days + 8 * hours), outcome: 'done', counts: { events: 3_501, messages: 29 } },
      finishedAtUtc: ago(3 * days + 8 * hours - 41),
    },
    {
      ...{ operationId: '20261121T083000-00c0ffee', kind: 'parcel-repair', by: 'nightshift' },
      because: 'event 61234 was scanned with another parcel’s label',
      filter: { parcelId: 5_017, without: [61_234] },
      plan: planOf(1, {}),
      ...{ startedAtUtc: ago(7 * days + 14 * hours), outcome: 'refused', counts: {} },
      ...{ finishedAtUtc: ago(7 * days + 14 * hours - 2), problems: ['the parcel changed since it was looked at'] },
    },
  ];
  return past.map(operationItem);
}

/** A redrive that runs now. It stands in the way of another one. */
export function runningOperation(): PlainItem {
  return operationItem({
    ...{ operationId: runningOperationId, kind: 'redrive-some', by: 'nightshift' },
    because: 'unharmed: processors were replaced',
    filter: { reason: 'REPEATEDLY_INTERRUPTED' },
    plan: planOf(400, { REPEATEDLY_INTERRUPTED: 400 }),
    ...{ startedAtUtc: ago(162), heartbeatAtUtc: ago(2) },
    progress: { what: 'dead letters sent back', done: 180, total: 400 },
  });
}
