import { describe, expect, test } from 'vitest';
import { chanceOf } from './chance.ts';
import { FaultLayer } from './faults.ts';
import { carriedBy } from './oracle.ts';
import { planOf } from './plan.ts';
import { ReceiveJudge } from './receive-judge.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { QueuedMessage, Receive } from './simulated-queue.ts';
import { VirtualTime } from './virtual-time.ts';

const maxReceiveCount = 3;

/** A judge of a queue that the test fills, and two processes. */
function scene() {
  const time = VirtualTime.install();
  const faults = new FaultLayer({
    time,
    plan: planOf(1).faults,
    chance: chanceOf(1, 'faults'),
    crash: () => undefined,
    trace: () => undefined,
  });
  const [one, other] = ['processor 1.1', 'processor 2.1'].map(
    (name) => new SimulatedProcess(name, time, { wallOffsetMs: 0, drift: 0 }),
  );
  if (!one || !other) throw new Error('there are two processes');
  time.uninstall();
  const queue = {
    messages: new Map<string, QueuedMessage>(),
    deadLetters: new Map<string, QueuedMessage>(),
    deletedMessages: new Map<string, QueuedMessage>(),
  };
  const judge = new ReceiveJudge({ time, faults, queue, maxReceiveCount });
  return {
    queue,
    one,
    other,
    unrecorded: () =>
      judge.unrecordedLastReceives(
        one,
        () => true,
        () => false,
      ),
  };
}

function received(id: string, receivers: readonly SimulatedProcess[], isDeleted = false): [string, QueuedMessage] {
  const receives = receivers.map(
    (receiver, index): Receive => ({
      handle: `${id}#${index + 1}`,
      receiver,
      atMs: 0,
      answered: true,
      duplicated: false,
      troubled: false,
      returned: undefined,
      deleted: isDeleted && index === receivers.length - 1,
    }),
  );
  const message = { id, body: '[1]', attributes: {}, sentAtMs: 0, carried: carriedBy('[1]'), receives };
  return [id, { ...message, visibleAtMs: 1, mayDuplicate: false, mayHaunt: false }];
}

describe('work on what a message on its last allowed receive carries, with no reason on record', () => {
  test('is a breach', () => {
    const { queue, one, other, unrecorded } = scene();
    queue.messages.set(...received('m1', [other, other, one]));
    expect(unrecorded()).toEqual(['m1']);
  });

  test('is explained by a message that carries it, too, and was lost to another, who has deleted it', () => {
    const { queue, one, other, unrecorded } = scene();
    queue.messages.set(...received('m1', [other, other, one]));
    queue.deletedMessages.set(...received('m2', [one, other], true));
    expect(unrecorded()).toEqual([]);
  });

  test('is not explained by a message that the process has deleted itself, nor by one that it never had', () => {
    const { queue, one, other, unrecorded } = scene();
    queue.messages.set(...received('m1', [other, other, one]));
    queue.deletedMessages.set(...received('m2', [other, one], true));
    queue.deletedMessages.set(...received('m3', [other, other], true));
    expect(unrecorded()).toEqual(['m1']);
  });
});
