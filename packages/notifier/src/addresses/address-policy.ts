import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type Address, type Cidr, cidr, isPartOf, isWithin } from './cidr.ts';
import { embeddedAddresses } from './embedded-address.ts';

/** Metadata and credentials of the machine or the task: whoever can read them can act as Waybill. */
const neverCalled = [cidr('169.254.0.0/16'), cidr('fd00:ec2::/32')];

/** All that is assigned to the internet's hosts: `ipaddr.js` takes anything that it does not know for unicast, `::7f00:1` too. */
const globalUnicast = cidr('2000::/3');

/** Which addresses may be called. */
export type AddressPolicy = {
  /** `public`: the internet's addresses, and those listed; `listed`: only these; `any`: all but those that are never called. */
  readonly reach: 'public' | 'listed' | 'any';
  /** `WEBHOOK_ALLOWED_CIDRS`. */
  readonly listed: readonly Cidr[];
};

/** Why an address may not be called, as the end of a sentence that begins with it; undefined where it may. */
export function whyRefused(text: string, { reach, listed }: AddressPolicy): string | undefined {
  // With a scope (`fe80::1%eth0`) it means another host on each network.
  if (isIP(text) === 0 || text.includes('%')) return 'is not an address without a scope';
  const address = ipaddr.parse(text);
  if (isNeverCalled(address)) return 'is where a machine or a task finds its credentials, and is never called';
  if (reach === 'any' || listed.some((each) => isWithin(address, each))) return undefined;
  if (reach === 'listed') return 'is not within WEBHOOK_ALLOWED_CIDRS, which http needs';
  if (isPublic(address)) return undefined;
  return `is not a public address (${rangeOf(address)}), and not within WEBHOOK_ALLOWED_CIDRS`;
}

/** Whether all of a network is never called, so that to allow it does nothing. */
export function isNeverCalledNetwork(network: Cidr): boolean {
  return neverCalled.some((never) => isPartOf(network, never));
}

/** In each of its spellings: what is dialled as `::ffff:169.254.169.254` is 169.254.169.254. */
function isNeverCalled(address: Address): boolean {
  return [address, ...embeddedAddresses(address)].some((each) => neverCalled.some((never) => isWithin(each, never)));
}

function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || isWithin(address, globalUnicast));
}

function rangeOf(address: Address): string {
  const range = address.range();
  return range === 'unicast' ? 'reserved' : range;
}
