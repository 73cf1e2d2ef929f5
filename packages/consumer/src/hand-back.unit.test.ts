import { systemClock } from '@waybill/shared/clock.ts';
import { beforeEach, expect, test } from 'vitest';
import { recordedLog } from '../../shared/test/recorded-log.ts';
import { Journal } from '../test/journal.ts';
import { MemoryFailures } from '../test/memory-failures.ts';
import { MemoryQueue } from '../test/memory-queue.ts';
import { pass, useVirtualTime } from '../test/service-rig.ts';
import { handBack } from './hand-back.ts';
import { MessagesInHand } from './messages-in-hand.ts';

beforeEach(useVirtualTime);

test.each([
  { anew: false, became: { messageId: 'm1', receiveCount: 1 } },
  { anew: true, became: { messageId: 'm2', receiveCount: 0 } },
])('what is handed back uses up a receive, unless it is sent anew ($anew)', async ({ anew, became }) => {
  const journal = new Journal();
  const queue = new MemoryQueue(journal);
  const failures = new MemoryFailures(journal);
  const shared = { queue, failures, clock: systemClock, random: () => 0.5, log: recordedLog().log };
  const { signal } = new AbortController();
  const metrics = { inHand: { record: () => undefined } };
  const inHand = new MessagesInHand({ ...shared, metrics, visibilityTimeoutMs: 30_000, onLimit: () => {}, signal });
  queue.put('body', { attributes: { origin: 'here' } });
  const held = inHand.take(await queue.receive());
  const done = handBack(held, { ...shared, inHand, anew }, signal);
  await pass(5);
  await done;
  expect(inHand.count).toBe(0);
  expect(queue.messages).toMatchObject([{ ...became, body: 'body', attributes: { origin: 'here' } }]);
  expect(queue.messages.every(({ visibleAt }) => visibleAt <= Date.now())).toBe(true);
});
