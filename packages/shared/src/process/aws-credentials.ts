import { type DefaultProviderInit, defaultProvider } from '@aws-sdk/credential-provider-node';
import { type Clock, systemClock } from '../clock.ts';
import { describeError, WaybillError } from '../error.ts';
import { endRequestsOf } from './requests-of.ts';

type Credentials = { readonly expiration?: Date };

/** Milliseconds that a call waits for credentials: less than a probe of readiness does, so that `/readyz` says what is missing. */
export const credentialsWaitMs = 4_000;
/** Milliseconds after which a search is given up and the next call begins another. Long enough for a single sign-on or a `credential_process`, whose answer counts though the first callers have left. */
const searchMs = 15_000;
/** Time before the expiry from which on new credentials are looked for, as in the SDK, while the old ones are still used. */
const renewalMs = 300_000;
/** Time between the begins of two searches while the old credentials are still good. */
const renewalPauseMs = 5_000;

/**
 * The SDK's own chain of credential providers, with a limit to every wait. The chain has none: it shares one search among
 * all calls, so that one request that is never answered (the container's metadata, at the start or at a renewal) would
 * hang every later call for ever.
 */
export function awsCredentials(init?: DefaultProviderInit) {
  // A chain for each search: a chain that hangs once hangs for good.
  return limitedCredentials((isOver) => endRequestsOf(() => defaultProvider(init)(), isOver), systemClock);
}

/**
 * Credentials from `search`, kept until they expire. Rejects with `CREDENTIALS_UNAVAILABLE` after 4 s without any; a
 * search that takes longer goes on for the calls that follow, and is followed by another one after 15 s.
 *
 * @param search may never settle; its signal aborts when nobody waits for it any more
 */
export function limitedCredentials<T extends Credentials>(
  search: (isOver: AbortSignal) => Promise<T>,
  clock: Clock,
): () => Promise<T> {
  let held: T | undefined;
  let searching: Promise<T> | undefined;
  let begunAt = Number.NEGATIVE_INFINITY;

  const begin = (): Promise<T> => {
    const isOver = new AbortController();
    begunAt = clock.monotonic();
    const found = search(isOver.signal).then((credentials) => {
      held = credentials;
      return credentials;
    });
    const own = limited(found, searchMs, clock).finally(() => {
      isOver.abort();
      if (searching === own) searching = undefined;
    });
    // Those who wait see it; a renewal that fails is tried again.
    own.catch(() => undefined);
    searching = own;
    return own;
  };

  return async () => {
    const leftMs = held?.expiration ? held.expiration.getTime() - clock.now() : Number.POSITIVE_INFINITY;
    if (held && leftMs > renewalMs) return held;
    if (held && leftMs > 0) {
      if (!searching && clock.monotonic() - begunAt >= renewalPauseMs) void begin();
      return held;
    }
    return await limited(searching ?? begin(), credentialsWaitMs, clock);
  };
}

async function limited<T>(found: Promise<T>, limitMs: number, clock: Clock): Promise<T> {
  const settled = new AbortController();
  const late = clock.sleep(limitMs, settled.signal).then(() => {
    if (settled.signal.aborted) return found;
    throw unavailable(`no answer within ${limitMs / 1_000} s`);
  });
  try {
    return await Promise.race([found, late]);
  } catch (error) {
    throw error instanceof WaybillError ? error : unavailable(describeError(error), error);
  } finally {
    settled.abort();
  }
}

function unavailable(why: string, cause?: unknown): WaybillError {
  return new WaybillError(
    'CREDENTIALS_UNAVAILABLE',
    `the AWS SDK finds no credentials (${why}): check the task's role and its metadata endpoint, or the AWS_* variables`,
    { cause },
  );
}
