import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf } from '../test/list-handler.ts';
import { listRig } from '../test/list-rig.ts';
import { engineError, pass, useVirtualTime } from '../test/service-rig.ts';

beforeEach(useVirtualTime);

const halfVisibilityMs = 15_000;

describe('the heartbeat', () => {
  test('renews every message in hand before half its visibility has passed, ten to a request', async () => {
    const { queue, list, journal, service, stop } = listRig({ receivers: 3 });
    list.before = () => new Promise(() => {});
    const ids = Array.from({ length: 45 }, (_, index) => queue.put(bodyOf(index + 1)).messageId);
    service.start();
    await pass(600);
    for (const id of ids) {
      const renewedAt = journal.entries.filter(({ line }) => line === `visibility ${id} 30`).map(({ atMs }) => atMs);
      expect(renewedAt.length).toBeGreaterThan(35);
      for (const [index, at] of renewedAt.slice(1).entries()) {
        expect(at - (renewedAt[index] ?? 0)).toBeLessThanOrEqual(halfVisibilityMs);
      }
    }
    expect(queue.messages.every(({ receiveCount }) => receiveCount === 1)).toBe(true);
    expect(journal.lines(/: visibility$/).length / (600 / 15)).toBeLessThanOrEqual(10);
    await stop();
  });

  test('goes on for messages that wait for a split, a delete or their turn on the last receive', async () => {
    const { queue, list, service, stop } = listRig();
    list.before = (item) => (item === 4 ? new Promise(() => {}) : undefined);
    queue.before = (operation, entries) => {
      if (operation === 'send') throw engineError('ServiceUnavailable');
      return operation === 'delete' ? entries.map((_, index) => index) : [];
    };
    queue.put(bodyOf(1, 'nonsense'));
    queue.put(bodyOf(2));
    queue.put(bodyOf(4), { receiveCount: 2 });
    queue.put(bodyOf(5), { receiveCount: 2 });
    service.start();
    await pass(300);
    expect(queue.messages.map(({ receiveCount }) => receiveCount)).toEqual([1, 1, 3, 3]);
    expect(queue.deadLetters).toEqual([]);
    await stop();
  });

  test('ends for a message that is settled', async () => {
    const { queue, journal, service, stop } = listRig();
    queue.put(bodyOf(1));
    service.start();
    await pass(100);
    expect(journal.lines(/^(visibility|deleted)/)).toEqual(['deleted m1']);
    await stop();
  });

  test('is repeated until SQS takes it; one batch that hangs keeps no other waiting', async () => {
    const { queue, list, service, stop } = listRig({ receivers: 1 });
    list.before = () => new Promise(() => {});
    for (let id = 1; id <= 20; id += 1) queue.put(bodyOf(id));
    let calls = 0;
    queue.before = async (operation, entries) => {
      if (operation !== 'visibility') return [];
      calls += 1;
      if (calls === 2) throw engineError('ServiceUnavailable');
      if (calls === 1) await new Promise(() => {});
      return calls === 4 ? entries.map((_, index) => index).slice(0, 3) : [];
    };
    service.start();
    await pass(120);
    const ours = queue.messages.filter(({ visibleAt }) => visibleAt > Date.now()).map(({ messageId }) => messageId);
    expect(ours).toEqual(Array.from({ length: 10 }, (_, index) => `m${index + 11}`));
    await stop();
  });

  test('finds a message lost that SQS no longer knows as ours, and neither splits nor releases it', async () => {
    const { queue, journal, service, failures, messages, stop } = listRig();
    const recording = Promise.withResolvers<void>();
    failures.before = () => recording.promise;
    const mine = queue.put(bodyOf(1, 'nonsense'));
    service.start();
    await pass(1);
    mine.receiptHandle = 'm1#somebody else’s';
    mine.visibleAt = Number.POSITIVE_INFINITY;
    await pass(20);
    expect(messages(/^message lost/)).toHaveLength(1);
    recording.resolve();
    await pass(20);
    expect(journal.lines(/^(sent|deleted)/)).toEqual([]);
    await stop();
  });

  test('hands a message back before SQS’s 12 hours are over, on the last allowed receive as a new one', async () => {
    const { queue, list, journal, service, stop } = listRig();
    list.before = () => new Promise(() => {});
    queue.put(bodyOf(1));
    queue.put(bodyOf(2), { receiveCount: 2, attributes: { origin: 'here' } });
    service.start();
    const begun = Date.now();
    for (let hour = 0; hour < 12; hour += 1) await pass(3_600);
    const handedBack = journal.entries.findIndex(({ line }) => line === 'visibility m1 0');
    const held = journal.entries.slice(0, handedBack);
    const last = held.filter(({ line }) => line === 'visibility m1 30').at(-1)?.atMs ?? 0;
    expect(last + 30_000 - begun).toBeLessThanOrEqual(12 * 3_600_000);
    expect(last - begun).toBeGreaterThan(11.9 * 3_600_000);
    expect(queue.deadLetters).toEqual([]);
    expect(journal.lines(/^(sent|deleted|removed)/)).toEqual(['sent m3', 'deleted m2', 'removed item-2']);
    expect(queue.messages).toMatchObject([
      { messageId: 'm1', receiveCount: 2 },
      { messageId: 'm3', attributes: { origin: 'here', failureId: 'item-2' } },
    ]);
    await stop();
  });
});

