import { createHash, timingSafeEqual } from 'node:crypto';
import type { Caller } from './caller.ts';
import type { TokenEntry } from './tokens-variable.ts';

/** Whom a header `Authorization` lets in; undefined for nobody. */
export type FindCaller = (authorization: string | undefined) => Caller | undefined;

/** Characters of a token at most: what is longer was never made by anybody. */
const longest = 512;
const bearer = new RegExp(`^Bearer +([\\x21-\\x7e]{1,${longest}})$`, 'i');

/**
 * Compares SHA-256 with SHA-256, each in constant time and all of them: neither the token nor its place in the list can be
 * found out by the time that an answer takes.
 */
export function findCaller(entries: readonly TokenEntry[]): FindCaller {
  const known = entries.map(({ name, scopes, sha256 }) => ({
    digest: Buffer.from(sha256, 'hex'),
    caller: { name, scopes: new Set(scopes), tokenSha256: sha256 } satisfies Caller,
  }));
  return (authorization = '') => {
    const [, token] = bearer.exec(authorization) ?? [];
    if (token === undefined) return undefined;
    const digest = createHash('sha256').update(token).digest();
    let found: Caller | undefined;
    for (const each of known) if (timingSafeEqual(each.digest, digest)) found = each.caller;
    return found;
  };
}
