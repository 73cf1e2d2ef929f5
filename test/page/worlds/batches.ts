import { ago, hours, inDays, minutes } from './moment.ts';
import type { PlainItem } from './write-items.ts';

export type BatchInput = {
  readonly createdAgo: number;
  readonly state: 'sending' | 'sent';
  readonly accepted: number;
  readonly rejected: number;
  readonly packs: number;
  readonly pending: number;
  readonly failed: readonly string[];
};

/** Batches of a push partner: received, queued, processing, failed, completed. */
export function batches(): readonly PlainItem[] {
  const ended = { state: 'sent', rejected: 0, pending: 0, failed: [] } as const;
  return [
    { ...ended, createdAgo: 20, state: 'sending', accepted: 400, packs: 3, pending: 3 } as const,
    { ...ended, createdAgo: 45, accepted: 1_000, packs: 8, pending: 8 },
    { ...ended, createdAgo: 70, accepted: 1_000, packs: 8, pending: 3 },
    {
      ...ended,
      createdAgo: 12 * minutes,
      accepted: 998,
      rejected: 2,
      packs: 8,
      failed: ['event-98001', 'event-98002'],
    },
    ...Array.from({ length: 12 }, (_, index) => ({
      ...{ ...ended, createdAgo: (1 + index) * hours, accepted: 1_000 - index * 37, packs: 8 },
    })),
  ].map(batchItem);
}

/** A batch as the API stores it. */
export function batchItem({ createdAgo, pending, failed, ...rest }: BatchInput): PlainItem {
  const createdAtUtc = ago(createdAgo);
  const isStarted = pending < rest.packs;
  return {
    ...rest,
    batchId: batchIdAgo(createdAgo),
    ...(pending > 0 && { pending: new Set(Array.from({ length: pending }, (_, index) => index)) }),
    ...(failed.length > 0 && { failed: new Set(failed) }),
    createdAtUtc,
    createdDay: createdAtUtc.slice(0, 'YYYY-MM-DD'.length),
    ...(isStarted && { startedAtUtc: ago(createdAgo - 2), finishedAtUtc: ago(createdAgo - 9) }),
    expiresAt: inDays(14),
  };
}

/** The id of the batch that came so many seconds ago. */
export function batchIdAgo(seconds: number): string {
  return `${ago(seconds).replace(/[-:.Z]/g, '')}-${seconds.toString(16).padStart(12, '0')}`;
}
