import { attemptsOnDemand } from '@waybill/operations/notifications/attempts-on-demand.ts';
import { resultOf } from '@waybill/operations/notifications/run-send.ts';
import {
  mostAtOnce,
  type SendDependencies,
  type Sending,
  sendNotifications,
} from '@waybill/operations/notifications/send-notifications.ts';
import { nothingSent, type Sent } from '@waybill/operations/notifications/sent-shape.ts';
import { onRecord } from '@waybill/operations/record/on-record.ts';
import type { OperationLog } from '@waybill/operations/record/operation-log.ts';
import { costOf } from '@waybill/operations/record/plan.ts';
import { isExpected } from '@waybill/shared/error.ts';
import { z } from 'zod';
import { type Caller, requireScope } from '../access/caller.ts';
import { operationLogOf } from '../operations/operations.ts';
import { Problem } from '../problems/problem.ts';
import { inSoberWords } from '../problems/sober-words.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { requestLimitMs } from '../server/limits.ts';

export const deliveriesRequest = z.strictObject({
  parcelIds: z.array(z.int().min(1)).min(1).max(mostAtOnce),
  attempts: z
    .int()
    .min(attemptsOnDemand.min)
    .max(attemptsOnDemand.max)
    .default(attemptsOnDemand.usual)
    .describe(
      'Requests to the webhook for one notification at most, with backoff, as far as the time of the request allows.',
    ),
  again: z.boolean().default(false).describe('Whether what was told before is told once more, under the same id.'),
  because: z
    .string()
    .regex(/\S/, 'a reason')
    .max(1_024)
    .default('asked for by the API')
    .describe('Why. It goes on record.'),
});

export type DeliveriesDependencies = {
  /** Where it goes on record; the operations table by default. */
  readonly operations?: OperationLog;
  /** Milliseconds after which attempts are cut off. */
  readonly attemptsLimitMs?: number;
} & Pick<ApiDependencies, 'documents' | 'deployment' | 'clock' | 'random' | 'notifying'>;

/** Two seconds of the request are left for what is recorded and said after the last attempt was cut off. */
const defaultLimitMs = requestLimitMs - 2_000;

/** Seconds after which another try is worth it, where the endpoint does not say. */
const retryAfterSeconds = 5;

/**
 * Notifies parcels while the caller waits, on record. Resolves with the lists where at least one was told or nothing was left to
 * do. Throws a problem that has the same lists otherwise, and `NOTIFICATIONS_OFF` without a webhook.
 */
export async function postDeliveries(
  deps: DeliveriesDependencies,
  caller: Caller,
  { parcelIds, attempts, again, because }: z.output<typeof deliveriesRequest>,
  signal: AbortSignal,
): Promise<Sent> {
  requireScope(caller, 'operate');
  const { notifying, clock, random, operations = operationLogOf(deps), attemptsLimitMs = defaultLimitMs } = deps;
  if (!notifying) throw new Problem('NOTIFICATIONS_OFF', 'this deployment has no webhook to notify');
  const ids = [...new Set(parcelIds)];
  const sendDeps: SendDependencies = { ...notifying, clock, random, explain: inSoberWords };
  const timeOver = AbortSignal.timeout(attemptsLimitMs);
  let sending: Sending | undefined;
  try {
    await onRecord(
      {
        kind: 'notifications-send',
        by: caller.name,
        because,
        filter: { parcel: ids, attempts, again },
        plan: planOf(ids),
      },
      { operations, clock, random, signal, explain: inSoberWords },
      async (_, context) => {
        const within = AbortSignal.any([context.signal, timeOver]);
        sending = await sendNotifications(sendDeps, { parcelIds: ids, attempts, again }, within);
        return resultOf(sending.sent);
      },
    );
  } catch (error) {
    // Without a record nothing is done.
    if (sending || !isExpected(error)) throw error;
    return answerOf(nothingDone(ids, error));
  }
  // Undefined where the client had gone before it began.
  return answerOf(sending ?? nothingDone(ids, signal.reason));
}

function planOf(parcelIds: readonly number[]) {
  return {
    count: parcelIds.length,
    isMoreThan: false,
    byReason: {},
    oldestUtc: null,
    newestUtc: null,
    samples: [],
    cost: costOf({ readUnits: 2 * parcelIds.length, writeUnits: parcelIds.length }),
    notLookedAt: [],
    warnings: [],
  };
}

function nothingDone(parcelIds: readonly number[], error: unknown): Sending {
  const reason = `nothing was done: ${inSoberWords(error)}`;
  const failed = parcelIds.map((parcelId) => ({ parcelId, reason, retryable: true }));
  return { sent: { ...nothingSent(), failed }, retryAfterMs: undefined };
}

/**
 * What the lists answer. The first line that fits: one was told; one failed that may work later; one failed for good; all that
 * exist lack a requirement; none exists. What is left was told before, so nothing is left to do.
 */
export function answerOf({ sent, retryAfterMs }: Sending): Sent {
  const { notified, alreadyNotified, requirementsNotMet, failed, notFound } = sent;
  if (notified.length > 0) return sent;
  const members = { ...sent };
  if (failed.some(({ retryable }) => retryable)) {
    const seconds = Math.max(retryAfterSeconds, Math.ceil((retryAfterMs ?? 0) / 1_000));
    const detail =
      'the webhook, or a service that this needs, does not answer now: "failed" says which parcels to send again';
    throw new Problem('UNAVAILABLE', detail, { members, retryAfterSeconds: seconds });
  }
  if (failed.length > 0) throw new Problem('WEBHOOK_REFUSED', 'none could be told: "failed" says why', { members });
  if (alreadyNotified.length > 0) return sent;
  if (requirementsNotMet.length > 0) {
    throw new Problem('UNPROCESSABLE', 'none meets the requirements: "requirementsNotMet" says which', { members });
  }
  if (notFound.length > 0) throw new Problem('NOT_FOUND', 'there is no parcel with any of these ids', { members });
  return sent;
}
