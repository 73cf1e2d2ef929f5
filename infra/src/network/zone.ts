import { Fn } from 'aws-cdk-lib';

/**
 * A zone and the place of its subnet. The place follows from the zone's letter, and not from a list: so name and addresses
 * of a subnet stay what they are when another zone comes or goes.
 */
export type Zone = {
  /** `eu-west-1a`, or a token. */
  readonly name: string;
  /** 1 for `a`, 2 for `b`, to 16 for `p`. */
  readonly place: number;
};

/**
 * The zones of these names, by place. None named: the first two of the region, at the places 1 and 2, because a stack that
 * names no region does not know of more.
 */
export function zonesOf(names: readonly string[] | undefined): readonly Zone[] {
  if (!names) return [0, 1].map((index) => ({ name: Fn.select(index, Fn.getAzs()), place: index + 1 }));
  return names
    .map((name) => ({ name, place: name.charCodeAt(name.length - 1) - 'a'.charCodeAt(0) + 1 }))
    .toSorted((one, other) => one.place - other.place);
}
