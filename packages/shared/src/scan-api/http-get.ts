import { HttpRequest, type HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { attemptTimeoutMs } from '../process/connect-attempts.ts';

/** Milliseconds that an idle connection is kept: a server may close an older one at the very moment it is used. */
const keepMs = 4_000;

/** Rejects when there is no answer. The signal ends the request, and the reading of its body. */
export type HttpGet = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<{ readonly response: HttpResponse }>;

/**
 * GETs over the AWS SDK's own HTTP client, which follows no redirects. Not fetch: a process's first pages take more than
 * twice the CPU over it, while the SDK's calls have warmed this client up.
 *
 * @param timeoutMs milliseconds within which the caller wants an answer
 */
export function httpGetter(timeoutMs: number): HttpGet {
  const agent = { keepAlive: true, timeout: keepMs, autoSelectFamilyAttemptTimeout: attemptTimeoutMs(timeoutMs) };
  // The caller limits how long an answer may take, by the signal.
  const client = new NodeHttpHandler({ httpAgent: agent, httpsAgent: agent, socketTimeout: 0 });
  return (url, headers, signal) => {
    const request = new HttpRequest({
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, 'user-agent': 'waybill', ...headers },
    });
    return client.handle(request, { abortSignal: signal });
  };
}
