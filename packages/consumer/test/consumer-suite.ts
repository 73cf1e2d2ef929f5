import { WaybillError } from '@waybill/shared/error.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { describeService } from '../../shared/test/service-suite.ts';
import type { Journal } from './journal.ts';
import type { MemoryFailures } from './memory-failures.ts';
import type { MemoryQueue } from './memory-queue.ts';
import { engineError, pass, type RigOptions, useVirtualTime } from './service-rig.ts';

/** A consumer with the handler that is tried, over ports in memory. Its elements are told apart by numbers above 0. */
export type ConsumerOnTrial = {
  readonly service: WatchedService;
  readonly queue: MemoryQueue;
  readonly failures: MemoryFailures;
  readonly journal: Journal;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Stops it; resolves with the seconds that took. */
  readonly stop: () => Promise<number>;
  /** A message with these elements. */
  readonly body: (...ids: readonly number[]) => string;
  /** The id on which an element fails. */
  readonly failureId: (id: number) => string;
  /** From now on called before the engine does an element's work: throws in place of it, or waits. */
  readonly beforeWork: (before: (id: number) => Promise<void> | void) => void;
  /** What the engine throws when an element itself is at fault. */
  readonly rejection: () => Error;
  /** Elements whose work is done, in order. */
  readonly done: () => readonly number[];
};

