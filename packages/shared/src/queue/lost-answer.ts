/** Node's codes of a connection that never came about, through a proxy too, and of a host that was not found: no request was sent. */
const unsent: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ERR_PROXY_TUNNEL',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** Node's names for the calls that come before a request. */
const beforeRequest: ReadonlySet<string> = new Set(['connect', 'getaddrinfo']);
/** Names and codes of errors with which SQS, KMS, the SDK or our search for credentials refuse a request, for when they come without an HTTP status. */
const refusal =
  /AccessDenied|Credentials|Expired|InvalidClientTokenId|InvalidSecurity|Kms|NonExistentQueue|OverLimit|QueueDoesNotExist|ResourceNotFound|Signature|Throttl|ThroughputExceeded|TokenProvider|Unauthorized|UnrecognizedClient/i;
/** How @smithy/node-http-handler says that it never connected; its other time-outs have the same name. */
const neverConnected = /did not establish a connection/;

/**
 * Whether a receive that failed with this error may have used up a receive of the messages that it took: SQS may have
 * answered, and the answer was cut off, too late, unreadable, or replaced by a 5xx. An unknown error may have.
 */
export function mayHaveReceived(error: unknown): boolean {
  const { name, message, code, syscall, status } = factsOf(error);
  if (refusal.test(name) || refusal.test(code)) return false;
  if (status >= 400) return status >= 500;
  return !(
    unsent.has(code) ||
    code.startsWith('ERR_TLS') ||
    beforeRequest.has(syscall) ||
    neverConnected.test(message)
  );
}

/** What an error of the SDK or of Node says of itself; empty and 0 where it says nothing. */
function factsOf(error: unknown) {
  if (!(error instanceof Error)) return { name: '', message: '', code: '', syscall: '', status: 0 };
  const code = 'code' in error ? String(error.code) : '';
  const syscall = 'syscall' in error ? String(error.syscall) : '';
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const isObject = typeof metadata === 'object' && metadata !== null;
  const status = isObject && 'httpStatusCode' in metadata ? Number(metadata.httpStatusCode) || 0 : 0;
  return { name: error.name, message: error.message, code, syscall, status };
}
