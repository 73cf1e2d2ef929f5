import { createServer, request as forward } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export type ForwardProxy = {
  readonly port: number;
  /** What it was asked for: `CONNECT carrier.test:443`, `GET http://carrier.test/…`. */
  readonly asked: readonly string[];
  /** Whose requests it led on. */
  readonly users: readonly string[];
  /** Connections to it. */
  readonly open: () => number;
  readonly stop: () => Promise<void>;
};

/**
 * A forward proxy on a free port of 127.0.0.1, by tunnels (CONNECT) and by absolute form, which demands this user and password.
 * Hosts that exist nowhere (`carrier.test`) are on 127.0.0.1 for it, at the port asked for; it leads nowhere else.
 *
 * @param userInfo `user:password`; empty: it asks for none
 * @param tunnel what it does with a CONNECT, if not to lead on: a status, or silence
 */
export async function startForwardProxy(userInfo = '', tunnel?: number | 'silence'): Promise<ForwardProxy> {
  const asked: string[] = [];
  const users: string[] = [];
  const demanded = userInfo === '' ? undefined : `Basic ${Buffer.from(userInfo).toString('base64')}`;
  const isAllowed = (given: string | undefined) => demanded === undefined || given === demanded;
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { 'proxy-authorization': given, 'proxy-connection': _, ...headers } = request.headers;
    if (!isAllowed(given)) return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end('who?');
    users.push(userInfo);
    const { port, pathname, search } = new URL(request.url ?? '');
    const options = { host: '127.0.0.1', port, path: pathname + search, method: request.method, headers };
    const onward = forward(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });
  // Those of tunnels are no longer the server's to close.
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, socket, head) => {
    asked.push(`CONNECT ${request.url}`);
    socket.on('error', () => undefined);
    if (tunnel === 'silence') return void socket.resume().on('end', () => socket.end());
    const status = isAllowed(request.headers['proxy-authorization']) ? (tunnel ?? 200) : 407;
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} secret of the proxy\r\n\r\n`);
    users.push(userInfo);
    const onward = connect(Number(new URL(`http://${request.url}`).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    asked,
    users,
    open: () => sockets.size,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
