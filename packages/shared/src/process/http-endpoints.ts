import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WaybillError } from '../error.ts';
import type { HealthReport } from './health.ts';

export type Endpoints = {
  readonly live: () => HealthReport;
  readonly ready: () => HealthReport;
  readonly serveMetrics: RequestListener;
};

export type EndpointServer = {
  /** The open port: the one that was asked for, or with 0 the free one that was found. */
  readonly port: number;
  readonly stop: () => Promise<void>;
};

/**
 * Serves `/livez` and `/readyz` (200 or 503, with a JSON body that says why) and `/metrics`. Rejects with
 * `PORT_UNAVAILABLE` when the port cannot be opened.
 */
export async function serveEndpoints(
  address: { readonly host: string; readonly port: number },
  endpoints: Endpoints,
): Promise<EndpointServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, { error: 'GET only' });
    if (path === '/livez') return sendHealth(response, endpoints.live());
    if (path === '/readyz') return sendHealth(response, endpoints.ready());
    if (path === '/metrics') return endpoints.serveMetrics(request, response);
    return send(response, 404, { error: 'not found: try /livez, /readyz or /metrics' });
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause) => {
    const where = `port ${address.port} on ${address.host}`;
    reject(
      new WaybillError('PORT_UNAVAILABLE', `${where} cannot be opened (${cause.message}): set HTTP_PORT or HTTP_HOST`, {
        cause,
      }),
    );
  });
  server.listen(address.port, address.host, resolve);
  await listening;
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function sendHealth(response: ServerResponse, report: HealthReport): void {
  send(response, report.ok ? 200 : 503, report);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
