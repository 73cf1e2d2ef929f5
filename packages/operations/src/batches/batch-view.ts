import { z } from 'zod';
import { type BatchStatus, batchStatuses } from './batch-status.ts';

/** A batch as the command line prints it and the API returns it. Null: not known, or not yet. */
export const batchShape = z.strictObject({
  batchId: z.string(),
  status: z.enum(batchStatuses),
  /** Events. */
  accepted: z.number(),
  rejected: z.number(),
  /** Messages that its events were sent in. */
  packs: z.number().nullable(),
  packsPending: z.number(),
  /** Ids of the failures that are not resolved. */
  failed: z.array(z.string()),
  createdAtUtc: z.string().nullable(),
  startedAtUtc: z.string().nullable(),
  finishedAtUtc: z.string().nullable(),
});

export type BatchView = z.infer<typeof batchShape>;

const text = z.string().nullable().default(null);
const count = z.number().default(0);

/** DynamoDB knows no empty set: the attribute is absent then. */
const storedBatch = z.object({
  batchId: z.string(),
  state: z.enum(['sending', 'sent']),
  accepted: count,
  rejected: count,
  packs: z.number().nullable().default(null),
  pending: z.set(z.number()).default(new Set()),
  failed: z.set(z.string()).default(new Set()),
  createdAtUtc: text,
  startedAtUtc: text,
  finishedAtUtc: text,
});

/** Shows a stored batch; undefined where the item is not one. */
export function batchView(item: Readonly<Record<string, unknown>>): BatchView | undefined {
  const { data } = storedBatch.safeParse(item);
  if (!data) return undefined;
  const { state, pending, failed, packs, ...rest } = data;
  const packsPending = pending.size;
  return {
    batchId: rest.batchId,
    status: statusOf({ isSent: state === 'sent', packs, packsPending, hasFailed: failed.size > 0 }),
    accepted: rest.accepted,
    rejected: rest.rejected,
    packs,
    packsPending,
    failed: [...failed].sort(),
    createdAtUtc: rest.createdAtUtc,
    startedAtUtc: rest.startedAtUtc,
    // The processor writes it with each message: it cannot tell which is the last.
    finishedAtUtc: state === 'sent' && packsPending === 0 ? rest.finishedAtUtc : null,
  };
}

type BatchFacts = {
  readonly isSent: boolean;
  readonly packs: number | null;
  readonly packsPending: number;
  readonly hasFailed: boolean;
};

/** A pack that is not settled may have failures already; what counts for `failed` is that nothing is left to come. */
export function statusOf({ isSent, packs, packsPending, hasFailed }: BatchFacts): BatchStatus {
  if (!isSent) return 'receiving';
  if (packsPending === 0) return hasFailed ? 'failed' : 'completed';
  return packsPending === packs ? 'queued' : 'processing';
}
