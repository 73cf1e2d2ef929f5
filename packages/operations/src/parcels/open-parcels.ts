import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { batchGetKeys } from '@waybill/shared/batch-get.ts';
import { comparableTime } from '@waybill/shared/domain/scan-time.ts';
import type { Stage } from '@waybill/shared/domain/stage-names.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { history, parcelKey } from '@waybill/shared/parcels/parcel-item.ts';
import { type ParcelView, parcelView } from '@waybill/shared/parcels/parcel-view.ts';
import { parcelIdIn, parcelOrProblem, readParcelItems } from '@waybill/shared/parcels/read-parcels.ts';
import { openParcelsIndex, openShards } from '@waybill/shared/resources.ts';
import { z } from 'zod';
import { describeTable, whyIndexIsOff } from './index-state.ts';
import type { ParcelsQuestion, Unjudged } from './read-parcels.ts';

/** Which open parcels. */
export type OpenFilter = {
  readonly stage?: Stage | undefined;
  /** An ISO date and time in UTC: those whose latest scan is before it. */
  readonly lastScanBefore?: string | undefined;
};

/** The last entry of each shard that a page has looked at; null where it has looked at none. */
export const openPositionShape = z.array(z.tuple([z.number(), z.number()]).nullable()).length(openShards);

export type OpenPosition = readonly (readonly [openedAtMs: number, parcelId: number] | null)[];

export type OpenPage = {
  readonly parcels: readonly ParcelView[];
  /** Items that are not parcels, and parcels whose latest scan has no time to compare. */
  readonly unjudged: readonly Unjudged[];
  /** Where the next page begins; absent at the end. A page may be short. */
  readonly next?: OpenPosition;
};

export const openFromStart: OpenPosition = Array.from({ length: openShards }, () => null);

/** Entries of the index that one page looks at, at most: an answer over HTTP is bounded in time. */
const mostLookedAt = 1_000;

/** Characters of histories that one page looks at, and those of up to 100 parcels more: an answer is bounded in size, too. */
const mostCharacters = 1_000_000;

/** Rejects with `INDEX_OFF` where the parcels table has no index of open parcels that can be read. */
export async function requireOpenIndex({ dynamodb, deployment }: ParcelsQuestion, signal: AbortSignal): Promise<void> {
  const isOff = whyIndexIsOff(await describeTable(dynamodb, deployment.parcelsTable, signal), openParcelsIndex);
  if (isOff === undefined) return;
  throw new WaybillError('INDEX_OFF', `the table ${deployment.parcelsTable} ${isOff}`, {
    details: { next: 'deploy with -c openIndex=true, then "waybill parcels reindex --dry-run"' },
  });
}

/**
 * Open parcels that fit the filter, those first seen longest ago first: at most `limit`, from `position` on. The index's 16
 * shards are merged; each parcel is read consistently, since it may have been delivered since.
 */
export async function openParcelsPage(
  question: ParcelsQuestion,
  filter: OpenFilter,
  { limit, position }: { readonly limit: number; readonly position: OpenPosition },
  signal: AbortSignal,
): Promise<OpenPage> {
  // None is open, so that the whole index would be looked through for nothing.
  if (filter.stage === 'delivered') return { parcels: [], unjudged: [] };
  const shards = new MergedShards(question, position, Math.min(Math.max(limit, 1), batchGetKeys), signal);
  const parcels: ParcelView[] = [];
  const unjudged: Unjudged[] = [];
  let characters = 0;
  for (let lookedAt = 0; parcels.length < limit && lookedAt < mostLookedAt && characters < mostCharacters; ) {
    // No more than may still be shown, so that nothing read is thrown away: the position is after what was looked at.
    const parcelIds = await shards.take(Math.min(limit - parcels.length, batchGetKeys));
    if (parcelIds.length === 0) break;
    lookedAt += parcelIds.length;
    const items = await readParcelItems(question, question.deployment.parcelsTable, parcelIds, signal);
    for (const parcelId of parcelIds) {
      const item = items.get(parcelId);
      if (!item) continue;
      characters += (item[history.name]?.SS ?? []).reduce((sum, { length }) => sum + length, 0);
      const parcel = parcelOrProblem(item, parcelId);
      const judged = 'problem' in parcel ? parcel : judge(parcelView(parcel, question.mapping), filter);
      if (judged === 'other') continue;
      if ('problem' in judged) unjudged.push({ parcelId, problem: judged.problem });
      else parcels.push(judged);
    }
  }
  return { parcels, unjudged, ...((await shards.hasMore()) && { next: shards.position() }) };
}

