import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { Socket } from 'node:net';

export type CuttingProxy = {
  readonly url: string;
  /** Cuts the connection of each receive whose answer has messages. */
  cutsMessages: boolean;
  /** Cuts the connection of a request that is not answered within this. */
  idleLimitMs: number;
  /** Messages in answers that were cut. */
  readonly used: () => number;
  readonly cuts: () => number;
  stop(): Promise<void>;
};

/** An HTTP proxy before an SQS engine, on a free port of 127.0.0.1. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let used = 0;
  let cuts = 0;
  const server = createServer((asked, answer) => {
    const limit = setTimeout(() => {
      cuts += 1;
      asked.socket.destroy();
    }, proxy.idleLimitMs);
    const forward = request(
      { hostname, port, method: asked.method, path: asked.url, headers: asked.headers },
      (came) => {
        const chunks: Buffer[] = [];
        came.on('data', (chunk: Buffer) => chunks.push(chunk));
        came.on('end', () => {
          clearTimeout(limit);
          const body = Buffer.concat(chunks);
          const messages = body.toString().split('"ReceiptHandle"').length - 1;
          if (proxy.cutsMessages && messages > 0) {
            used += messages;
            cuts += 1;
            asked.socket.destroy();
          } else if (!asked.socket.destroyed) answer.writeHead(came.statusCode ?? 500, came.headers).end(body);
        });
      },
    );
    forward.on('error', () => asked.socket.destroy());
    asked.pipe(forward);
    // The engine must not hand a message to a poll that has been cut.
    asked.socket.once('close', () => {
      clearTimeout(limit);
      forward.destroy();
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`The proxy listens on ${address}`);
  const proxy: CuttingProxy = {
    url: `http://127.0.0.1:${address.port}`,
    cutsMessages: false,
    idleLimitMs: 600_000,
    used: () => used,
    cuts: () => cuts,
    stop: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
  return proxy;
}
