import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyRequest } from 'fastify';
import { isLoopback } from './loopback.ts';

/** The attributes of both cookies: scripts cannot read it, other sites cannot send it, and it ends with the browser. */
const attributes = { path: '/', httpOnly: true, sameSite: 'strict' } as const;

/**
 * The name of the cookie that holds the token. Behind TLS the prefix `__Host-` has browsers refuse it from anybody else; by
 * plain http, which is for this machine alone, that prefix is not allowed, and ports share their cookies: the name has the port
 * that the browser asked for, which a tunnel to another machine has to itself.
 */
function cookieOf(request: FastifyRequest): { readonly name: string; readonly isSecure: boolean } {
  if (!isLoopback(request)) return { name: '__Host-waybill', isSecure: true };
  return { name: `waybill-${request.port ?? 80}`, isSecure: false };
}

/** The token that a signed-in browser sends; undefined where nobody is signed in. */
export function sessionToken(request: FastifyRequest): string | undefined {
  return parseCookie(request.headers.cookie ?? '')[cookieOf(request).name];
}

/** The header `Set-Cookie` that signs in with this token. */
export function signedIn(request: FastifyRequest, token: string): string {
  const { name, isSecure } = cookieOf(request);
  return stringifySetCookie({ name, value: token, ...attributes, secure: isSecure });
}

/** The header `Set-Cookie` that signs out. */
export function signedOut(request: FastifyRequest): string {
  const { name, isSecure } = cookieOf(request);
  return stringifySetCookie({ name, value: '', ...attributes, secure: isSecure, maxAge: 0 });
}
