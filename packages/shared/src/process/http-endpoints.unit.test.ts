import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { healthReport } from './health.ts';
import { type Endpoints, serveEndpoints } from './http-endpoints.ts';

const healthy = healthReport({ loop: { ok: true, detail: 'turns' } });
const sick = healthReport({ sqs: { ok: false, detail: 'no answer within 5 s' }, loop: { ok: true, detail: 'turns' } });

async function serving(endpoints: Partial<Endpoints> = {}) {
  const server = await serveEndpoints(
    { host: '127.0.0.1', port: 0 },
    {
      live: () => healthy,
      ready: () => sick,
      serveMetrics: (_, response) => void response.end('waybill_feed_pages_total 1\n'),
      ...endpoints,
    },
  );
  onTestFinished(() => server.stop());
  return { ...server, url: `http://127.0.0.1:${server.port}` };
}

describe('the endpoints', () => {
  test('answer 200 where all is well and 503 where it is not, with the reason as JSON', async () => {
    const { url } = await serving();
    const live = await fetch(`${url}/livez`);
    expect([live.status, await live.json()]).toEqual([200, healthy]);
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, sick]);
    expect(ready.headers.get('content-type')).toBe('application/json');
    expect(ready.headers.get('cache-control')).toBe('no-store');
  });

  test('ask anew each time', async () => {
    const reports = [healthy, sick].values();
    const { url } = await serving({ ready: () => reports.next().value ?? healthy });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
  });

  test('hand /metrics over', async () => {
    const { url } = await serving();
    expect(await (await fetch(`${url}/metrics?name[]=x`)).text()).toBe('waybill_feed_pages_total 1\n');
  });

  test('answer a HEAD with the status alone', async () => {
    const { url } = await serving();
    const response = await fetch(`${url}/readyz?verbose`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([503, '']);
  });

  test.for(['/', '/livez/', '/LIVEZ', '/metrics2', '/../livez2', '//livez'])(
    'know nothing at %s and say what there is',
    async (path) => {
      const { url } = await serving();
      const response = await fetch(url + path);
      expect([response.status, await response.json()]).toEqual([
        404,
        { error: 'not found: try /livez, /readyz or /metrics' },
      ]);
    },
  );

  test.for(['POST', 'PUT', 'DELETE'])('refuse a %s', async (method) => {
    const { url } = await serving();
    expect((await fetch(`${url}/livez`, { method })).status).toBe(405);
  });

  test('live through bytes that are no request', async () => {
    const { url, port } = await serving();
    const socket = connect(port, '127.0.0.1').resume();
    socket.end('\u0000\u0001 not http\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });
});

describe('the port', () => {
  test('that is taken is an error at start', async () => {
    const { port } = await serving();
    const endpoints = { live: () => healthy, ready: () => healthy, serveMetrics: () => undefined };
    await expect(serveEndpoints({ host: '127.0.0.1', port }, endpoints)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringContaining(String(port)),
    });
  });

  test('is free again after a stop, which does not wait for those who are still connected', async () => {
    const first = await serving();
    const idle = connect(first.port, '127.0.0.1').resume();
    await new Promise((resolve) => idle.on('connect', resolve));
    const asking = await serving({ serveMetrics: () => undefined });
    const unanswered = fetch(`${asking.url}/metrics`).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([first.stop(), asking.stop()]);
    expect(await unanswered).toBeInstanceOf(Error);
    await expect(fetch(`${first.url}/livez`)).rejects.toThrow();
  });

  test('can be closed twice', async () => {
    const { stop } = await serving();
    await stop();
    await stop();
  });
});
