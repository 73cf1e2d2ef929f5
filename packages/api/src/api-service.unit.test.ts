import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { measured, recordedLog } from '../../poller/test/observed.ts';
import { seeded } from '../../poller/test/poller-rig.ts';
import { serveUntilTestEnds } from '../../shared/test/local-service.ts';
import { describeService } from '../../shared/test/service-suite.ts';
import { apiSettings } from '../test/api-rig.ts';
import { createApi, type ServiceDependencies } from './api.ts';

const anyPort = { host: '127.0.0.1', port: 0 };

function open(options: Partial<ServiceDependencies> = {}) {
  return createApi({
    log: recordedLog().log,
    metrics: measured().metrics,
    clock: systemClock,
    random: seeded(1),
    settings: apiSettings,
    routes: [],
    address: anyPort,
    checkTables: async () => {},
    probes: {},
    ...options,
  });
}

describeService('the API', () => {
  let begun = 0;
  let isWrong = false;
  let mayEnd = true;
  let isStopping = false;
  const entered = Promise.withResolvers<void>();
  // A request that ends once the stop has begun.
  const plugin: FastifyPluginAsyncZod = async (app) => {
    app.get('/slow', { config: { open: true } }, async () => {
      entered.resolve();
      while (!isStopping || !mayEnd) await sleep(2);
      return '';
    });
  };
  onTestFinished(() => {
    isStopping = true;
    mayEnd = true;
  });
  const service = open({
    routes: [plugin],
    checkTables: async () => {
      begun += 1;
      if (isWrong) throw new WaybillError('TABLE_MISMATCH', 'another table');
    },
  });
  const stop = () => {
    isStopping = true;
    return service.stop();
  };
  return {
    service: { ...service, stop },
    begun: () => begun,
    atWork: async () => {
      await vi.waitUntil(service.url, { timeout: 10_000, interval: 5 });
      void fetch(`${service.url()}/slow`).catch(() => undefined);
      await entered.promise;
    },
    fail: () => {
      isWrong = true;
    },
    hang: () => {
      mayEnd = false;
    },
  };
});

describe('the API', () => {
  const ready = (service: ReturnType<typeof open>) => service.ready().ok;

  test('answers while its engines are away, and is not ready', async () => {
    let isAway = true;
    const engine = async () => {
      if (isAway) throw new Error('away');
    };
    const clock = { ...systemClock, sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms / 1_000, signal) };
    const service = open({ clock, checkTables: engine, probes: { sqs: engine, dynamodb: engine } });
    service.start();
    await vi.waitUntil(service.url, { interval: 2 });
    expect((await fetch(`${service.url()}/`)).status).toBe(404);
    expect(service.ready()).toMatchObject({ ok: false, parts: { tables: { ok: false }, server: { ok: true } } });
    expect(service.live().ok).toBe(true);
    isAway = false;
    await vi.waitUntil(() => ready(service), { interval: 2 });
    isAway = true;
    await vi.waitUntil(() => !ready(service), { interval: 2 });
    isAway = false;
    await vi.waitUntil(() => ready(service), { interval: 2 });
    await service.stop();
    expect(service.ready()).toMatchObject({ ok: false, parts: { server: { ok: false } } });
  });

  test('fails when its port is taken, and says by which variable it is named', async () => {
    const taken = Number(new URL(await serveUntilTestEnds(() => undefined)).port);
    const service = open({ address: { ...anyPort, port: taken } });
    service.start();
    await expect(service.ended).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringContaining('set API_PORT or API_HOST'),
    });
  });

  test('fails its liveness when its loop hangs for 90 s', async () => {
    let now = 0;
    const clock = { ...systemClock, monotonic: () => now, sleep: () => new Promise<void>(() => undefined) };
    const service = open({ clock });
    service.start();
    await vi.waitUntil(() => 'server' in service.live().parts, { interval: 2 });
    now = 90_000;
    expect(service.live().ok).toBe(true);
    now = 90_001;
    expect(service.live().ok).toBe(false);
  });
});
