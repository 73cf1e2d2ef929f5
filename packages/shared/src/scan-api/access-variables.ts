import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { secret, structured, type VariableSchema } from '../process/env.ts';
import type { OAuthClient } from './token-source.ts';

/** The variables with what a Scan Event API demands of those who ask it. All are secrets: no message shows any part of them. */
export const accessVariables = {
  SCAN_API_TOKEN: secret({ meaning: 'sent as a bearer token' }),
  SCAN_API_HEADERS: structured<Readonly<Record<string, string>>>(
    {
      allowed: 'a JSON object of header names and values, such as `{"x-api-key":"…"}`',
      default: {},
      shownDefault: 'none',
      meaning: 'sent with each request to `SCAN_API_URL`; a secret',
    },
    readHeaders,
  ),
  SCAN_API_OAUTH: structured<OAuthClient | null>(
    {
      allowed: '`{"tokenUrl", "clientId", "clientSecret", "scope"?, "audience"?}` in JSON, each of them text',
      default: null,
      shownDefault: 'none',
      meaning:
        "in place of `SCAN_API_TOKEN`: client of OAuth 2's grant client_credentials, whose tokens are fetched from tokenUrl and kept until a minute before they end; a secret",
    },
    readOAuth,
  ),
  SCAN_API_CLIENT_CERT: pem({
    allowed: 'a certificate in PEM, with those of its CAs where the server wants them',
    meaning: 'shown to a server that asks for one, with `SCAN_API_CLIENT_KEY` (mutual TLS); also to the tokenUrl',
    isOne: (text) => new X509Certificate(text),
  }),
  SCAN_API_CLIENT_KEY: pem({
    allowed: "that certificate's private key in PEM, not encrypted",
    meaning: 'a secret',
    isOne: (text) => createPrivateKey(text),
  }),
};

/** Headers that say how a request is sent, not what it asks. `accept-encoding`: other codings are not understood. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...['accept-encoding', 'connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-authorization'],
  ...['proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

function readHeaders(text: string) {
  const { data } = z.record(z.string(), z.string()).safeParse(jsonOf(text));
  if (!data) return { problems: ['expected a JSON object of header names and values, got something else'] };
  const headers = Object.entries(data).map(([name, value]) => [name.toLowerCase(), value] as const);
  const problems = headers.flatMap(([name, value], index) => {
    // A name is shown where it is one that we know: what stands there by mistake may be the secret.
    if (ownHeaders.has(name)) return [`may not hold the header ${name}, which belongs to how requests are sent`];
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) return [`has no header's name in entry ${index + 1}`];
    if (!/^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(value))
      return [`has no header's value in entry ${index + 1}: visible ASCII`];
    const isAgain = headers.findIndex(([other]) => other === name) < index;
    return isAgain ? [`has a header twice, with entry ${index + 1}`] : [];
  });
  return problems.length > 0 ? { problems } : { value: Object.fromEntries(headers) };
}

const text = z.string().min(1);
const oauthShape = z.strictObject({
  tokenUrl: text,
  clientId: text,
  clientSecret: text,
  scope: text.optional(),
  audience: text.optional(),
});

function readOAuth(given: string) {
  const json = jsonOf(given);
  const { data, error } = oauthShape.safeParse(json);
  if (error) {
    const known = Object.keys(oauthShape.shape);
    const wrong = known.filter((name) => error.issues.some(({ path }) => path[0] === name));
    const what =
      wrong.length > 0 ? wrong.map((name) => `${name} is missing or not text`).join(', ') : 'got something else';
    return { problems: [`expected a JSON object with ${known.join(', ')}: ${what}`] };
  }
  const url = URL.parse(data.tokenUrl);
  const isUrl = url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash;
  return isUrl
    ? { value: data }
    : { problems: ['expected tokenUrl to be an http(s) URL without user, password and fragment'] };
}

function pem(options: {
  readonly allowed: string;
  readonly meaning: string;
  readonly isOne: (text: string) => unknown;
}): VariableSchema<string> {
  const { isOne, ...described } = options;
  return structured<string>({ ...described, default: '', shownDefault: 'none' }, (given) => {
    // Where a variable can hold one line only, line breaks are written so.
    const value = given.replaceAll('\\n', '\n');
    try {
      isOne(value);
      return { value };
    } catch {
      return { problems: [`expected ${options.allowed}, got something else`] };
    }
  });
}

function jsonOf(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}

type ReadAccess = { readonly [Name in keyof typeof accessVariables]: z.output<(typeof accessVariables)[Name]> };

/** What does not fit together, each with its variable. */
export function accessProblems(
  read: ReadAccess & { readonly SCAN_API_URL: string },
): readonly (readonly [keyof ReadAccess, string])[] {
  const { SCAN_API_CLIENT_CERT: certificate, SCAN_API_CLIENT_KEY: key } = read;
  const hasToken = read.SCAN_API_TOKEN !== '';
  const isAuthorizationTwice = 'authorization' in read.SCAN_API_HEADERS && (hasToken || read.SCAN_API_OAUTH);
  const problems: (readonly [keyof ReadAccess, string])[] = [];
  if (hasToken && read.SCAN_API_OAUTH)
    problems.push(['SCAN_API_OAUTH', 'cannot be combined with SCAN_API_TOKEN: set one of them']);
  if (isAuthorizationTwice)
    problems.push(['SCAN_API_HEADERS', 'may not hold authorization beside SCAN_API_TOKEN or SCAN_API_OAUTH']);
  if (certificate !== '' && key === '') problems.push(['SCAN_API_CLIENT_KEY', 'is required with SCAN_API_CLIENT_CERT']);
  if (certificate === '' && key !== '') problems.push(['SCAN_API_CLIENT_CERT', 'is required with SCAN_API_CLIENT_KEY']);
  if (certificate === '' || key === '') return problems;
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)))
    problems.push(['SCAN_API_CLIENT_KEY', 'is not the key of SCAN_API_CLIENT_CERT']);
  if (![read.SCAN_API_URL, read.SCAN_API_OAUTH?.tokenUrl].some((url) => url?.startsWith('https:')))
    problems.push(['SCAN_API_CLIENT_CERT', 'needs an https URL: there is no TLS over http']);
  return problems;
}
