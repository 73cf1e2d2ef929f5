import { allParcelsPage, allPositionShape } from '@waybill/operations/parcels/all-parcels.ts';
import { getParcels } from '@waybill/operations/parcels/get-parcels.ts';
import {
  type OpenFilter,
  openFromStart,
  openParcelsPage,
  openPositionShape,
  requireOpenIndex,
} from '@waybill/operations/parcels/open-parcels.ts';
import type { Unjudged } from '@waybill/operations/parcels/read-parcels.ts';
import {
  type KnownOfParcel,
  knownOfParcel,
  readFreshness,
  readParcel,
} from '@waybill/operations/parcels/show-parcel.ts';
import { hasCode } from '@waybill/shared/error.ts';
import type { ParcelView } from '@waybill/shared/parcels/parcel-view.ts';
import { type Caller, requireScope } from '../access/caller.ts';
import type { Cursors, List } from '../pages/cursor.ts';
import { Problem } from '../problems/problem.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import { createFreshness } from './freshness.ts';
import { createIndexCheck } from './index-check.ts';
import type { OneParcel, ParcelsPage, SomeParcels } from './parcel-answers.ts';

/** Which page of a list. */
export type PageQuery = { readonly limit: number; readonly cursor?: string | undefined };

/** What may be asked about parcels, with the scope `read`. All reject with the engines' errors. */
export type ParcelQueries = {
  /** By a consistent read. Rejects with `NOT_FOUND`. */
  readonly one: (caller: Caller, parcelId: number, signal: AbortSignal) => Promise<OneParcel>;
  /** The parcel with its failures and notifications, stored or not. An answer over HTTP scans no table. */
  readonly known: (caller: Caller, parcelId: number, signal: AbortSignal) => Promise<KnownOfParcel>;
  /** By consistent reads; at most 100 ids. */
  readonly some: (caller: Caller, parcelIds: readonly number[], signal: AbortSignal) => Promise<SomeParcels>;
  /** Rejects with `INDEX_OFF` where the table has no index of open parcels, with `INVALID_REQUEST` for a cursor of another question. */
  readonly open: (caller: Caller, filter: OpenFilter, page: PageQuery, signal: AbortSignal) => Promise<ParcelsPage>;
  /** Rejects with `INVALID_REQUEST` for a cursor of another question. */
  readonly all: (caller: Caller, page: PageQuery, signal: AbortSignal) => Promise<ParcelsPage>;
};

const everyParcel: List = { name: 'parcels', filters: {} };

export function createParcelQueries(deps: ApiDependencies & { readonly cursors: Cursors }): ParcelQueries {
  const { clock, log, cursors } = deps;
  const freshness = createFreshness(async () => (await readFreshness(deps)).completeThroughEventId, clock);
  const index = createIndexCheck((signal) => requireOpenIndex(deps, signal), clock);

  /** Reads, and says how fresh that is. The time is taken before: what is stored later may be missing. */
  const asOfNow = async <T>(read: () => Promise<T>) => {
    const asOfUtc = new Date(clock.now()).toISOString();
    const [found, completeThroughEventId] = await Promise.all([read(), freshness.completeThroughEventId()]);
    return { found, fresh: { completeThroughEventId, asOfUtc } };
  };

  const pageOf = (
    caller: Caller,
    list: List,
    found: {
      readonly parcels: readonly ParcelView[];
      readonly unreadable: readonly Unjudged[];
      readonly next?: unknown;
    },
  ) => ({
    parcels: [...found.parcels],
    ...listed(found.unreadable),
    ...(found.next !== undefined && { nextCursor: cursors.seal(caller, list, found.next) }),
  });

  /** The member of an answer that names what could not be shown, where there is any; the operator hears of it, too. */
  const listed = (unreadable: readonly Unjudged[]) => {
    if (unreadable.length === 0) return {};
    log.warn({ unreadable: unreadable.slice(0, mostLogged), count: unreadable.length }, 'stored items cannot be shown');
    return { unreadable: [...unreadable] };
  };

  return {
    one: async (caller, parcelId, signal) => {
      requireScope(caller, 'read');
      const { found, fresh } = await asOfNow(() =>
        readParcel(deps, parcelId, signal).catch(rethrowUnreadable(parcelId)),
      );
      if (!found) throw notStored(parcelId, fresh);
      return { ...found, ...fresh };
    },

    known: async (caller, parcelId, signal) => {
      requireScope(caller, 'read');
      return await knownOfParcel(deps, parcelId, signal, { scans: false }).catch(rethrowUnreadable(parcelId));
    },

    some: async (caller, parcelIds, signal) => {
      requireScope(caller, 'read');
      const { found, fresh } = await asOfNow(() => getParcels(deps, parcelIds, signal));
      return {
        parcels: [...found.parcels],
        missing: [...found.missing],
        ...listed(found.unreadable),
        ...fresh,
      };
    },

    open: async (caller, filter, { limit, cursor }, signal) => {
      requireScope(caller, 'read');
      const { stage, lastScanBefore } = filter;
      const list: List = { name: 'parcels', filters: { open: 'true', stage, lastScanBefore } };
      const position = cursor === undefined ? openFromStart : cursors.open(list, cursor, openPositionShape);
      await index.require(signal);
      const { found, fresh } = await asOfNow(async () => {
        try {
          return await openParcelsPage(deps, filter, { limit, position }, signal);
        } catch (error) {
          index.forget();
          throw error;
        }
      });
      return { ...pageOf(caller, list, { ...found, unreadable: found.unjudged }), ...fresh };
    },

    all: async (caller, { limit, cursor }, signal) => {
      requireScope(caller, 'read');
      const position = cursor === undefined ? undefined : cursors.open(everyParcel, cursor, allPositionShape);
      const { found, fresh } = await asOfNow(() => allParcelsPage(deps, { limit, position }, signal));
      return { ...pageOf(caller, everyParcel, found), ...fresh };
    },
  };
}

/** Unreadable items that one log line names, at most. */
const mostLogged = 10;

function notStored(
  parcelId: number,
  fresh: { readonly completeThroughEventId: number | null; readonly asOfUtc: string },
): Problem {
  const through =
    fresh.completeThroughEventId === null
      ? 'it is not known yet how much of the feed is on the queue'
      : `the feed is on the queue through EventId ${fresh.completeThroughEventId}`;
  return new Problem('NOT_FOUND', `parcel ${parcelId} is not stored; ${through}`, { members: fresh });
}

function rethrowUnreadable(parcelId: number) {
  return (error: unknown): never => {
    if (!hasCode(error, 'STORE_REJECTED')) throw error;
    const next = `the operator finds out why by "waybill parcel ${parcelId}"`;
    throw new Problem('INTERNAL', `what is stored of parcel ${parcelId} cannot be shown: ${next}`, { cause: error });
  };
}
