import { setImmediate } from 'node:timers/promises';
import type { VisibilityChange } from '@waybill/shared/queue/message-queue.ts';
import { expect, test } from 'vitest';
import { HeldMessages } from './held-messages.ts';

/** Time that passes with each sleep, while others get their turn. */
function passingClock() {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: async (ms: number) => {
      now += ms;
      await setImmediate();
    },
  };
}

test('a message whose renewal is not confirmed is renewed again before its visibility ends', async () => {
  const clock = passingClock();
  const renewedAt: Record<string, number[]> = { first: [], second: [] };
  const isRefused = () => clock.monotonic() < 70_000;
  const changeVisibilityBatch = async (changes: readonly VisibilityChange[]) =>
    changes.flatMap(({ receiptHandle, seconds }, index) => {
      if (receiptHandle === 'second' && isRefused()) return [{ index, code: 'InternalError', detail: '' }];
      if (seconds > 0) renewedAt[receiptHandle]?.push(clock.monotonic());
      return [];
    });
  const held = new HeldMessages({ queue: { changeVisibilityBatch }, clock, random: () => 0.5 }, 100);
  held.hold('first', 0);
  held.hold('second', 0);
  held.startRenewing();
  while (clock.monotonic() < 95_000) await setImmediate();
  expect(await held.handBack()).toBe(0);
  expect(renewedAt['first']?.[0]).toBeLessThan(60_000);
  expect(renewedAt['second']?.[0]).toBeLessThan(100_000);
});
