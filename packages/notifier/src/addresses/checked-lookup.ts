import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { WaybillError } from '@waybill/shared/error.ts';
import { type AddressPolicy, whyRefused } from './address-policy.ts';

/** Finds all addresses of a name, as `dns.lookup` does. */
export type LookupAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** An address that may not be called. What it says is made here. */
export function addressRefused(text: string): WaybillError {
  return new WaybillError('ENDPOINT_UNAVAILABLE', `No connection: ${text}`, { details: { code: 'ADDRESS_REFUSED' } });
}

/**
 * The look-up of names for `net.connect`, which dials just what it returns: between check and dial nothing is looked up again.
 * One address that may not be called refuses the name, whatever its others are: a name that stands for an internal host
 * too is a mistake or an attack.
 */
export function checkedLookup(policy: AddressPolicy, lookupAll: LookupAll = lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookupAll(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      for (const { address } of found) {
        const why = whyRefused(address, policy);
        if (why !== undefined)
          return callback(addressRefused(`${hostname} has the address ${address}, which ${why}`), []);
      }
      const [first] = found;
      if (!first) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), []);
      if (options.all) return callback(null, found);
      return callback(null, first.address, first.family);
    });
  };
}
