import { Readable } from 'node:stream';
import type { HttpResponse } from '@smithy/core/protocols';
import type { Clock } from '../clock.ts';
import type { Proxies } from '../http/proxies.ts';
import { type ClientCertificate, httpRequester } from './http-request.ts';
import { type OAuthClient, TokenSource } from './token-source.ts';

/** What a Scan Event API may demand of those who ask it, and the way to it. */
export type ScanApiAccess = {
  /** A bearer token; empty for none. */
  readonly token: string;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Fetches bearer tokens, in place of `token`. */
  readonly oauth: OAuthClient | undefined;
  readonly clientCertificate: ClientCertificate | undefined;
  readonly proxies: Proxies;
};

/** GETs with all that `access` says. Rejects when there is no answer; the signal ends the request and the reading of its body. */
export type AuthorisedGet = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<HttpResponse>;

type GetterOptions = {
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly throwIfPausedSince: (startedAt: number) => void;
};

/**
 * @param timeoutMs milliseconds within which the caller wants an answer
 * @param throwIfPausedSince throws where the feed has asked somebody to wait since this monotonic time: a request that waited
 * for its token must not begin then
 */
export function authorisedGetter(
  access: ScanApiAccess,
  { timeoutMs, clock, throwIfPausedSince }: GetterOptions,
): AuthorisedGet {
  const { token, oauth, proxies, clientCertificate } = access;
  const request = httpRequester({ timeoutMs, proxies, clientCertificate });
  const withToken = (bearer: string) => ({ ...access.headers, authorization: `Bearer ${bearer}` });
  if (!oauth) {
    const own = token === '' ? access.headers : withToken(token);
    return (url, headers, signal) => request(url, { headers: { ...headers, ...own } }, signal);
  }
  const tokens = new TokenSource({ client: oauth, proxies, request, clock });
  return async (url, headers, signal) => {
    const startedAt = clock.monotonic();
    const first = await tokens.current(signal);
    throwIfPausedSince(startedAt);
    const ask = ({ token: bearer }: typeof first) =>
      request(url, { headers: { ...headers, ...withToken(bearer) } }, signal);
    const response = await ask(first);
    if (response.statusCode < 400) tokens.accepted(first);
    if (response.statusCode !== 401 || !tokens.refused(first)) return response;
    // Nobody reads it.
    if (response.body instanceof Readable) response.body.destroy();
    const next = await tokens.current(signal);
    throwIfPausedSince(startedAt);
    return await ask(next);
  };
}

/** The variables with what the API may have accepted or refused in a request. */
export function credentialsOf({ token, headers, oauth, clientCertificate }: ScanApiAccess): readonly string[] {
  return [
    ...(token === '' ? [] : ['SCAN_API_TOKEN']),
    ...(oauth ? ['SCAN_API_OAUTH'] : []),
    ...(Object.keys(headers).length === 0 ? [] : ['SCAN_API_HEADERS']),
    ...(clientCertificate ? ['SCAN_API_CLIENT_CERT'] : []),
  ];
}

/** What to set where an API wants something and nothing is set, in words. */
export const someCredentials = 'SCAN_API_TOKEN, SCAN_API_OAUTH or SCAN_API_HEADERS';
