import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

export type ListeningServer = {
  /** The open port. */
  readonly port: number;
  /** Ends the server and every connection to it. May be called twice. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts a server; 0: on any free port. A connection is kept for a minute: longer than any pause between two requests in use,
 * since one closed just then would look like a fault. Rejects when it cannot listen.
 */
export async function listen(
  { host, port }: { readonly host: string; readonly port: number },
  handle: RequestListener,
): Promise<ListeningServer> {
  const server = createServer(handle);
  server.keepAliveTimeout = 60_000;
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error(`The server listens on ${address}, not on a port`);
  return {
    port: address.port,
    stop: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