describe('an outage', () => {
  test('of two minutes with messages in flight puts nothing in the DLQ, records nothing, releases nothing', async () => {
    const { queue, list, journal, failures, service, stop } = listRig({ receivers: 4 });
    for (let id = 1; id <= 30; id += 1) queue.put(bodyOf(id, 1_000 + id));
    let down = false;
    list.before = () => {
      if (down) throw engineError('ProvisionedThroughputExceededException');
    };
    failures.before = list.before as () => void;
    service.start();
    down = true;
    await pass(30);
    const received = queue.messages.filter(({ receiveCount }) => receiveCount > 0).length;
    const polls = queue.receives;
    for (let id = 31; id <= 60; id += 1) queue.put(bodyOf(id, 1_000 + id));
    expect(service.ready()).toMatchObject({ ok: false, parts: { breaker: { ok: false } } });
    expect(service.live().ok).toBe(true);
    await pass(90);
    expect(received).toBeGreaterThan(0);
    // The polls that were under way when the breaker opened may bring something yet.
    expect(queue.receives - polls).toBeLessThanOrEqual(4);
    expect(journal.lines(/^(recorded|sent|deleted|dead|visibility m\d+ 0)/)).toEqual([]);
    expect(queue.messages.every(({ receiveCount }) => receiveCount <= 1)).toBe(true);
    down = false;
    await pass(60);
    expect(list.items.size).toBe(120);
    expect(queue.messages).toEqual([]);
    expect(queue.deadLetters).toEqual([]);
    expect(failures.records.size).toBe(0);
    expect(service.ready().ok).toBe(true);
    await stop();
  });

  test('by throttling, with three writes in hand, shows in readiness within 15 s, and little more is received', async () => {
    const { queue, list, journal, service, stop } = listRig({ receiveWaitMs: 2_000 });
    queue.waitSeconds = 2;
    let down = true;
    list.before = () => {
      if (down) throw engineError('ThrottlingException');
    };
    for (let id = 1; id <= 3; id += 1) queue.put(bodyOf(id));
    service.start();
    await pass(15);
    expect(service.ready()).toMatchObject({ ok: false, parts: { breaker: { ok: false } } });
    for (let id = 4; id <= 120; id += 1) queue.put(bodyOf(id));
    const received = () => queue.messages.filter(({ receiveCount }) => receiveCount > 0).length;
    // What the poll under way brings is tried, a probe for each, before more is fetched.
    await pass(50);
    expect(received()).toBe(13);
    let mostReceived = 0;
    for (let minute = 0; minute < 20; minute += 1) {
      await pass(60);
      mostReceived = Math.max(mostReceived, received());
      expect(service.ready().ok).toBe(false);
    }
    expect(mostReceived).toBeGreaterThan(13);
    // Two receivers with twenty each; the last receive began with one less and brought ten.
    expect(mostReceived).toBeLessThan(50);
    expect(journal.lines(/^(recorded|sent|deleted|dead|visibility m\d+ 0)/)).toEqual([]);
    expect(queue.messages.every(({ receiveCount }) => receiveCount <= 1)).toBe(true);
    down = false;
    await pass(15);
    expect(list.ids).toHaveLength(120);
    expect(queue.deadLetters).toEqual([]);
    expect(service.ready().ok).toBe(true);
    await stop();
  });

  test('is probed with one receive when nothing is in hand', async () => {
    const { queue, list, service, stop } = listRig();
    let down = true;
    list.before = () => {
      if (down) throw engineError('AccessDeniedException');
    };
    const only = queue.put(bodyOf(1));
    service.start();
    await pass(30);
    // Somebody else took it: the hand is empty, and the breaker still open.
    only.receiptHandle = 'm1#somebody else’s';
    only.visibleAt = Number.POSITIVE_INFINITY;
    await pass(30);
    const polls = queue.receives;
    await pass(100);
    expect(queue.receives - polls).toBeLessThanOrEqual(6);
    expect(queue.receives - polls).toBeGreaterThanOrEqual(4);
    down = false;
    await pass(30);
    expect(service.ready().ok).toBe(true);
    await stop();
  });

  test('of SQS is waited out: receives come back by themselves', async () => {
    const { queue, list, service, stop } = listRig();
    let down = true;
    queue.before = (operation) => {
      if (down && operation === 'receive') throw engineError('AccessDenied');
      return [];
    };
    queue.put(bodyOf(1));
    service.start();
    await pass(300);
    expect(queue.receives).toBeLessThan(200);
    down = false;
    await pass(15);
    expect(list.ids).toEqual([1]);
    await stop();
  });

  test('holds no more in hand than two receives a receiver, however long the queue is', async () => {
    const { queue, list, service, stop } = listRig({ receivers: 2 });
    list.before = () => new Promise(() => {});
    for (let id = 1; id <= 200; id += 1) queue.put(bodyOf(id));
    service.start();
    await pass(60);
    expect(queue.messages.filter(({ receiveCount }) => receiveCount > 0)).toHaveLength(40);
    await stop();
  });
});

