import { WaybillError } from '../error.ts';

/**
 * The error of a request that got no whole answer. Says which step failed. Shows of the thrown error only its code: a
 * parser's message, or what hangs on it, may repeat what was received or sent.
 */
export function connectionFailure(error: unknown, url: URL): WaybillError {
  const code = codeOf(error);
  const text = `${whatFailed(code, url)}${code === undefined ? '' : ` (${code})`}`;
  return new WaybillError('FEED_UNAVAILABLE', text, { details: { ...(code !== undefined && { code }) } });
}

type Failed = (url: URL) => string;

const notFound: Failed = ({ hostname }) =>
  `The host name ${hostname} of the Scan Event API was not found: check SCAN_API_URL and the network`;
const unreachable: Failed = ({ host }) => `${host} of the Scan Event API cannot be reached: check the network`;
const cut: Failed = ({ host }) =>
  `The connection to the Scan Event API (${host}) was cut before the response was whole`;

const byCode: Readonly<Record<string, Failed>> = {
  ECONNREFUSED: ({ host }) =>
    `Nobody listens at ${host}: check the host and port of SCAN_API_URL, and whether the Scan Event API runs`,
  ENOTFOUND: notFound,
  EAI_AGAIN: notFound,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ECONNRESET: cut,
  EPIPE: cut,
  ECONNABORTED: cut,
  ERR_STREAM_PREMATURE_CLOSE: cut,
  // A compressed body that ends too early.
  Z_BUF_ERROR: cut,
};

function whatFailed(code: string | undefined, url: URL): string {
  const { host } = url;
  const failed = code === undefined ? undefined : byCode[code];
  if (failed) return failed(url);
  if (code?.startsWith('HPE_')) return `${host} of the Scan Event API did not respond in HTTP`;
  if (code !== undefined && /CERT|SSL|TLS|SIGNATURE|ISSUER/.test(code))
    return `The TLS connection to ${host} of the Scan Event API failed: check its certificate`;
  return `The request to the Scan Event API (${host}) failed`;
}

/** `ECONNREFUSED`, as Node names it; of several addresses that were tried, that of the first. Only what looks like a code. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
  return first === undefined ? undefined : codeOf(first);
}
