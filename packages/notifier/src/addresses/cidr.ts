import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A network, as `10.0.0.0/8`. */
export type Cidr = { readonly text: string; readonly network: Address; readonly bits: number };

/**
 * Reads a network, of IPv4 in four decimals or of IPv6. Undefined for anything else, also for an address with bits beyond the
 * prefix: nobody can tell which of the two is the mistake.
 */
export function readCidr(text: string): Cidr | undefined {
  const [, address = '', digits] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  const bits = Number(digits);
  if (family === 0 || bits > (family === 4 ? 32 : 128)) return undefined;
  const network = ipaddr.parse(address);
  const { IPv4, IPv6 } = ipaddr;
  const first = (family === 4 ? IPv4 : IPv6).networkAddressFromCIDR(`${network.toString()}/${bits}`);
  return first.toString() === network.toString() ? { text, network, bits } : undefined;
}

/** A network that is known to be one. */
export function cidr(text: string): Cidr {
  const read = readCidr(text);
  if (!read) throw new Error(`${text} is not a network`);
  return read;
}

/** An address of the other family is in no network: `::ffff:10.0.0.1` is not in `10.0.0.0/8`. */
export function isWithin(address: Address, { network, bits }: Cidr): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

/** Whether all of a network is in another. */
export function isPartOf(inner: Cidr, outer: Cidr): boolean {
  return inner.bits >= outer.bits && isWithin(inner.network, outer);
}
