import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { systemClock } from '@waybill/shared/clock.ts';
import { onTestFinished } from 'vitest';
import type { LookupAll } from '../src/addresses/checked-lookup.ts';
import { cidr } from '../src/addresses/cidr.ts';
import { httpWebhook } from '../src/webhook/http-webhook.ts';
import type { WebhookSettings } from '../src/webhook/webhook-settings.ts';

export const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;

/** A port of 127.0.0.1, and the connections to it. */
export type Listening = { readonly port: number; readonly sockets: readonly Socket[] };

/** Receives over HTTP until the test is over. */
export async function httpServer(answer: RequestListener): Promise<Listening> {
  const server = createServer(answer).on('clientError', () => undefined);
  return { port: await listening(server), sockets: socketsOf(server) };
}

/** Receives bytes until the test is over. */
export async function tcpServer(answer: (socket: Socket) => void): Promise<Listening> {
  const server = createTcpServer(answer);
  return { port: await listening(server), sockets: socketsOf(server) };
}

type Server = ReturnType<typeof createTcpServer>;

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Holds: it listens on a port.
  return (server.address() as AddressInfo).port;
}

function socketsOf(server: Server): readonly Socket[] {
  const sockets: Socket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket.on('error', () => undefined));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return sockets;
}

const local = [cidr('127.0.0.0/8')];

const defaults: Omit<WebhookSettings, 'url'> = {
  secrets: [secretOf(1)],
  allowedCidrs: local,
  timeoutMs: 5_000,
  concurrency: 4,
};

/** A webhook until the test is over. */
export function webhookAt(url: string, settings: Partial<WebhookSettings> = {}, lookup?: LookupAll, now = Date.now) {
  const webhook = httpWebhook({ ...defaults, ...settings, url }, { ...systemClock, now }, lookup);
  onTestFinished(webhook.close);
  return webhook;
}
