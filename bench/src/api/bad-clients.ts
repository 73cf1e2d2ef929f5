import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, Worker, workerData } from 'node:worker_threads';

/** Clients that harm a server which lets them. They run in a thread of their own: they must not slow down who measures. */
export type BadClients = {
  readonly target: { readonly port: number; readonly headers: Readonly<Record<string, string>> };
  readonly count: number;
} & (
  | {
      /**
       * `idle` connections say nothing; of `slow-bodies` the body comes byte by byte; of `endless-headers` the headers never
       * end.
       */
      readonly kind: 'idle' | 'slow-bodies' | 'endless-headers';
    }
  | {
      /** A body that is too large, again and again; `isAnnounced`: its length comes first, as most clients send it. */
      readonly kind: 'large-bodies';
      readonly bytes: number;
      readonly isAnnounced: boolean;
    }
);

/** Milliseconds between two bytes, and between two large bodies of one client. */
const byteEveryMs = 50;
const bodyEveryMs = 100;

/** Starts such clients, and resolves once their connections are open with what ends them. */
export async function startBadClients(clients: BadClients): Promise<() => Promise<unknown>> {
  const worker = new Worker(new URL(import.meta.url), { workerData: clients });
  await once(worker, 'message');
  return () => worker.terminate();
}

if (parentPort) {
  // Holds: only startBadClients starts a thread of this file.
  await run(workerData as BadClients);
  parentPort.postMessage('open');
  // Keeps the thread alive until it is ended.
  parentPort.on('message', () => undefined);
}

async function run(clients: BadClients): Promise<void> {
  const { kind, target, count } = clients;
  if (kind === 'large-bodies') {
    for (let client = 0; client < count; client++) void sendAgain(target, clients.bytes, clients.isAnnounced);
    return;
  }
  const sockets = await Promise.all(Array.from({ length: count }, () => open(target)));
  if (kind === 'idle') return;
  const isBody = kind === 'slow-bodies';
  const begin = isBody
    ? `${head(target)}content-length: 1000000\r\n\r\n`
    : 'GET /v1/status HTTP/1.1\r\nhost: x\r\nx-slow: ';
  for (const socket of sockets) socket.write(begin);
  setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(isBody ? ' ' : 'x');
  }, byteEveryMs);
}

async function sendAgain(target: BadClients['target'], bytes: number, isAnnounced: boolean): Promise<never> {
  const body = Buffer.alloc(bytes, ' ');
  const length = isAnnounced ? `content-length: ${bytes}` : 'transfer-encoding: chunked';
  for (;;) {
    const socket = await open(target);
    socket.write(`${head(target)}${length}\r\n\r\n`);
    if (!isAnnounced) socket.write(`${bytes.toString(16)}\r\n`);
    socket.write(body);
    await new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
    socket.destroy();
    await delay(bodyEveryMs);
  }
}

function head({ headers }: BadClients['target']): string {
  const lines = Object.entries({ ...headers, host: 'x', 'content-type': 'application/json' });
  return `POST /v1/scan-events HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
}

async function open({ port }: BadClients['target']): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  // A server that refuses such clients closes their connections.
  socket.on('error', () => undefined).on('data', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return socket;
}
