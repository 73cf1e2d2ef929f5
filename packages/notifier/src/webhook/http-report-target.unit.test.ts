import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { systemClock } from '@waybill/shared/clock.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { httpServer } from '../../test/webhook-to.ts';
import { httpReportTarget } from './http-report-target.ts';

const endless = new AbortController().signal;
const report = {
  parcelId: 5002,
  milestone: 'delivery',
  notificationId: 'delivery-5002',
  notifiedCount: 2,
  notifiedAtUtc: '2026-11-28T12:00:00.000Z',
};

function targetAt(url: string, token = 't-1') {
  const target = httpReportTarget({ url, token, timeoutMs: 5_000, concurrency: 2 }, systemClock);
  onTestFinished(target.close);
  return target;
}

describe('a report', () => {
  test('is a PUT of the parcel, with the notification as its key, before the query of the URL', async () => {
    const received: { line: string; headers: IncomingHttpHeaders; body: unknown }[] = [];
    const { port } = await httpServer(async (message, response) => {
      const { method, url, headers } = message;
      received.push({ line: `${method} ${url}`, headers, body: JSON.parse(await text(message)) });
      response.writeHead(204).end();
    });
    const base = `http://127.0.0.1:${port}`;
    for (const path of ['/parcels', '/parcels/', '/parcels?v=1', ''])
      expect(await targetAt(base + path).report(report, endless)).toBe(204);
    expect(received.map(({ line }) => line)).toEqual([
      'PUT /parcels/5002',
      'PUT /parcels/5002',
      'PUT /parcels/5002?v=1',
      'PUT /5002',
    ]);
    expect(received[0]?.body).toEqual(report);
    expect(received[0]?.headers).toMatchObject({
      authorization: 'Bearer t-1',
      'idempotency-key': 'delivery-5002',
      'content-type': 'application/json',
      'user-agent': 'waybill',
    });
    await targetAt(base, '').report(report, endless);
    expect(received.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  test('fails by the rules of the webhook, in words of its own', async () => {
    let status = 409;
    const { port } = await httpServer((message, response) => {
      message.resume();
      response.writeHead(status, { 'retry-after': '3' }).end('t-1');
    });
    const target = targetAt(`http://127.0.0.1:${port}/parcels?key=k-1`);
    await expect(target.report(report, endless)).rejects.toMatchObject({
      code: 'NOTIFICATION_REFUSED',
      message: 'the report target refused this one with status 409',
      details: { status: 409 },
    });
    status = 401;
    await expect(target.report(report, endless)).rejects.toMatchObject({
      code: 'ENDPOINT_UNAVAILABLE',
      message: 'the report target returned status 401: check REPORT_TOKEN',
      details: { status: 401, retryAfterMs: 3_000 },
    });
  });

  test('never goes where credentials are', async () => {
    await expect(targetAt('http://169.254.169.254/parcels').report(report, endless)).rejects.toMatchObject({
      code: 'ENDPOINT_UNAVAILABLE',
      details: { code: 'ADDRESS_REFUSED' },
    });
  });
});