describe('one hot item, throttled for an hour,', () => {
  test.each([
    { alone: 0, every: 5, messages: 30, receiveCount: 0 },
    { alone: 0, every: 15, messages: 20, receiveCount: 0 },
    { alone: 25, every: 0.05, messages: 2_000, receiveCount: 0 },
    { alone: 25, every: 5, messages: 30, receiveCount: 2 },
    { alone: 600, every: 60, messages: 20, receiveCount: 0 },
    { alone: 600, every: 60, messages: 20, receiveCount: 2 },
  ])(
    'and for $alone s alone in hand, stops no other: a message each $every s, $messages of them, received $receiveCount times before',
    async ({ alone, every, messages, receiveCount }) => {
      const { queue, list, journal, service, stop } = listRig();
      const hotUntil = Date.now() + 3_600_000;
      list.before = (item) => {
        if (item === 1 && Date.now() < hotUntil) throw engineError('ThrottlingException');
      };
      queue.put(bodyOf(1));
      service.start();
      await pass(alone);
      const putAt = new Map<string, number>();
      for (let id = 2; id <= messages + 1; id += 1) {
        await pass(every);
        putAt.set(`stored ${id}`, Date.now());
        queue.put(bodyOf(id), { receiveCount });
      }
      // The longest wait for a probe.
      await pass(10);
      const waitedMs = journal.entries.flatMap(({ line, atMs }) => {
        const at = putAt.get(line);
        return at === undefined ? [] : [atMs - at];
      });
      expect(waitedMs).toHaveLength(messages);
      expect(Math.max(...waitedMs)).toBeLessThanOrEqual(10_000);
      expect(queue.deadLetters).toEqual([]);
      await pass(3_600);
      expect(list.ids).toHaveLength(messages + 1);
      expect(queue.messages).toEqual([]);
      await stop();
    },
  );
});

