import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

export type EngineProxy = { readonly endpoint: string; stop(): Promise<void> };

/** Starts a server in front of an engine, on a port of its own; `handle` forwards requests. */
export async function startEngineProxy(handle: RequestListener): Promise<EngineProxy> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error(`the proxy listens on ${address}, not on a port`);
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