/** What holds for every consumer, whatever its handler: nothing is lost, and neither a failure nor an outage harms what is well. */
export function describeConsumer(name: string, makeConsumer: (options?: RigOptions) => ConsumerOnTrial): void {
  describeService(name, () => {
    let checks = 0;
    let failing = false;
    const checkTables = async () => {
      checks += 1;
      if (failing) throw new WaybillError('TABLE_MISMATCH', 'the table is another one');
    };
    const { service, queue, lines } = makeConsumer({ receiveWaitMs: 0, ports: { checkTables } });
    queue.waitSeconds = 0.02;
    return {
      service,
      begun: () => checks,
      atWork: async () => {
        while (!lines.some(({ msg }) => msg === 'processing')) await new Promise((resolve) => setTimeout(resolve, 1));
      },
      fail: () => {
        failing = true;
      },
      hang: () => {
        queue.beforeAnswer = () => new Promise(() => {});
      },
    };
  });

  describe(`${name}, as a consumer`, () => {
    beforeEach(useVirtualTime);

    test('does the work of every element and deletes every message', async () => {
      const { service, queue, failures, body, done, stop } = makeConsumer();
      for (let id = 1; id <= 60; id += 3) queue.put(body(id, id + 1, id + 2));
      service.start();
      await pass(5);
      expect(done()).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
      expect(queue.messages).toEqual([]);
      expect(queue.deadLetters).toEqual([]);
      expect(failures.records.size).toBe(0);
      await stop();
    });

    test('holds its work through an outage: nothing is recorded or given back, and no receive is used up', async () => {
      const { service, queue, journal, failures, body, beforeWork, done, stop } = makeConsumer();
      let down = true;
      beforeWork(() => {
        if (down) throw engineError('AccessDeniedException');
      });
      for (let id = 1; id <= 10; id += 1) queue.put(body(id, 100 + id));
      service.start();
      await pass(120);
      expect(service.ready()).toMatchObject({ ok: false, parts: { breaker: { ok: false } } });
      expect(service.live().ok).toBe(true);
      expect(journal.lines(/^(recorded|sent|deleted|dead|visibility m\d+ 0)/)).toEqual([]);
      expect(queue.messages.every(({ receiveCount }) => receiveCount <= 1)).toBe(true);
      down = false;
      await pass(15);
      expect(service.ready().ok).toBe(true);
      expect(done()).toHaveLength(20);
      expect(queue.messages).toEqual([]);
      expect(failures.records.size).toBe(0);
      await stop();
    });

    test('splits off the element that is at fault, which reaches the DLQ alone, and resolves it after a redrive', async () => {
      const { service, queue, failures, body, failureId, beforeWork, rejection, done, stop } = makeConsumer();
      beforeWork((id) => {
        if (id === 2) throw rejection();
      });
      queue.put(body(1, 2, 3));
      service.start();
      await pass(30);
      expect(done()).toEqual([1, 3]);
      expect(queue.messages).toEqual([]);
      expect(queue.deadLetters).toMatchObject([{ body: body(2), attributes: { failureId: failureId(2) } }]);
      expect([...failures.records.keys()]).toEqual([failureId(2)]);
      beforeWork(() => undefined);
      for (const dead of queue.deadLetters.splice(0)) queue.put(dead.body, { attributes: { ...dead.attributes } });
      await pass(5);
      expect(done()).toEqual([1, 2, 3]);
      expect(failures.records.get(failureId(2))).toMatchObject({ resolved: true });
      expect(queue.messages).toEqual([]);
      await stop();
    });

    test('leaves a message that it cannot read to the redrive policy, with its reason on record', async () => {
      const { service, queue, failures, body, done, stop } = makeConsumer();
      queue.put('not readable at all');
      queue.put(body(1));
      service.start();
      await pass(10);
      expect(done()).toEqual([1]);
      expect(queue.deadLetters).toMatchObject([{ body: 'not readable at all', attributes: {} }]);
      expect([...failures.records.values()]).toMatchObject([{ attempts: 3, resolved: false }]);
      await stop();
    });

    test('keeps no message waiting for another', async () => {
      const { service, queue, body, beforeWork, stop } = makeConsumer();
      beforeWork((id) => (id === 5 ? new Promise(() => {}) : undefined));
      for (let id = 1; id <= 30; id += 1) queue.put(body(id, 100 + id));
      service.start();
      await pass(60);
      expect(queue.messages).toMatchObject([{ messageId: 'm5', receiveCount: 1 }]);
      await stop();
    });

    test('has a last allowed receive on record before its work, and takes it off the record after it', async () => {
      const { service, queue, failures, body, failureId, beforeWork, stop } = makeConsumer();
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      let before: string[] = [];
      beforeWork((id) => {
        if (id === 1)
          before = [...failures.records.values()].map(({ failureId: known, reason }) => `${known} ${reason}`);
        return released;
      });
      queue.put(body(1), { receiveCount: 2 });
      service.start();
      await pass(5);
      expect(before).toEqual([`${failureId(1)} REPEATEDLY_INTERRUPTED`]);
      release();
      await pass(5);
      expect(failures.records.size).toBe(0);
      expect(queue.messages).toEqual([]);
      await stop();
    });

    test('hands back what a stop cannot finish: visible at once, or sent anew on its last allowed receive', async () => {
      const { service, queue, failures, body, beforeWork, done, stop } = makeConsumer();
      beforeWork(() => new Promise(() => {}));
      queue.put(body(1));
      queue.put(body(2), { receiveCount: 2, attributes: { origin: 'here' } });
      service.start();
      await pass(1);
      expect(await stop()).toBeLessThanOrEqual(38);
      expect(queue.messages).toMatchObject([
        { body: body(1), receiveCount: 1 },
        { body: body(2), receiveCount: 0, attributes: { origin: 'here' } },
      ]);
      expect(queue.messages.every(({ visibleAt }) => visibleAt <= Date.now())).toBe(true);
      expect(queue.deadLetters).toEqual([]);
      expect(failures.records.size).toBe(0);
      expect(done()).toEqual([]);
    });

    test('calls its engine no more once a stop has handed back', async () => {
      const { service, queue, body, beforeWork, stop } = makeConsumer();
      let calls = 0;
      beforeWork(() => {
        calls += 1;
        throw engineError('InternalServerError');
      });
      for (let id = 1; id <= 10; id += 1) queue.put(body(id));
      service.start();
      await pass(5);
      await stop();
      const before = calls;
      await pass(600);
      expect(calls).toBe(before);
    });

    test('says of every message what became of it', async () => {
      const { service, queue, lines, body, beforeWork, rejection, stop } = makeConsumer();
      beforeWork((id) => {
        if (id >= 3) throw rejection();
      });
      queue.put(body(1));
      queue.put(body(2, 3));
      queue.put(body(4));
      service.start();
      await pass(1);
      const settled = lines.filter(({ msg }) => msg === 'message settled');
      const became = (messageId: string) => settled.find((line) => line['messageId'] === messageId)?.['settlement'];
      expect(['m1', 'm2', 'm3'].map(became)).toEqual(['deleted', 'split', 'left']);
      await stop();
    });
  });
}