describe('the last allowed receive', () => {
  test('is on record before the work, and no more after it', async () => {
    const { queue, journal, failures, service, stop } = listRig();
    queue.put(bodyOf(1), { receiveCount: 2 });
    service.start();
    await pass(1);
    expect(journal.lines(/^(recorded|stored|deleted|removed)/)).toEqual([
      'recorded item-1 REPEATEDLY_INTERRUPTED',
      'stored 1',
      'deleted m1',
      'removed item-1',
    ]);
    expect(failures.records.size).toBe(0);
    await stop();
  });

  test('is on record for every message in hand, worked on or not, when the process dies', async () => {
    const { queue, list, failures, service } = listRig();
    list.before = () => new Promise(() => {});
    for (let id = 1; id <= 5; id += 1) queue.put(bodyOf(id, 100 + id), { receiveCount: 2 });
    service.start();
    await pass(0.5);
    expect([...failures.records.values()].map(({ reason }) => reason)).toEqual(
      Array.from({ length: 5 }, () => 'REPEATEDLY_INTERRUPTED'),
    );
  });

  test('is worked on alone, one message after the other, but none is held up for long', async () => {
    const { queue, list, journal, service, stop } = listRig();
    list.before = (item) => (item === 2 ? new Promise(() => {}) : undefined);
    for (let id = 1; id <= 3; id += 1) queue.put(bodyOf(id), { receiveCount: 2 });
    queue.put(bodyOf(9));
    service.start();
    await pass(1);
    expect(list.ids).toEqual([1, 9]);
    await pass(2);
    expect(list.ids).toEqual([1, 3, 9]);
    const lines = journal.lines(/^(stored [13]|deleted m[13])/);
    expect(lines).toEqual(['stored 1', 'deleted m1', 'stored 3', 'deleted m3']);
    await stop();
  });

  test('takes less than 20 ms where engines take 8, and each message is deleted before the next one begins', async () => {
    const { queue, list, journal, failures, service, stop } = listRig({ receivers: 4 });
    const take8Ms = () => new Promise<void>((resolve) => setTimeout(resolve, 8));
    list.before = async (item) => {
      journal.add(`begun ${item}`);
      await take8Ms();
    };
    failures.before = take8Ms;
    queue.before = (operation) => (operation === 'delete' ? take8Ms().then(() => []) : []);
    const count = 200;
    const ids = Array.from({ length: count }, (_, index) => index + 1);
    for (const id of ids) queue.put(bodyOf(id), { receiveCount: 2 });
    service.start();
    await pass(4);
    expect(queue.messages).toEqual([]);
    expect(failures.records.size).toBe(0);
    const order = journal.lines(/^begun/).map((line) => Number(line.split(' ')[1]));
    expect(order.toSorted((a, b) => a - b)).toEqual(ids);
    expect(journal.lines(/^(begun|stored|deleted)/)).toEqual(
      order.flatMap((id) => [`begun ${id}`, `stored ${id}`, `deleted m${id}`]),
    );
    for (const id of ids) {
      const [first, second] = journal.lines(new RegExp(`^(recorded item-${id} |begun ${id}$)`));
      expect([first, second]).toEqual([`recorded item-${id} REPEATEDLY_INTERRUPTED`, `begun ${id}`]);
    }
    await stop();
  });

  test('keeps the reason that is known already, and goes to the DLQ with it', async () => {
    const { queue, failures, service, stop } = listRig();
    queue.put(bodyOf('nonsense'), { attributes: { failureId: `body-${'0'.repeat(64)}` } });
    service.start();
    await pass(5);
    expect([...failures.records.values()]).toMatchObject([{ reason: 'INVALID_ITEM', attempts: 3 }]);
    expect(queue.deadLetters).toHaveLength(1);
    await stop();
  });

  test('stays on record when the message was lost while it was worked on: it goes to the DLQ', async () => {
    const { queue, list, failures, service, stop } = listRig();
    const hanging = Promise.withResolvers<void>();
    list.before = () => hanging.promise;
    const mine = queue.put(bodyOf(1), { receiveCount: 2 });
    service.start();
    await pass(1);
    mine.receiptHandle = 'expired';
    mine.visibleAt = Number.POSITIVE_INFINITY;
    await pass(20);
    hanging.resolve();
    await pass(20);
    expect(failures.records.get('item-1')).toMatchObject({ reason: 'REPEATEDLY_INTERRUPTED' });
    await stop();
  });
});

