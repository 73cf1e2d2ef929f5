import { createHash } from 'node:crypto';
import { shellLines } from '@waybill/shared/process/shell-variables.ts';
import type { Environment } from './service-process.ts';

/** How the API of one run is reached. */
export type ApiAccess = {
  readonly url: string;
  /** Of this run only, and worth nothing elsewhere: the API of `npm start` listens on 127.0.0.1. */
  readonly token: string;
  /** What the API's process is told of them. Of the token it learns the hash. */
  readonly variables: Environment & { readonly API_PORT: string };
};

/** Bytes of a token: too many to be guessed. */
export const tokenBytes = 24;

/** Access to an API on this port of 127.0.0.1, with a token of these random bytes that may do everything. */
export function apiAccess(port: number, random: Buffer): ApiAccess {
  const token = random.toString('base64url');
  const sha256 = createHash('sha256').update(token).digest('hex');
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    variables: {
      API_HOST: '127.0.0.1',
      API_PORT: String(port),
      API_TOKENS: JSON.stringify([{ name: 'npm-start', scopes: ['read', 'ingest', 'operate'], sha256 }]),
    },
  };
}

/** As README's examples and the client's read them. */
export function accessVariables({ url, token }: Pick<ApiAccess, 'url' | 'token'>): Environment {
  return { WAYBILL_URL: url, WAYBILL_TOKEN: token };
}

/** Signs in by the page's script. What follows `#` stays in the browser: no server and no log ever sees it. */
export function signInLink({ url, token }: Pick<ApiAccess, 'url' | 'token'>): string {
  return `${url}/sign-in#${token}`;
}

/** What is printed of it, once: lines that a shell takes as they are. */
export function apiLines({ url, token }: ApiAccess): string[] {
  return [
    `The page is up at ${url}/ and this link signs in there:`,
    `  ${signInLink({ url, token })}`,
    'The API is at the same address, its documentation at /docs:',
    ...shellLines(accessVariables({ url, token })).map((line) => `  ${line}`),
    '  curl -H "Authorization: Bearer $WAYBILL_TOKEN" "$WAYBILL_URL/v1/status"',
    '',
  ];
}
