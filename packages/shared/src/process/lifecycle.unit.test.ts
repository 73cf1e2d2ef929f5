import { describe, expect, test } from 'vitest';
import { asProcess, describeService } from '../../test/service-suite.ts';
import { createService } from './lifecycle.ts';

/** A service that only waits for its stop. */
function waitingService() {
  let begun = 0;
  let hanging = false;
  let failing = false;
  const atWork = Promise.withResolvers<void>();
  const service = createService(async (stopping) => {
    begun += 1;
    const stopped = Promise.withResolvers<void>();
    stopping.addEventListener('abort', () => stopped.resolve());
    if (stopping.aborted) stopped.resolve();
    setImmediate(atWork.resolve);
    if (failing) throw new Error('the feed is gone for good');
    await stopped.promise;
    if (hanging) await new Promise(() => undefined);
  });
  return {
    service,
    begun: () => begun,
    atWork: () => atWork.promise,
    fail: () => {
      failing = true;
    },
    hang: () => {
      hanging = true;
    },
  };
}

describeService('a service that waits', waitingService);

describe('a service', () => {
  test('whose work is over ends by itself', async () => {
    const service = createService(async () => undefined);
    service.start();
    await expect(service.ended).resolves.toBe(undefined);
    await service.stop();
  });

  test('that failed says so by its end, and its stop does not fail as well', async () => {
    const service = createService(async () => {
      throw new Error('lost');
    });
    service.start();
    await expect(service.ended).rejects.toThrow('lost');
    await expect(service.stop()).resolves.toBe(undefined);
  });

  test('is stopped only when its work has put its things in order', async () => {
    const order: string[] = [];
    const inOrder = Promise.withResolvers<void>();
    const service = createService(async (stopping) => {
      await new Promise((resolve) => stopping.addEventListener('abort', resolve));
      await inOrder.promise;
      order.push('in order');
    });
    service.start();
    const stopped = service.stop().then(() => order.push('stopped'));
    setImmediate(inOrder.resolve);
    await stopped;
    expect(order).toEqual(['in order', 'stopped']);
  });
});

describe('a process', () => {
  const done = () => createService(async () => undefined);

  test('whose service ends by itself closes, and exits with 0', async () => {
    const run = asProcess(done());
    expect(await run.exitCode).toBe(0);
    expect(run.closed()).toBe(1);
    expect(run.lines.map((line) => line['msg'])).toEqual(['stopped']);
  });

  test('closes only after its service has ended', async () => {
    const order: string[] = [];
    const service = createService(async () => {
      await new Promise(setImmediate);
      order.push('ended');
    });
    const close = async () => void order.push('closed');
    await asProcess(service, 20_000, close).exitCode;
    expect(order).toEqual(['ended', 'closed']);
  });

  test('that cannot close exits with 1', async () => {
    const close = async () => {
      throw new Error('port stuck');
    };
    const run = asProcess(done(), 20_000, close);
    expect(await run.exitCode).toBe(1);
    expect(run.fatal()).toEqual([
      expect.objectContaining({ err: expect.objectContaining({ message: 'Error: port stuck' }) }),
    ]);
  });

  test('whose close hangs exits with 1 after the stop timeout, though no signal ever came', async () => {
    const run = asProcess(done(), 20, () => new Promise(() => undefined));
    expect(await run.exitCode).toBe(1);
    expect(run.fatal()).toHaveLength(1);
  });

  test('that failed still closes, so that its last metrics are pushed, and names the failure', async () => {
    const service = createService(async () => {
      throw new Error('lost');
    });
    const run = asProcess(service);
    expect(await run.exitCode).toBe(1);
    expect(run.closed()).toBe(1);
    expect(run.fatal()).toEqual([
      expect.objectContaining({ msg: 'service failed', err: expect.objectContaining({ message: 'Error: lost' }) }),
    ]);
  });

  test('ends at once with 130 after a second Ctrl-C, but not when one comes twice, as through npm', async () => {
    const { service, hang, atWork } = waitingService();
    hang();
    let now = 0;
    const run = asProcess(service, 20_000, undefined, () => now);
    await atWork();
    for (const later of [0, 2]) {
      now += later;
      run.process.emit('SIGINT', 'SIGINT');
    }
    expect(run.lines.map((line) => line['msg'])).toEqual(['stopping']);
    now += 1_000;
    run.process.emit('SIGINT', 'SIGINT');
    expect(await run.exitCode).toBe(130);
  });

  test.each(['before it runs', 'while it works'])(
    'whose log nobody reads any more, since %s, stops in order and ends with 1: who restarts what failed restarts it',
    async (since) => {
      const { service, atWork } = waitingService();
      const unread = new AbortController();
      if (since === 'before it runs') unread.abort();
      const run = asProcess(service, 20_000, undefined, undefined, unread.signal);
      if (since === 'while it works') await atWork();
      unread.abort();
      expect(await run.exitCode).toBe(1);
      expect(run.closed()).toBe(1);
      expect(run.fatal()).toEqual([]);
    },
  );

  test('says which signal stops it', async () => {
    const run = asProcess(waitingService().service);
    run.process.emit('SIGTERM', 'SIGTERM');
    await run.exitCode;
    expect(run.lines.map((line) => [line['msg'], line['signal']])).toEqual([
      ['stopping', 'SIGTERM'],
      ['stopped', undefined],
    ]);
  });
});
