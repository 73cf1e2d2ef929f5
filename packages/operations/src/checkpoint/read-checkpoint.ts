import { type DynamoDBDocumentClient, GetCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import { decodeGaps } from '@waybill/shared/checkpoint/stored-gaps.ts';
import { z } from 'zod';
import type { Deployment } from '../deployment.ts';

export type CheckpointDependencies = {
  readonly documents: DynamoDBDocumentClient;
  readonly deployment: Pick<Deployment, 'checkpointsTable'>;
};

/** Open gaps that an answer lists at most. */
export const mostGaps = 10;

const utc = z.string().nullable();
const eventId = z.int().nonnegative().nullable();

/** One feed's checkpoint, as `checkpoint show` prints it. What the item does not have is null. */
export const checkpointShape = z.strictObject({
  feed: z.string(),
  /** Everything up to this id is confirmed on the queue, but for open gaps. */
  lastEventId: eventId,
  /** Everything up to this id is confirmed on the queue. */
  watermark: eventId,
  fencingToken: z.int().nonnegative(),
  /** Who holds the lease; null when nobody does. */
  leaseHolder: z.string().nullable(),
  /** Counts the holder's writes. */
  leaseCounter: z.int().nonnegative(),
  /** Ids that the feed skipped and that are asked for again. Null where the item's text is not this release's. */
  openGaps: z
    .strictObject({
      count: z.int().nonnegative(),
      first: z.array(
        z.strictObject({
          from: z.int().positive(),
          to: z.int().positive(),
          /** For how long it was watched when that was stored. */
          ageSeconds: z.int().nonnegative(),
          /** A stretch of a sparse feed whose gaps are not listed one by one. */
          isMark: z.boolean(),
        }),
      ),
    })
    .nullable(),
  caughtUpAtUtc: utc,
  newestScanUtc: utc,
  headEventId: eventId,
});

export type Checkpoint = z.infer<typeof checkpointShape>;

/** A consistent read. Undefined where the feed has no checkpoint yet. */
export async function readCheckpoint(
  { documents, deployment }: CheckpointDependencies,
  feed: string,
): Promise<Checkpoint | undefined> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: deployment.checkpointsTable, Key: { feed }, ConsistentRead: true }),
  );
  return Item && checkpointOf(Item);
}

/** The checkpoints of all feeds of the table, by name. */
export async function listCheckpoints({
  documents,
  deployment,
}: CheckpointDependencies): Promise<readonly Checkpoint[]> {
  const found: Checkpoint[] = [];
  const scan = { TableName: deployment.checkpointsTable, ConsistentRead: true };
  for await (const { Items = [] } of paginateScan({ client: documents }, scan)) found.push(...Items.map(checkpointOf));
  return found.sort((a, b) => (a.feed < b.feed ? -1 : 1));
}

/** Any item that a poller of any release, or a person, wrote: what cannot be read counts as missing. */
function checkpointOf(item: Readonly<Record<string, unknown>>): Checkpoint {
  const number = (value: unknown) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const lastEventId = number(item['lastEventId']);
  return {
    feed: String(item['feed']),
    lastEventId,
    watermark: number(item['watermark']),
    fencingToken: number(item['fencingToken']) ?? 0,
    leaseHolder: text(item['leaseHolder']),
    leaseCounter: number(item['leaseCounter']) ?? 0,
    openGaps: gapsOf(item['openGaps'], lastEventId ?? 0),
    caughtUpAtUtc: text(item['caughtUpAtUtc']),
    newestScanUtc: text(item['newestScanUtc']),
    headEventId: number(item['headEventId']),
  };
}

function gapsOf(stored: unknown, last: number): Checkpoint['openGaps'] {
  if (stored === undefined) return { count: 0, first: [] };
  // Ages are what is stored: at a time of 0 they are those times, negative.
  const gaps = decodeGaps(String(stored), last, 0);
  if (!gaps) return null;
  const first = gaps.slice(0, mostGaps).map(({ from, to, seenAt, isMark = false }) => ({
    from,
    to,
    ageSeconds: Math.round((0 - seenAt) / 1_000),
    isMark,
  }));
  return { count: gaps.length, first };
}
