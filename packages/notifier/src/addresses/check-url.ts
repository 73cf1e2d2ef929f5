import { isIP } from 'node:net';
import { type AddressPolicy, whyRefused } from './address-policy.ts';
import type { Cidr } from './cidr.ts';

/** What a webhook may be called at: over http, which anybody on the way can read, only what is listed. */
export function webhookPolicy(url: URL, listed: readonly Cidr[]): AddressPolicy {
  return { reach: url.protocol === 'https:' ? 'public' : 'listed', listed };
}

/** The operator's own system is called wherever it is. */
export const reportPolicy: AddressPolicy = { reach: 'any', listed: [] };

/** The address that is the host of a URL; undefined for a name. `new URL` has brought each spelling of it to one. */
function literalOf({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? undefined : host;
}

/** Why a URL may not be called, as far as that is known before the look-up of its name; undefined where it may. */
export function whyUrlRefused(url: URL, policy: AddressPolicy): string | undefined {
  const literal = literalOf(url);
  if (literal !== undefined) {
    const why = whyRefused(literal, policy);
    return why && `${literal} ${why}`;
  }
  const isNowhere = policy.reach === 'listed' && policy.listed.length === 0;
  return isNowhere ? 'http is only for hosts within WEBHOOK_ALLOWED_CIDRS, and there are none' : undefined;
}
