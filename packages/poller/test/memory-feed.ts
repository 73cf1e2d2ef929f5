import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';

/** An element at its place in the feed: where a server's cursor finds it, whatever its JSON says. */
export type Placed = { readonly at: number; readonly element: unknown };

/** A valid element of a feed. */
export function scan(eventId: number, fields: Record<string, unknown> = {}) {
  return {
    EventId: eventId,
    ParcelId: (eventId % 7) + 1,
    Type: 'STATUS',
    CreatedDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
    StatusCode: '',
    Device: { DeviceTransactionId: eventId, DeviceId: 103 },
    User: { UserId: 'NC1001', CarrierId: 'NC', RunId: 'RUN-100' },
    ...fields,
  };
}

export function scans(from: number, to: number): Placed[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({ at: from + index, element: scan(from + index) }));
}

/** Elements without a usable id, each with a content of its own. */
export function junk(from: number, to: number): Placed[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({ at: from + index, element: { junk: from + index } }));
}

/** A feed in memory, which answers at once. `cap` is the server’s own limit. */
export class MemoryFeed implements ScanFeed {
  readonly requests: { readonly fromEventId: number; readonly limit: number }[] = [];
  /** In the order of places. */
  placed: Placed[];
  cap = Number.POSITIVE_INFINITY;
  /** Called before each answer: throws in place of it, or waits. */
  before: (fromEventId: number, limit: number, signal: AbortSignal) => Promise<void> | void = () => undefined;

  constructor(placed: Placed[] = []) {
    this.placed = placed;
  }

  read: ScanFeed['read'] = async (
    fromEventId: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly unknown[]> => {
    this.requests.push({ fromEventId, limit });
    await this.before(fromEventId, limit, signal);
    const beginning = this.placed.findIndex(({ at }) => at >= fromEventId);
    if (beginning < 0) return [];
    return this.placed.slice(beginning, beginning + Math.min(limit, this.cap)).map(({ element }) => element);
  };
}
