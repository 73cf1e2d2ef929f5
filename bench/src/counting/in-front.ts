import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

export type InFront = { readonly endpoint: string; stop(): Promise<void> };

/** A server on a port of its own that stands in front of an engine; `handle` hands requests on. */
export async function standInFront(handle: RequestListener): Promise<InFront> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`Listens on ${address}, not on a port`);
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
