import { deliver } from '@waybill/notifier/delivery/deliver.ts';
import type { Delivery, DeliveryDependencies } from '@waybill/notifier/delivery/delivery.ts';
import { batchGetKeys } from '@waybill/shared/batch-get.ts';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import { describeError, isExpected } from '@waybill/shared/error.ts';
import { onDemandCalls } from './on-demand-calls.ts';
import { nothingSent, type Sent } from './sent-shape.ts';

/** Parcels that are looked at in one call. */
export const mostAtOnce = batchGetKeys;

export type SendDependencies = {
  /** What the notifier works with. */
  readonly delivery: DeliveryDependencies;
  /** `WEBHOOK_CONCURRENCY`. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly random: Random;
  /** What an error says to whoever asked; its code and message by default. */
  readonly explain?: (error: unknown) => string;
};

export type SendRequest = {
  /** At most {@link mostAtOnce}. */
  readonly parcelIds: readonly number[];
  readonly attempts: number;
  /** Tells what was told before once more, under the same id. */
  readonly again: boolean;
};

/** The lists, and for how long the endpoint asks to be left alone, where it does. */
export type Sending = { readonly sent: Sent; readonly retryAfterMs: number | undefined };

/**
 * Notifies parcels with the notifier's own code while somebody waits: what cannot be told is recorded, and is one of the lists.
 * `signal`: when it aborts, requests under way are cut off and the rest is not begun; all of that is `failed` and retryable, and
 * what was told is recorded. A parcel with several milestones is in the first list that fits one of them: failed, notified,
 * requirements not met, notified already, not found. Rejects with errors inside of Waybill only.
 */
export async function sendNotifications(
  deps: SendDependencies,
  { parcelIds, attempts, again }: SendRequest,
  signal: AbortSignal,
): Promise<Sending> {
  const { delivery, concurrency, clock, random, explain = describeError } = deps;
  const calls = onDemandCalls({ clock, random, attempts, concurrency, signal });
  const looks = [...new Set(parcelIds)].map((parcelId) => ({ parcelId, announced: [] }));
  const deliveries = deliver(looks, calls, delivery, { again, recordsUnavailable: true });
  const sent = nothingSent();
  let retryAfterMs: number | undefined;
  for (const [parcelId, promise] of deliveries) {
    let each: readonly Delivery[];
    try {
      each = await promise;
    } catch (error) {
      if (!isExpected(error)) throw error;
      sent.failed.push({ parcelId, reason: explain(error), retryable: true });
      continue;
    }
    addTo(sent, parcelId, each);
    for (const one of each) {
      if (one.outcome === 'unavailable') retryAfterMs = Math.max(retryAfterMs ?? 0, one.retryAfterMs ?? 0);
    }
  }
  return { sent, retryAfterMs };
}

/** Puts a parcel into the list in which it belongs. */
function addTo(sent: Sent, parcelId: number, deliveries: readonly Delivery[]): void {
  const failures = deliveries.flatMap(failureOf);
  const has = (outcome: Delivery['outcome']) => deliveries.some((each) => each.outcome === outcome);
  const unmet = [...new Set(deliveries.flatMap(unmetOf))];
  if (failures.length > 0) {
    const reason = failures.map((each) => each.reason).join('; ');
    sent.failed.push({ parcelId, reason, retryable: failures.some(({ retryable }) => retryable) });
  } else if (has('notified')) sent.notified.push(parcelId);
  else if (unmet.length > 0) sent.requirementsNotMet.push({ parcelId, unmet });
  else if (has('already-notified')) sent.alreadyNotified.push(parcelId);
  else sent.notFound.push(parcelId);
}

type Failure = { readonly reason: string; readonly retryable: boolean };

function failureOf(delivery: Delivery): Failure[] {
  switch (delivery.outcome) {
    case 'refused':
    case 'unreadable':
      return [{ reason: delivery.detail, retryable: false }];
    case 'unavailable':
      return [{ reason: delivery.detail, retryable: true }];
    default:
      return [];
  }
}

function unmetOf(delivery: Delivery): readonly string[] {
  if (delivery.outcome === 'requirements-not-met') return delivery.unmet;
  return delivery.outcome === 'not-reached' && delivery.isStored ? ['reached'] : [];
}