/** Whether an open parcel fits the filter. A delivered one does not: an old release may have left it in the index. */
export function judge(view: ParcelView, filter: OpenFilter): ParcelView | 'other' | { readonly problem: string } {
  const { stage, lastScanBefore } = filter;
  if (view.stage === 'delivered' || (stage !== undefined && view.stage !== stage)) return 'other';
  if (lastScanBefore === undefined) return view;
  const scanned = comparableTime(view.latest.createdDateTimeUtc);
  if (scanned === undefined) return { problem: 'the time of its latest scan cannot be read' };
  return scanned < (comparableTime(lastScanBefore) ?? '') ? view : 'other';
}

type Entry = { readonly openedAtMs: number; readonly parcelId: number };

type Shard = {
  readonly number: number;
  /** Read, and not taken yet. */
  waiting: Entry[];
  taken: readonly [number, number] | null;
  isEnded: boolean;
};

/** The shards of the index as one sequence. */
class MergedShards {
  readonly #question: ParcelsQuestion;
  readonly #shards: readonly Shard[];
  readonly #pageEntries: number;
  readonly #signal: AbortSignal;

  constructor(question: ParcelsQuestion, position: OpenPosition, pageEntries: number, signal: AbortSignal) {
    this.#question = question;
    this.#pageEntries = pageEntries;
    this.#signal = signal;
    this.#shards = Array.from({ length: openShards }, (_, number) => ({
      number,
      waiting: [],
      taken: position[number] ?? null,
      isEnded: false,
    }));
  }

  position(): OpenPosition {
    return this.#shards.map(({ taken }) => taken);
  }

  async hasMore(): Promise<boolean> {
    await this.#fill();
    return this.#shards.some(({ waiting }) => waiting.length > 0);
  }

  /** The next parcels, at most `count`; none at the end. */
  async take(count: number): Promise<number[]> {
    const parcelIds: number[] = [];
    while (parcelIds.length < count) {
      await this.#fill();
      const first = this.#shards.reduce<Shard | undefined>((best, shard) => earlier(best, shard), undefined);
      const entry = first?.waiting.shift();
      if (!first || !entry) break;
      first.taken = [entry.openedAtMs, entry.parcelId];
      parcelIds.push(entry.parcelId);
    }
    return parcelIds;
  }

  /** Until each shard has an entry waiting, or none left: only then the first of all is known. */
  async #fill(): Promise<void> {
    const empty = this.#shards.filter(({ waiting, isEnded }) => waiting.length === 0 && !isEnded);
    if (empty.length > 0) await Promise.all(empty.map((shard) => this.#read(shard)));
  }

  async #read(shard: Shard): Promise<void> {
    const { dynamodb, deployment } = this.#question;
    const [partition, sort] = [openParcelsIndex.key.name, openParcelsIndex.sortKey.name];
    const shardValue = { N: String(shard.number) };
    const page = await dynamodb.send(
      new QueryCommand({
        TableName: deployment.parcelsTable,
        IndexName: openParcelsIndex.name,
        KeyConditionExpression: `${partition} = :shard`,
        ExpressionAttributeValues: { ':shard': shardValue },
        Limit: this.#pageEntries,
        ...(shard.taken && {
          ExclusiveStartKey: {
            [partition]: shardValue,
            [sort]: { N: String(shard.taken[0]) },
            [parcelKey.name]: { N: String(shard.taken[1]) },
          },
        }),
      }),
      { abortSignal: this.#signal },
    );
    shard.waiting = (page.Items ?? []).map((item) => ({
      openedAtMs: Number(item[sort]?.N),
      parcelId: parcelIdIn(item),
    }));
    shard.isEnded = page.LastEvaluatedKey === undefined;
  }
}

/** Of two shards the one whose next entry is first; of equal ones the one with the lower id, so that pages do not depend on luck. */
function earlier(best: Shard | undefined, shard: Shard): Shard | undefined {
  const [one] = best?.waiting ?? [];
  const [other] = shard.waiting;
  if (!other) return best;
  if (!one) return shard;
  const isEarlier = other.openedAtMs - one.openedAtMs || other.parcelId - one.parcelId;
  return isEarlier < 0 ? shard : best;
}
