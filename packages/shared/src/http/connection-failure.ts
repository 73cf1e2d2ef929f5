import { shownUrl } from '../shown-url.ts';
import type { ProxyServer } from './proxies.ts';

/** Whom a request was for, in words, the variable that says where it is, and that with the certificate that it is shown. */
export type Callee = { readonly name: string; readonly variable: string; readonly certificateVariable?: string };

export type ConnectionFailure = {
  /** Which step failed, and what to check. */
  readonly text: string;
  /** `ECONNREFUSED`, as Node names it. */
  readonly code: string | undefined;
};

/**
 * Why a request got no whole answer. Shows of the thrown error only its code: a parser's message, or what hangs on it, may
 * repeat what was received or sent.
 *
 * @param proxy through which the request went: then it is what was connected to
 */
export function connectionFailure(error: unknown, url: URL, callee: Callee, proxy?: ProxyServer): ConnectionFailure {
  const code = codeOf(error);
  // Undici's, which has no code.
  const isNoHttp = code?.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError');
  const failed = isNoHttp ? noHttp : failedBy(code);
  const dialled =
    proxy && toConnect.has(failed) ? failed(proxy.url, { name: 'the proxy', variable: proxy.variable }) : undefined;
  const text =
    proxy && code === 'ERR_PROXY_TUNNEL' ? noTunnel(error, url, callee, proxy) : (dialled ?? failed(url, callee));
  return { text: `${text}${code === undefined ? '' : ` (${code})`}`, code };
}

/** What the proxy said instead of leading to the callee. Of Node's message nothing: it repeats the proxy's status line. */
function noTunnel(error: unknown, { host }: URL, { name }: Callee, { url, variable }: ProxyServer): string {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : Number.NaN;
  const proxy = `The proxy ${shownUrl(url)}`;
  if (status === 407) return `${proxy} wants a user and a password, or others: check ${variable}`;
  const said = Number.isInteger(status) ? `returned status ${status}` : 'did not respond';
  return `${proxy} was asked for ${host} of ${name} and ${said}: check ${variable}, NO_PROXY and what the proxy allows`;
}

type Failed = (url: URL, callee: Callee) => string;

const notFound: Failed = ({ hostname }, { name, variable }) =>
  `The host name ${hostname} of ${name} was not found: check ${variable} and the network`;
const unreachable: Failed = ({ host }, { name }) => `${host} of ${name} cannot be reached: check the network`;
const cut: Failed = ({ host }, { name }) => `The connection to ${name} (${host}) was cut before the response was whole`;

const nobody: Failed = ({ host }, { name, variable }) =>
  `Nobody listens at ${host}: check the host and port of ${variable}, and whether ${name} runs`;

const byCode: Readonly<Record<string, Failed>> = {
  ECONNREFUSED: nobody,
  ENOTFOUND: notFound,
  EAI_AGAIN: notFound,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  UND_ERR_CONNECT_TIMEOUT: unreachable,
  ECONNRESET: cut,
  EPIPE: cut,
  ECONNABORTED: cut,
  ERR_STREAM_PREMATURE_CLOSE: cut,
  UND_ERR_SOCKET: cut,
  // A compressed body that ends too early.
  Z_BUF_ERROR: cut,
};

const noHttp: Failed = ({ host }, { name }) => `${host} of ${name} did not respond in HTTP`;
const noTls: Failed = ({ host }, { name }) =>
  `The TLS connection to ${host} of ${name} failed: check its certificate, and NODE_EXTRA_CA_CERTS if a CA of your own signed it`;
const noHandshake: Failed = ({ host }, { name, certificateVariable }) => {
  const check = certificateVariable ? `: check ${certificateVariable}` : '';
  return `${host} of ${name} broke off the TLS handshake, as servers do that want a client certificate, or another one${check}`;
};
/** What fails before anything was asked. */
const toConnect: ReadonlySet<Failed> = new Set([nobody, notFound, unreachable]);
const other: Failed = ({ host }, { name }) => `The request to ${name} (${host}) failed`;

function failedBy(code = ''): Failed {
  if (code === 'EPROTO' || /^ERR_SSL_\w*ALERT/.test(code)) return noHandshake;
  return byCode[code] ?? (/CERT|SSL|TLS|SIGNATURE|ISSUER/.test(code) ? noTls : other);
}

/** Of several addresses that were tried, the code of the first. Only what looks like a code. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
  return first === undefined ? undefined : codeOf(first);
}
