import { Problem } from '../problems/problem.ts';

/** What a token may do: ask, push scan events, act as an operator. */
export const scopes = ['read', 'ingest', 'operate'] as const;

export type Scope = (typeof scopes)[number];

/** Who makes a request: the name of the token, or of the secret, that let it in. */
export type Caller = {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The hash of its token, in hex; undefined for a signature. */
  readonly tokenSha256?: string;
};

/** Throws `FORBIDDEN` unless the caller has one of these scopes. Each act calls it itself, whatever its route declares. */
export function requireScope(caller: Caller, ...anyOf: readonly [Scope, ...Scope[]]): void {
  if (anyOf.some((scope) => caller.scopes.has(scope))) return;
  throw new Problem('FORBIDDEN', `this needs a token with the scope ${anyOf.join(' or ')}`);
}
