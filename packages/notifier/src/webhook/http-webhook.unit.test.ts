import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@waybill/shared/clock.ts';
import { hasCode } from '@waybill/shared/error.ts';
import { afterEach, expect, test } from 'vitest';
import { cidr } from '../addresses/cidr.ts';
import { httpWebhook } from './http-webhook.ts';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const never = new AbortController().signal;
const request = { id: 'delivery_0a1b2c3d_5002', body: '{"type":"parcel.delivered"}' };

async function webhookTo(answer: (request: IncomingMessage, response: ServerResponse) => void, path = '/in') {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const webhook = httpWebhook(
    {
      url: `http://127.0.0.1:${port}${path}`,
      secrets: [secret],
      allowedCidrs: [cidr('127.0.0.0/8')],
      timeoutMs: 200,
      concurrency: 4,
    },
    systemClock,
  );
  closing.push(
    webhook.close,
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return { webhook, server };
}

test('posts', async () => {
  const { webhook } = await webhookTo((_request, response) => response.writeHead(204).end());
  expect(await webhook.notify(request, never)).toBe(204);
});

test('hang', async () => {
  const { webhook } = await webhookTo(() => undefined);
  await expect(webhook.notify(request, never)).rejects.toSatisfy((error) => hasCode(error, 'ENDPOINT_UNAVAILABLE'));
});
test('422', async () => {
  const { webhook } = await webhookTo((_request, response) => response.writeHead(422).end());
  await expect(webhook.notify(request, never)).rejects.toSatisfy((error) => hasCode(error, 'NOTIFICATION_REFUSED'));
});
