import type { FastifyRequest, RouteOptions } from 'fastify';
import { Problem } from '../problems/problem.ts';
import { type Caller, requireScope, type Scope } from './caller.ts';
import { sessionToken } from './session-cookie.ts';
import type { FindCaller } from './tokens.ts';

declare module 'fastify' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface adds to the one of fastify
  interface FastifyRequest {
    /** {@link nobody} where the route is open, and before a signature was verified. */
    caller: Caller;
  }
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface adds to the one of fastify
  interface FastifyContextConfig {
    /** Answers everybody. Each route says either this or `scopes`. */
    open?: true;
    /** A token with any of these is let in. The act checks again. */
    scopes?: readonly [Scope, ...Scope[]];
    /** A request with the header `webhook-signature` and no token is let in as {@link nobody}: the route verifies it. */
    signed?: true;
    /** For browsers: the token is in a cookie, and `Authorization` is not looked at. */
    cookie?: true;
  }
}

/** Who has shown neither a token nor a signature. Has no scope. */
export const nobody: Caller = { name: '-', scopes: new Set() };

/** Throws unless the route says who may call it: nothing is open by oversight. */
export function requireAccess({ method, url, config }: RouteOptions): void {
  if ((config?.open === true) === (config?.scopes !== undefined))
    throw new Error(`the route ${String(method)} ${url} must say who may call it: config.scopes or config.open`);
}

/**
 * Sets `request.caller`. Throws `UNAUTHENTICATED` where the route takes nobody, and nobody is who asks.
 *
 * @param find whom the header `Authorization` lets in
 * @param mayBeSigned whether anybody has a secret: else a signature is not worth its body
 */
export function identify(
  request: FastifyRequest,
  find: FindCaller,
  { mayBeSigned }: { readonly mayBeSigned: boolean },
): void {
  const { config } = request.routeOptions;
  request.caller = nobody;
  // A request for which there is no route learns no more than that.
  if (config?.scopes === undefined) return;
  const { authorization, 'webhook-signature': signature } = request.headers;
  if (mayBeSigned && config.signed && authorization === undefined && signature !== undefined) return;
  const caller = find(config.cookie ? bearerOf(sessionToken(request)) : authorization);
  if (caller === undefined)
    throw new Problem('UNAUTHENTICATED', 'send a valid token in the header Authorization: Bearer <token>');
  request.caller = caller;
}

function bearerOf(token: string | undefined): string | undefined {
  return token === undefined ? undefined : `Bearer ${token}`;
}

/** Throws `FORBIDDEN` where the caller has none of the route's scopes. */
export function requireRouteScope({ caller, routeOptions: { config } }: FastifyRequest): void {
  if (config?.scopes !== undefined && caller !== nobody) requireScope(caller, ...config.scopes);
}
