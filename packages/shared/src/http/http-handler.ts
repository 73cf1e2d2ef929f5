import type { AgentOptions } from 'node:https';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import type { Proxies } from './proxies.ts';

export type HttpHandlerOptions = Pick<
  NodeHttpHandlerOptions,
  'connectionTimeout' | 'requestTimeout' | 'throwOnRequestTimeout' | 'socketTimeout'
> & {
  readonly agent: AgentOptions;
  readonly proxies: Proxies;
};

/** Milliseconds that a proxy may take for a tunnel, where the agent has no time limit: a hung one would keep its socket for ever. */
const tunnelMs = 5_000;

/** The AWS SDK's own HTTP client, which follows no redirects, through the proxies where they are to be used. */
export function httpHandler({ agent, proxies, ...limits }: HttpHandlerOptions): NodeHttpHandler {
  const direct = new NodeHttpHandler({ ...limits, httpAgent: agent, httpsAgent: agent });
  if (!proxies.http && !proxies.https) return direct;
  // Node's agent sends https through a tunnel (CONNECT), and asks for http in absolute form.
  const through = { timeout: tunnelMs, ...agent };
  const proxied = {
    ...limits,
    httpAgent: { ...through, ...(proxies.http && { proxyEnv: { HTTP_PROXY: proxies.http.url.href } }) },
    httpsAgent: { ...through, ...(proxies.https && { proxyEnv: { HTTPS_PROXY: proxies.https.url.href } }) },
  };
  return new ProxyingHandler(proxied, direct, proxies);
}

/** Sends a request through its proxy; what goes without one, by `direct`. */
class ProxyingHandler extends NodeHttpHandler {
  readonly #direct: NodeHttpHandler;
  readonly #proxies: Proxies;

  constructor(options: NodeHttpHandlerOptions, direct: NodeHttpHandler, proxies: Proxies) {
    super(options);
    this.#direct = direct;
    this.#proxies = proxies;
  }

  override handle(...call: Parameters<NodeHttpHandler['handle']>): ReturnType<NodeHttpHandler['handle']> {
    const [{ protocol, hostname, port }] = call;
    return this.#proxies.of({ protocol, hostname, port }) ? super.handle(...call) : this.#direct.handle(...call);
  }

  override updateHttpClientConfig(...change: Parameters<NodeHttpHandler['updateHttpClientConfig']>): void {
    super.updateHttpClientConfig(...change);
    this.#direct.updateHttpClientConfig(...change);
  }

  override destroy(): void {
    super.destroy();
    this.#direct.destroy();
  }
}
