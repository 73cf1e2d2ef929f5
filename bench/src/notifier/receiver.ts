import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { verify } from '@waybill/local/receiver/signature.ts';
import type { Arrivals, Received } from './received.ts';

/**
 * The receiver of the benchmark, a process of its own: it takes every notification, keeps connections open and does as
 * little as a receiver can, so that what is measured is the notifier. It verifies one signature in {@link verifiedOf}, which
 * shows that both notifiers sign, and costs next to nothing.
 */

const verifiedOf = 50;
const secrets = (process.env['WEBHOOK_SECRETS'] ?? '').split(' ');
/** Milliseconds before each response. */
const responseMs = Number(process.env['RESPONSE_MS'] ?? 0);

/** When a parcel was told first: milliseconds since 1970, with fractions. */
const firstAtMs = new Map<number, number>();
let requests = 0;
let unverified = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    requests += 1;
    const nowMs = performance.timeOrigin + performance.now();
    const parcelId = Number(/_(\d+)$/.exec(String(request.headers['webhook-id']))?.[1]);
    if (requests % verifiedOf === 1 && 'problem' in verify(secrets, request.headers, Buffer.concat(chunks), nowMs))
      unverified += 1;
    if (!firstAtMs.has(parcelId)) firstAtMs.set(parcelId, nowMs);
    if (responseMs > 0) await delay(responseMs);
    response.writeHead(204).end();
  });
});
// Longer than any pause: a connection that is closed just then would look like a fault.
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env['RECEIVER_PORT']), '127.0.0.1');

process.on('message', (question) => {
  if (question === 'received')
    process.send?.({ received: { requests, parcels: firstAtMs.size, unverified } } satisfies { received: Received });
  if (question === 'arrivals') process.send?.({ arrivals: [...firstAtMs] } satisfies { arrivals: Arrivals });
});
