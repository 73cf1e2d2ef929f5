/** Whom a request was for, in words, and the variable that says where it is. */
export type Callee = { readonly name: string; readonly variable: string };

export type ConnectionFailure = {
  /** Which step failed, and what to check. */
  readonly text: string;
  /** `ECONNREFUSED`, as Node names it. */
  readonly code: string | undefined;
};

/**
 * Why a request got no whole answer. Shows of the thrown error only its code: a parser's message, or what hangs on it, may
 * repeat what was received or sent.
 */
export function connectionFailure(error: unknown, url: URL, callee: Callee): ConnectionFailure {
  const code = codeOf(error);
  // Undici's, which has no code.
  const isNoHttp = code?.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError');
  const failed = isNoHttp ? noHttp : failedBy(code);
  return { text: `${failed(url, callee)}${code === undefined ? '' : ` (${code})`}`, code };
}

type Failed = (url: URL, callee: Callee) => string;

const notFound: Failed = ({ hostname }, { name, variable }) =>
  `The host name ${hostname} of ${name} was not found: check ${variable} and the network`;
const unreachable: Failed = ({ host }, { name }) => `${host} of ${name} cannot be reached: check the network`;
const cut: Failed = ({ host }, { name }) => `The connection to ${name} (${host}) was cut before the response was whole`;

const byCode: Readonly<Record<string, Failed>> = {
  ECONNREFUSED: ({ host }, { name, variable }) =>
    `Nobody listens at ${host}: check the host and port of ${variable}, and whether ${name} runs`,
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
const noTls: Failed = ({ host }, { name }) => `The TLS connection to ${host} of ${name} failed: check its certificate`;
const other: Failed = ({ host }, { name }) => `The request to ${name} (${host}) failed`;

function failedBy(code = ''): Failed {
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
