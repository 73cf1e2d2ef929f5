import { HttpRequest, type HttpResponse } from '@smithy/core/protocols';
import { httpHandler } from '../http/http-handler.ts';
import type { Proxies } from '../http/proxies.ts';
import { attemptTimeoutMs } from '../process/connect-attempts.ts';

/** Milliseconds that an idle connection is kept: a server may close an older one at the very moment it is used. */
const keepMs = 4_000;

/** A certificate with its private key, both in PEM. */
export type ClientCertificate = { readonly certificate: string; readonly privateKey: string };

export type HttpRequesterOptions = {
  /** Milliseconds within which the caller wants an answer. */
  readonly timeoutMs: number;
  readonly proxies: Proxies;
  /** Shown to a server that asks for one. */
  readonly clientCertificate?: ClientCertificate | undefined;
};

/** Rejects when there is no answer. The signal ends the request, and the reading of its body. With a `form` it is a POST. */
export type RequestOverHttp = (
  url: URL,
  request: { readonly headers: Readonly<Record<string, string>>; readonly form?: string },
  signal: AbortSignal,
) => Promise<HttpResponse>;

/**
 * Requests over the AWS SDK's own HTTP client, which follows no redirects. Not fetch: a process's first pages take more than
 * twice the CPU over it, while the SDK's calls have warmed this client up.
 */
export function httpRequester({ timeoutMs, proxies, clientCertificate }: HttpRequesterOptions): RequestOverHttp {
  const agent = {
    keepAlive: true,
    timeout: keepMs,
    autoSelectFamilyAttemptTimeout: attemptTimeoutMs(timeoutMs),
    ...(clientCertificate && { cert: clientCertificate.certificate, key: clientCertificate.privateKey }),
  };
  // The caller limits how long an answer may take, by the signal.
  const client = httpHandler({ agent, proxies, socketTimeout: 0 });
  return async (url, { headers, form }, signal) => {
    const request = new HttpRequest({
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, 'user-agent': 'waybill', ...headers },
      ...(form !== undefined && { method: 'POST', body: form }),
    });
    const { response } = await client.handle(request, { abortSignal: signal });
    return response;
  };
}