describe('a stop', () => {
  test('finishes what is in hand and ends with the poll in flight', async () => {
    const { queue, list, service, stop } = listRig();
    const slow = Promise.withResolvers<void>();
    list.before = () => slow.promise;
    queue.put(bodyOf(1));
    service.start();
    await pass(1);
    setTimeout(() => slow.resolve(), 2_000);
    expect(await stop()).toBeLessThanOrEqual(20);
    expect(list.ids).toEqual([1]);
    expect(queue.messages).toEqual([]);
  });

  test('begins no poll, and hands back what the poll in flight brings', async () => {
    const { queue, list, journal, service, stop } = listRig({ receivers: 1 });
    queue.put(bodyOf(100));
    service.start();
    await pass(1);
    setTimeout(() => {
      for (let id = 1; id <= 12; id += 1) queue.put(bodyOf(id));
    }, 5_000);
    await stop();
    expect(queue.receives).toBe(2);
    expect(list.ids).toEqual([100]);
    expect(journal.lines(/^visibility/)).toEqual(
      Array.from({ length: 10 }, (_, index) => `visibility m${index + 2} 0`),
    );
    expect(journal.lines(/: visibility$/)).toEqual(['batch of 10: visibility']);
    expect(queue.messages.every(({ visibleAt }) => visibleAt <= Date.now())).toBe(true);
  });

  test('hands nothing back to a poll of its own: a stop costs a message one receive at most', async () => {
    const { queue, list, service, stop } = listRig({ receivers: 4 });
    list.before = () => new Promise(() => {});
    queue.put(bodyOf(1));
    queue.put(bodyOf(2), { receiveCount: 1 });
    service.start();
    await pass(1);
    setTimeout(() => queue.put(bodyOf(3)), 15_000);
    setTimeout(() => queue.put(bodyOf(4), { receiveCount: 1 }), 18_000);
    await stop();
    expect(queue.messages).toMatchObject([1, 2, 1, 2].map((receiveCount) => ({ receiveCount })));
    expect(queue.messages.every(({ visibleAt }) => visibleAt <= Date.now())).toBe(true);
  });

  test('puts on record what comes on its last allowed receive meanwhile: SQS may not take it back', async () => {
    const { queue, failures, service, stop } = listRig();
    service.start();
    await pass(1);
    setTimeout(() => {
      queue.put(bodyOf(1), { receiveCount: 2 });
      queue.before = (operation) => (operation === 'receive' ? [] : new Promise(() => {}));
    }, 1_000);
    await stop();
    expect([...failures.records.values()]).toMatchObject([{ reason: 'REPEATEDLY_INTERRUPTED', attempts: 1 }]);
  });

  test('waits for no poll that hangs, but hands back in time', async () => {
    const { queue, list, service } = listRig({ receivers: 1 });
    list.before = () => new Promise(() => {});
    queue.put(bodyOf(1));
    service.start();
    await pass(1);
    queue.beforeAnswer = () => new Promise(() => {});
    void service.stop();
    await pass(36);
    expect(queue.messages).toMatchObject([{ receiveCount: 1 }]);
    expect(queue.messages[0]?.visibleAt).toBeLessThanOrEqual(Date.now());
  });

  test('hands back what is not done after half its time, ten to a request, in time', async () => {
    const { queue, list, journal, service, stop } = listRig();
    list.before = () => new Promise(() => {});
    for (let id = 1; id <= 20; id += 1) queue.put(bodyOf(id));
    service.start();
    await pass(1);
    expect(await stop()).toBeLessThanOrEqual(38);
    expect(journal.lines(/^visibility m\d+ 0/)).toHaveLength(20);
    expect(journal.lines(/^batch of (?!10)/)).toEqual([]);
    expect(queue.messages.every(({ visibleAt, receiveCount }) => visibleAt <= Date.now() && receiveCount === 1)).toBe(
      true,
    );
  });

  test('sends a message on its last allowed receive anew, attributes and all, then deletes it', async () => {
    const { queue, list, journal, failures, service, stop } = listRig();
    list.before = () => new Promise(() => {});
    const body = bodyOf(1, 2);
    queue.put(body, { receiveCount: 2, attributes: { origin: 'here' } });
    service.start();
    await pass(1);
    const [failureId = ''] = failures.records.keys();
    await stop();
    expect(journal.lines(/^(sent|deleted|removed)/)).toEqual(['sent m2', 'deleted m1', `removed ${failureId}`]);
    expect(queue.messages).toMatchObject([{ body, receiveCount: 0, attributes: { origin: 'here', failureId } }]);
    expect(failures.records.size).toBe(0);
  });

  test('sends it as it came where its record’s id would make it too large', async () => {
    const { queue, list, service, stop } = listRig();
    list.before = () => new Promise(() => {});
    const body = `${bodyOf(1)}${' '.repeat(262_144)}`.slice(0, 262_144);
    queue.put(body, { receiveCount: 2 });
    service.start();
    await pass(1);
    await stop();
    expect(queue.messages).toMatchObject([{ body, receiveCount: 0, attributes: {} }]);
  });

  test('keeps trying to hand back while its time lasts, and keeps the record of what it could not', async () => {
    const { queue, list, journal, failures, service, messages, stop } = listRig();
    list.before = () => new Promise(() => {});
    queue.put(bodyOf(1));
    queue.put(bodyOf(2), { receiveCount: 2 });
    service.start();
    await pass(1);
    let refusals = 3;
    queue.before = (operation) => {
      if (operation === 'send') throw engineError('ServiceUnavailable');
      return operation === 'visibility' && refusals-- > 0 ? [0] : [];
    };
    expect(await stop()).toBeLessThanOrEqual(38);
    expect(journal.lines(/^(visibility m1 0|sent|deleted|removed)/)).toEqual(['visibility m1 0']);
    expect(failures.records.get('item-2')).toMatchObject({ reason: 'REPEATEDLY_INTERRUPTED' });
    expect(messages(/its failure record remains/)).toHaveLength(1);
  });

  test('ends in time while the engines are silent', async () => {
    const { queue, list, service, stop } = listRig();
    list.before = () => new Promise(() => {});
    queue.put(bodyOf(1));
    queue.put(bodyOf(2), { receiveCount: 2 });
    service.start();
    await pass(1);
    queue.before = (operation) => (operation === 'receive' ? [] : new Promise(() => {}));
    expect(await stop()).toBeLessThanOrEqual(38);
  });

  test('never uses up a receive: stopped again and again, nothing goes to the DLQ', async () => {
    const { queue, list } = listRig();
    const body = bodyOf(1, 2);
    queue.put(body);
    for (let run = 0; run < 8; run += 1) {
      const again = listRig({ ports: { queue } });
      again.list.before = () => {
        throw engineError('AccessDeniedException');
      };
      again.service.start();
      await pass(1);
      await again.stop();
    }
    expect(list.ids).toEqual([]);
    expect(queue.deadLetters).toEqual([]);
    expect(queue.bodies).toEqual([body]);
  });
});
