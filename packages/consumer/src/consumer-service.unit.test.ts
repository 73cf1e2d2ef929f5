import { systemClock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { describeConsumer } from '../test/consumer-suite.ts';
import { bodyOf } from '../test/list-handler.ts';
import { listRig } from '../test/list-rig.ts';
import { engineError, pass, useVirtualTime } from '../test/service-rig.ts';

describeConsumer('a consumer with the simplest handler', (options) => {
  const { list, ...rig } = listRig(options);
  return {
    ...rig,
    body: bodyOf,
    failureId: (item) => `item-${item}`,
    beforeWork: (before) => {
      list.before = before;
    },
    rejection: () => new WaybillError('STORE_REJECTED', 'the item is at fault'),
    done: () => list.ids,
  };
});

describe('the start', () => {
  beforeEach(useVirtualTime);

  test('waits for engines that are down, receives nothing, is alive and not ready; then begins by itself', async () => {
    let down = true;
    const { service, queue, list, stop } = listRig({
      ports: {
        checkTables: async () => {
          if (down) throw engineError('ResourceNotFoundException');
        },
        probes: {
          dynamodb: async () => {
            if (down) throw engineError('ResourceNotFoundException');
          },
        },
      },
    });
    queue.put(bodyOf(1));
    service.start();
    await pass(60);
    expect(queue.receives).toBe(0);
    expect(service.live().ok).toBe(true);
    expect(service.ready()).toMatchObject({
      ok: false,
      parts: { tables: { ok: false }, dynamodb: { ok: false, detail: expect.stringMatching(/^ResourceNotFound/) } },
    });
    down = false;
    await pass(15);
    expect(service.ready().ok).toBe(true);
    expect(list.ids).toEqual([1]);
    await stop();
  });

  test('ends the service where a table has another key, and touches nothing', async () => {
    const mismatch = new WaybillError('TABLE_MISMATCH', 'the table has another key');
    const { service, queue } = listRig({ ports: { checkTables: () => Promise.reject(mismatch) } });
    queue.put(bodyOf(1));
    service.start();
    await expect(service.ended).rejects.toBe(mismatch);
    expect(queue.receives).toBe(0);
  });

  test('takes the last allowed receive from the queue’s own redrive policy', async () => {
    const { service, queue, journal, lines, stop } = listRig();
    queue.receiveCountLimit = 7;
    queue.put(bodyOf(1), { receiveCount: 5 });
    queue.put(bodyOf(2), { receiveCount: 6 });
    service.start();
    await pass(1);
    expect(journal.lines(/^recorded/)).toEqual(['recorded item-2 REPEATEDLY_INTERRUPTED']);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'processing', maxReceiveCount: 7 }));
    await stop();
  });

  test('can be stopped while the engines are silent', async () => {
    const { service, stop } = listRig({ ports: { checkTables: () => Promise.reject(engineError('TimeoutError')) } });
    service.start();
    await pass(30);
    expect(await stop()).toBe(0);
    await expect(service.ended).resolves.toBeUndefined();
  });
});

test('is not ready while SQS answers, but refuses receives, and is ready again by itself', async () => {
  useVirtualTime();
  const { service, queue, list, stop } = listRig({ ports: { probes: { sqs: async () => 0 } } });
  queue.before = (operation) => {
    if (operation === 'receive') throw engineError('AccessDenied');
    return [];
  };
  service.start();
  await pass(15);
  expect(service.ready()).toMatchObject({
    ok: false,
    parts: { sqs: { ok: true }, receives: { ok: false, detail: expect.stringContaining('AccessDenied') } },
  });
  queue.before = () => [];
  await pass(20);
  expect(service.ready().ok).toBe(true);
  queue.put(bodyOf(1));
  await pass(1);
  expect(list.ids).toEqual([1]);
  await stop();
});

test('is alive with the longest visibility timeout, although its heartbeat checks only every six minutes', async () => {
  useVirtualTime();
  const { service, stop } = listRig({ visibilityTimeoutMs: 3_600_000 });
  service.start();
  for (let minutes = 0; minutes < 15; minutes += 1) {
    await pass(59);
    expect(service.live()).toMatchObject({ ok: true });
  }
  await stop();
});

describe('a loop that does not turn any more shows as silence', () => {
  beforeEach(useVirtualTime);

  test('a receive loop whose receive hangs, until it goes on', async () => {
    const { service, queue, stop } = listRig({ receivers: 2, receiveWaitMs: 20_000 });
    const hanging = Promise.withResolvers<void>();
    let receives = 0;
    queue.beforeAnswer = () => {
      receives += 1;
      return receives === 1 ? hanging.promise : undefined;
    };
    service.start();
    await pass(79);
    expect(service.live()).toMatchObject({ ok: true });
    await pass(2);
    expect(service.live()).toMatchObject({
      ok: false,
      parts: { 'receiver 1': { ok: false }, 'receiver 2': { ok: true }, heartbeat: { ok: true } },
    });
    hanging.resolve();
    await pass(1);
    expect(service.live().ok).toBe(true);
    await stop();
  });

  test('the heartbeat, when its clock hangs', async () => {
    let hangs = false;
    const sleep: typeof systemClock.sleep = (ms, signal) =>
      hangs && ms === 3_000 ? new Promise(() => {}) : systemClock.sleep(ms, signal);
    const { service } = listRig({ visibilityTimeoutMs: 30_000, ports: { clock: { ...systemClock, sleep } } });
    service.start();
    await pass(60);
    expect(service.live().ok).toBe(true);
    hangs = true;
    await pass(67);
    expect(service.live()).toMatchObject({ ok: false, parts: { heartbeat: { ok: false } } });
  });

  test('but none does while an engine is silent: calls of the work, renewals and deletes end by their client’s timeout', async () => {
    const { service, queue, list, stop } = listRig();
    list.before = (item) => (item === 1 ? new Promise(() => {}) : undefined);
    queue.before = (operation) => (operation === 'receive' ? [] : new Promise(() => {}));
    queue.put(bodyOf(1));
    queue.put(bodyOf(2, 'nonsense'));
    queue.put(bodyOf(3));
    service.start();
    await pass(600);
    expect(service.live()).toMatchObject({ ok: true });
    await stop();
  });
});
