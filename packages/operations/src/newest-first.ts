import { z } from 'zod';

/** A place in a list that has the newest first: right after the item with this time and id. */
export const placeShape = z.strictObject({ atUtc: z.string(), id: z.string() });

export type Place = Readonly<z.infer<typeof placeShape>>;

type Key = Record<string, unknown>;

/** What one request to a partition of an index brings, the newest first. `startKey`: where the next page begins, if there is more. */
export type PartitionPage<Item> = { readonly items: readonly Item[]; readonly startKey: Key | undefined };

export type NewestFirst<Item> = {
  readonly partitions: readonly string[];
  /** Reads what is as old as `after`, or older, where that is given. */
  readonly readPage: (partition: string, startKey: Key | undefined) => Promise<PartitionPage<Item>>;
  readonly placeOf: (item: Item) => Place;
  readonly after?: Place | undefined;
};

/** What is left of one partition. */
type Partition<Item> = {
  readonly name: string;
  page: readonly Item[];
  /** Place in the page. */
  at: number;
  startKey: Key | undefined;
};

/**
 * Merges the partitions of an index whose sort key is a time, those that are newest first, and of one time those with the
 * lower id: so a place says all that is needed to go on there. Each partition is read page by page, as far as the reader goes.
 * Rejects with the errors of `readPage`, and with the signal's reason once it aborts.
 */
export async function* newestFirst<Item>(
  { partitions: names, readPage, placeOf, after }: NewestFirst<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item, void> {
  const partitions: Partition<Item>[] = names.map((name) => ({ name, page: [], at: 0, startKey: undefined }));
  const read = async (partition: Partition<Item>) => {
    signal.throwIfAborted();
    const { items, startKey } = await readPage(partition.name, partition.startKey);
    Object.assign(partition, { page: items, at: 0, startKey });
  };
  const headOf = async (partition: Partition<Item>) => {
    while (partition.at === partition.page.length && partition.startKey) await read(partition);
    return partition.page[partition.at];
  };
  await Promise.all(partitions.map(read));
  for (;;) {
    let newest: string | undefined;
    for (const partition of partitions) {
      const head = await headOf(partition);
      if (head !== undefined && (newest === undefined || placeOf(head).atUtc > newest)) newest = placeOf(head).atUtc;
    }
    if (newest === undefined) return;
    const together: Item[] = [];
    for (const partition of partitions) {
      for (let head = await headOf(partition); head !== undefined; head = await headOf(partition)) {
        if (placeOf(head).atUtc !== newest) break;
        together.push(head);
        partition.at += 1;
      }
    }
    const inOrder = together.toSorted((a, b) => (placeOf(a).id < placeOf(b).id ? -1 : 1));
    for (const item of inOrder) if (!after || isAfter(placeOf(item), after)) yield item;
  }
}

function isAfter(place: Place, other: Place): boolean {
  return place.atUtc === other.atUtc ? place.id > other.id : place.atUtc < other.atUtc;
}
