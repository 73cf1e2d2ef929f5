import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy before an engine: takes the engine away and gives it back, without losing what it has in memory. */
export type EngineProxy = {
  readonly url: string;
  /** How many connections were ever made. */
  readonly connections: () => number;
  /** Everything passes. */
  open(): void;
  /** Open and new connections are cut at once. */
  cut(): void;
  /** Connections are accepted, and nothing is answered. */
  silence(): void;
  stop(): Promise<void>;
};

export async function startProxy(target: string, begin: 'open' | 'cut' | 'silence' = 'open'): Promise<EngineProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let mode = begin;
  let connections = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    connections += 1;
    keep(client);
    if (mode === 'cut') {
      client.destroy();
      return;
    }
    const engine = connect(Number(port), hostname);
    keep(engine);
    client.on('data', (chunk) => {
      if (mode === 'open') engine.write(chunk);
    });
    engine.on('data', (chunk) => {
      if (mode === 'open') client.write(chunk);
    });
    client.on('close', () => engine.destroy());
    engine.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`The proxy listens on ${address}`);
  return {
    url: `http://127.0.0.1:${address.port}`,
    connections: () => connections,
    open: () => {
      // Connections that were silenced have lost data.
      if (mode === 'silence') cutAll();
      mode = 'open';
    },
    cut: () => {
      mode = 'cut';
      cutAll();
    },
    silence: () => {
      mode = 'silence';
    },
    stop: async () => {
      server.close();
      cutAll();
      await once(server, 'close');
    },
  };
}
