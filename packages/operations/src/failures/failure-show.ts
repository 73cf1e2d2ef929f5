import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { failureRetentionDays, tables } from '@waybill/shared/resources.ts';
import { z } from 'zod';
import { failureRecordOf, projectionOf, recordAttributes } from './failure-item.ts';
import { listedFailureShape } from './failure-list.ts';
import { nextStep } from './next-step.ts';
import type { FailuresDependencies } from './read-unresolved.ts';

/** One failure. */
export const shownFailureShape = listedFailureShape.extend({
  resolvedAtUtc: z.string().nullable(),
  expiresAtUtc: z.string().nullable(),
  /** What an operator can do about it. */
  next: z.string(),
  /** What failed, up to 64 KiB of it, with ids of people: only where it was asked for. Null where the record has none. */
  body: z.string().nullable().optional(),
});
export type ShownFailure = z.infer<typeof shownFailureShape>;

/**
 * Reads one failure record, resolved or not, by a consistent read. Rejects with `NOT_FOUND` where there is none.
 *
 * @param withBody whether the payload is read as well: it may hold ids of people
 */
export async function failureShow(
  { documents, deployment, clock }: FailuresDependencies & { readonly clock: Pick<Clock, 'now'> },
  failureId: string,
  { withBody }: { readonly withBody: boolean },
): Promise<ShownFailure> {
  const { Item } = await documents.send(
    new GetCommand({
      TableName: deployment.failuresTable,
      Key: { [tables.failures.key.name]: failureId },
      ConsistentRead: true,
      ...projectionOf(withBody ? [...recordAttributes, 'body'] : recordAttributes),
    }),
  );
  if (!Item)
    throw new WaybillError(
      'NOT_FOUND',
      `there is no failure record ${failureId} (it is kept ${failureRetentionDays} days after the last failure)`,
      {
        details: { failureId, next: 'waybill failures list' },
      },
    );
  const record = failureRecordOf(Item);
  const next = nextStep(record, clock.now());
  return withBody ? { ...record, next, body: bodyOf(Item) } : { ...record, next };
}

function bodyOf({ body }: Readonly<Record<string, unknown>>): string | null {
  return typeof body === 'string' ? body : null;
}
