import type { Milestone, MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { ReadParcel } from '@waybill/shared/parcels/parcel-view.ts';
import { type Due, dueOf } from '../notifications/due.ts';
import { notificationIdOf } from '../notifications/notification-id.ts';
import type { StoredNotification } from '../notifications/notifications-table.ts';
import type { UnreadableParcel } from '../parcels/parcel-reader.ts';
import type { DeliveryCalls, DeliveryDependencies, Look } from './delivery.ts';
import type { Pass } from './store-notification.ts';

/** What was read for some parcels: each by its id. */
export type Seen = {
  readonly parcels: ReadonlyMap<number, ReadParcel | UnreadableParcel>;
  readonly notifications: ReadonlyMap<string, StoredNotification>;
  /** Milliseconds since 1970, before it was read. */
  readonly readAtMs: number;
};

/** What was seen of one milestone of a parcel, and what is to be done about it. */
export type Looked = {
  readonly pass: Pass;
  /** Undefined where it is not there, or is not a parcel. */
  readonly parcel: ReadParcel | undefined;
  readonly due: Due | { readonly what: 'unreadable'; readonly detail: string };
  readonly readAtMs: number;
};

/**
 * Milliseconds after which a parcel is read anew before it is told. Whoever waits for an ordinary turn does not wait that long;
 * an endpoint that is away has things wait for hours, in which a milestone is corrected, grows too old, or is told by another.
 */
const freshForMs = 60_000;

export async function readSeen(
  parcelIds: readonly number[],
  notificationIds: readonly string[],
  { parcels, notifications, now }: DeliveryDependencies,
  calls: DeliveryCalls,
): Promise<Seen> {
  const readAtMs = now();
  const [foundParcels, foundNotifications] = await Promise.all([
    calls.table(`parcel-${parcelIds[0]}`, () => parcels.get(parcelIds)),
    calls.table(notificationIds[0] ?? '', () => notifications.get(notificationIds)),
  ]);
  return { parcels: foundParcels, notifications: foundNotifications, readAtMs };
}

/** Looks at one milestone of a parcel, and again where what was seen may not hold any more. */
export class MilestoneLook {
  readonly #base: Omit<Pass, 'about' | 'stored'>;
  readonly #about: Pass['about'];
  readonly #isAnnounced: boolean;

  constructor(base: Omit<Pass, 'about' | 'stored'>, { parcelId, announced }: Look, milestone: MilestoneName) {
    this.#base = base;
    this.#about = { parcelId, milestone };
    this.#isAnnounced = announced.includes(milestone);
  }

  from({ parcels, notifications, readAtMs }: Seen): Looked {
    const found = parcels.get(this.#about.parcelId);
    const pass = { ...this.#base, about: this.#about, stored: notifications.get(notificationIdOf(this.#about)) };
    if (found && 'problem' in found)
      return { pass, parcel: undefined, due: { what: 'unreadable', detail: found.problem }, readAtMs };
    return { pass, parcel: found, due: this.#dueOf(found, pass.stored), readAtMs };
  }

  isFresh({ readAtMs }: Pick<Looked, 'readAtMs'>): boolean {
    return this.#base.deps.now() - readAtMs <= freshForMs;
  }

  async again(): Promise<Looked> {
    const { deps, calls } = this.#base;
    return this.from(await readSeen([this.#about.parcelId], [notificationIdOf(this.#about)], deps, calls));
  }

  /**
   * Looks again after the receiver may have been told different things under one id, by two workers or by two requests of one. It
   * has taken either: what is in state now, if that is not what is stored, or else not what was told besides, is a correction.
   */
  async afterBothTold(besides: Milestone): Promise<Looked> {
    const looked = await this.again();
    const { stored } = looked.pass;
    if (looked.due.what !== 'nothing' || !stored) return looked;
    return { ...looked, due: this.#dueOf(looked.parcel, { ...stored, told: besides }) };
  }

  #dueOf(parcel: ReadParcel | undefined, stored: StoredNotification | undefined): Due {
    const { deps, options } = this.#base;
    return dueOf(
      {
        milestone: this.#about.milestone,
        parcel: parcel?.state,
        isAnnounced: this.#isAnnounced,
        stored,
        again: options.again,
        reports: deps.reportTarget !== undefined,
        nowMs: deps.now(),
      },
      deps.notify,
    );
  }
}
