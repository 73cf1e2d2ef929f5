/** Addresses that get a turn within the time of a connection: two of each family, which Node tries in turn. */
const addresses = 4;
/** Node's own limit, which is too short for a host far away. */
const leastMs = 250;
/** A lost SYN is sent again after 1 s (RFC 6298), and its answer takes up to half a second. A dead first address costs no more than this for each new connection. */
const mostMs = 1_500;

/**
 * Milliseconds that one address of a host may take to connect, before the next one is tried: a share of `connectionMs`,
 * which is for all of them. Node gives each 250 ms (`net.getDefaultAutoSelectFamilyAttemptTimeout`): a host that is
 * farther away and has a dead address in its other family could not be reached at all.
 */
export function attemptTimeoutMs(connectionMs: number): number {
  return Math.round(Math.min(mostMs, Math.max(leastMs, connectionMs / addresses)));
}
