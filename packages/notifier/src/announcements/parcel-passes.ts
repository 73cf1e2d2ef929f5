import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { Delivery, Look } from '../delivery/delivery.ts';

type Deliveries = readonly Delivery[];

/** Tells what is due of each parcel; each once. */
export type Pass = (looks: readonly Look[]) => ReadonlyMap<number, Promise<Deliveries>>;

type UnderWay = {
  /** Resolves when the pass over this parcel has ended, however that was. */
  readonly ended: Promise<void>;
  /** The one that follows it. */
  next: { readonly announced: MilestoneName[]; readonly deliveries: Promise<Deliveries> } | undefined;
};

/**
 * One pass over a parcel at a time: messages that are worked on at once may name the same parcel, and two passes would tell it
 * twice. What is announced while a pass is under way is looked at after it, since that one may have read the parcel before.
 */
export class ParcelPasses {
  readonly #underWay = new Map<number, UnderWay>();

  /** Parcels that are looked at, or wait for that. */
  get size(): number {
    return this.#underWay.size;
  }

  /** Looks at each of these parcels, together where none is under way. */
  look(looks: readonly Look[], pass: Pass): ReadonlyMap<number, Promise<Deliveries>> {
    const deliveries = new Map<number, Promise<Deliveries>>();
    const fresh: Look[] = [];
    for (const look of looks) {
      const current = this.#underWay.get(look.parcelId);
      if (current) deliveries.set(look.parcelId, this.#after(current, look, pass));
      else fresh.push(look);
    }
    if (fresh.length === 0) return deliveries;
    return new Map([...deliveries, ...this.#begin(fresh, pass)]);
  }

  #begin(looks: readonly Look[], pass: Pass): ReadonlyMap<number, Promise<Deliveries>> {
    const begun = pass(looks);
    for (const [parcelId, deliveries] of begun) {
      const end = () => {
        if (underWay.next === undefined) this.#underWay.delete(parcelId);
      };
      const underWay: UnderWay = { ended: deliveries.then(end, end), next: undefined };
      this.#underWay.set(parcelId, underWay);
    }
    return begun;
  }

  #after(current: UnderWay, { parcelId, announced: more, span }: Look, pass: Pass): Promise<Deliveries> {
    if (current.next) {
      current.next.announced.push(...more);
      return current.next.deliveries;
    }
    const announced = [...more];
    const deliveries = current.ended.then(async () => {
      const result = await this.#begin([{ parcelId, announced, span }], pass).get(parcelId);
      if (!result) throw new Error('a pass over a parcel returns what became of it');
      return result;
    });
    // Whoever waits for it hears of it.
    deliveries.catch(() => undefined);
    current.next = { announced, deliveries };
    return deliveries;
  }
}
