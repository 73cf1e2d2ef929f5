import { paginateScan } from '@aws-sdk/client-dynamodb';
import { hasCode } from '@waybill/shared/error.ts';
import { deliveryEventId, type Item } from '@waybill/shared/parcels/parcel-item.ts';
import { type ParcelView, parcelShape, parcelView, type ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import { parcelIdIn, parcelOrProblem } from '@waybill/shared/parcels/read-parcels.ts';
import { z } from 'zod';
import {
  judge,
  type OpenFilter,
  type OpenPosition,
  openFromStart,
  openParcelsPage,
  requireOpenIndex,
} from './open-parcels.ts';
import type { ParcelsQuestion, Unjudged } from './read-parcels.ts';

/** Most parcels that an answer names although it cannot judge them. */
const mostNamed = 10;

export const stuckShape = z.strictObject({
  /** Those first seen longest ago first. */
  parcels: z.array(parcelShape),
  hasMore: z.boolean(),
  /** How many could not be judged, and some of them. */
  unjudged: z.number(),
  unjudgedParcels: z.array(z.strictObject({ parcelId: z.number(), problem: z.string() })),
  /** What was not looked at, or looked at in another way; a sentence each. */
  notLookedAt: z.array(z.string()),
});

export type StuckAnswer = z.infer<typeof stuckShape>;

/**
 * The first open parcels that fit the filter, at most `limit`, those first seen longest ago first: over the index of open
 * parcels, or where the table has none by a scan of the whole table, and then the answer says so.
 */
export async function stuckParcels(
  question: ParcelsQuestion,
  { filter, limit }: { readonly filter: OpenFilter; readonly limit: number },
  signal: AbortSignal,
): Promise<StuckAnswer> {
  try {
    await requireOpenIndex(question, signal);
  } catch (error) {
    if (!hasCode(error, 'INDEX_OFF')) throw error;
    return await byScan(question, filter, limit, error.message, signal);
  }
  return await byIndex(question, filter, limit, signal);
}

async function byIndex(
  question: ParcelsQuestion,
  filter: OpenFilter,
  limit: number,
  signal: AbortSignal,
): Promise<StuckAnswer> {
  const parcels: ParcelView[] = [];
  const unjudged = new Named();
  let position: OpenPosition | undefined = openFromStart;
  while (position && parcels.length < limit) {
    const page = await openParcelsPage(question, filter, { limit: limit - parcels.length, position }, signal);
    parcels.push(...page.parcels);
    for (const each of page.unjudged) unjudged.add(each);
    position = page.next;
  }
  return { parcels, hasMore: position !== undefined, ...unjudged.shown(), notLookedAt: [] };
}

async function byScan(
  question: ParcelsQuestion,
  filter: OpenFilter,
  limit: number,
  isOff: string,
  signal: AbortSignal,
): Promise<StuckAnswer> {
  const first = new FirstSeen(limit);
  const unjudged = new Named();
  for await (const item of itemsWithoutDelivery(question, signal)) {
    const parcelId = parcelIdIn(item);
    const parcel = parcelOrProblem(item, parcelId);
    const judged = 'problem' in parcel ? parcel : judge(parcelView(parcel, question.mapping), filter);
    if (judged === 'other') continue;
    if ('problem' in judged) unjudged.add({ parcelId, problem: judged.problem });
    else if (!('problem' in parcel)) first.add(parcel, judged);
  }
  return {
    ...first.shown(),
    ...unjudged.shown(),
    notLookedAt: [`${isOff}: the whole table was read instead, which costs half a read unit for each 4 KB of it`],
  };
}

async function* itemsWithoutDelivery(
  { dynamodb, deployment }: ParcelsQuestion,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const pages = paginateScan(
    { client: dynamodb },
    { TableName: deployment.parcelsTable, FilterExpression: `attribute_not_exists(${deliveryEventId.name})` },
    { abortSignal: signal },
  );
  for await (const { Items = [] } of pages) yield* Items;
}

/** The parcels first seen longest ago, no more than an answer shows. Those of an old release, whose time nobody knows, are before all others. */
class FirstSeen {
  readonly #limit: number;
  #kept: { readonly seenAtMs: number; readonly view: ParcelView }[] = [];
  #hasMore = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add({ openedAtMs }: ReadParcel, view: ParcelView): void {
    this.#kept.push({ seenAtMs: openedAtMs ?? 0, view });
    // Seldom, and never more than twice what is shown.
    if (this.#kept.length >= 2 * this.#limit + 1) this.#cut();
  }

  shown(): Pick<StuckAnswer, 'parcels' | 'hasMore'> {
    this.#cut();
    return { parcels: this.#kept.map(({ view }) => view), hasMore: this.#hasMore };
  }

  #cut(): void {
    this.#hasMore ||= this.#kept.length > this.#limit;
    this.#kept = this.#kept
      .sort((a, b) => a.seenAtMs - b.seenAtMs || a.view.parcelId - b.view.parcelId)
      .slice(0, this.#limit);
  }
}

class Named {
  #count = 0;
  readonly #first: Unjudged[] = [];

  add(unjudged: Unjudged): void {
    this.#count += 1;
    if (this.#first.length < mostNamed) this.#first.push(unjudged);
  }

  shown(): Pick<StuckAnswer, 'unjudged' | 'unjudgedParcels'> {
    return { unjudged: this.#count, unjudgedParcels: [...this.#first] };
  }
}
