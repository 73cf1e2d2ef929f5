import ipaddr from 'ipaddr.js';
import { type Address, cidr, isWithin } from './cidr.ts';

/** The last four bytes. */
const atEnd = [12, 13, 14, 15];

/** Networks of IPv6 that lead to an address of IPv4, and the bytes in which it stands. */
const embeddings = [
  { network: cidr('::/96'), at: [atEnd] },
  { network: cidr('::ffff:0:0/96'), at: [atEnd] },
  // IPv4-translated, RFC 2765.
  { network: cidr('::ffff:0:0:0/96'), at: [atEnd] },
  // NAT64, RFC 6052.
  { network: cidr('64:ff9b::/96'), at: [atEnd] },
  // NAT64 of one's own, RFC 8215: with each length of prefix that fits, RFC 6052, 2.2.
  { network: cidr('64:ff9b:1::/48'), at: [[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], atEnd] },
  // 6to4, RFC 3056.
  { network: cidr('2002::/16'), at: [[2, 3, 4, 5]] },
  // Teredo, RFC 4380: the server, and the client with its bits turned.
  { network: cidr('2001::/32'), at: [[4, 5, 6, 7]], turnedAt: atEnd },
];

/** The addresses of IPv4 to which an address of IPv6 leads through a mapping, a translation or a tunnel. */
export function embeddedAddresses(address: Address): ipaddr.IPv4[] {
  if (address.kind() === 'ipv4') return [];
  const bytes = address.toByteArray();
  const read = (places: readonly number[], turn = 0) =>
    new ipaddr.IPv4(places.map((place) => (bytes[place] ?? 0) ^ turn));
  return embeddings
    .filter(({ network }) => isWithin(address, network))
    .flatMap(({ at, turnedAt }) => [...at.map((places) => read(places)), ...(turnedAt ? [read(turnedAt, 0xff)] : [])]);
}
