import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instantClock } from '../../test/instant-clock.ts';
import { watchedClock } from '../clock.ts';
import { limits } from '../resources.ts';
import type { EntryFailure, MessageSender, OutgoingMessage } from './message-queue.ts';
import { batchesOf, type SendDependencies, sendConfirmed, sizeOf } from './send.ts';

const named = (count: number): OutgoingMessage[] =>
  Array.from({ length: count }, (_, index) => ({ body: `m${index}` }));
const bodies = (messages: readonly OutgoingMessage[]) => messages.map((message) => message.body);
const untilAborted = () => new AbortController().signal;

function dependencies(queue: MessageSender, more: Partial<SendDependencies> = {}): SendDependencies {
  return {
    queue,
    clock: instantClock(),
    random: () => 0.5,
    concurrency: 1,
    onFailure: () => undefined,
    ...more,
  };
}

/** A queue that keeps what it confirms and refuses, or loses its answer, as `verdicts` say; then takes everything. */
function fickleQueue(verdicts: Iterable<'refuse-some' | 'lose-answer' | 'throw' | 'take'>) {
  const verdict = Iterator.from(verdicts);
  const calls: (readonly OutgoingMessage[])[] = [];
  const held: string[] = [];
  const queue: MessageSender = {
    sendBatch: async (messages) => {
      calls.push(messages);
      const { value = 'take' } = verdict.next();
      if (value === 'throw') throw new Error('connection cut');
      const refused = messages.map((_, index) => index).filter((index) => value === 'refuse-some' && index % 2 === 0);
      held.push(...bodies(messages.filter((_, index) => !refused.includes(index))));
      if (value === 'lose-answer') throw new Error('no answer');
      return refused.map((index): EntryFailure => ({ index, code: 'InternalError', detail: 'try again' }));
    },
  };
  return { queue, calls, held };
}

const message: fc.Arbitrary<OutgoingMessage> = fc
  .record({
    body: fc.oneof(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 100_000, max: 300_000 }),
      fc.constantFrom(1, limits.sendBytes - 1, limits.sendBytes),
    ),
    attribute: fc.option(fc.nat(40_000)),
  })
  .map(({ body, attribute }) => ({
    body: 'x'.repeat(body),
    ...(attribute !== null && { attributes: { failureId: 'x'.repeat(attribute) } }),
  }));

describe('batches', () => {
  const messages = fc.array(message, { maxLength: 40 });

  test('hold every message once and in order', () => {
    fc.assert(
      fc.property(messages, (list) => {
        expect(batchesOf(list).flat()).toEqual(list);
      }),
    );
  });

  test('hold at most 10 entries and 256 KiB, attributes included, but for a message that is larger alone', () => {
    fc.assert(
      fc.property(messages, (list) => {
        for (const batch of batchesOf(list)) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(10);
          if (batch.length > 1) expect(total(batch)).toBeLessThanOrEqual(262_144);
        }
      }),
    );
  });

  test('are as full as order allows: the next message would not have fitted', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const batches = batchesOf(list);
        for (const [index, batch] of batches.entries()) {
          const next = batches[index + 1]?.[0];
          if (next) expect(batch.length === 10 || total([...batch, next]) > 262_144).toBe(true);
        }
      }),
    );
  });

  test('count of an attribute its name, its type and its value', () => {
    expect(sizeOf({ body: 'four' })).toBe(4);
    expect(sizeOf({ body: 'four', attributes: { failureId: 'event-7' } })).toBe(4 + 9 + 6 + 7);
    const typed = { n: { dataType: 'Number', value: '12' }, b: { dataType: 'Binary.x', value: new Uint8Array(5) } };
    expect(sizeOf({ body: '', attributes: { n: '12', é: 'ü' }, typedAttributes: typed })).toBe(9 + 14 + 2 + 6 + 2);
    expect(sizeOf({ body: '📦' })).toBe(4);
  });

  test('count bytes, not characters, of what another program wrote', () => {
    expect(sizeOf({ body: 'Straße', attributes: { städte: 'Zürich' } })).toBe(7 + 7 + 6 + 7);
  });
});

const total = (batch: readonly OutgoingMessage[]) => batch.reduce((sum, each) => sum + sizeOf(each), 0);

describe('sending', () => {
  test('resolves only when every message is confirmed, whatever is refused, lost or cut on the way', async () => {
    const verdicts = fc.array(fc.constantFrom('refuse-some', 'lose-answer', 'throw', 'take'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.nat(60), verdicts, fc.integer({ min: 1, max: 5 }), async (count, fates, concurrency) => {
        const { queue, held } = fickleQueue(fates);
        await sendConfirmed(named(count), dependencies(queue, { concurrency }), untilAborted());
        expect(new Set(held)).toEqual(new Set(bodies(named(count))));
      }),
    );
  });

  test('sends again the entries that failed, and them alone, in their order', async () => {
    const { queue, calls } = fickleQueue(['refuse-some', 'refuse-some']);
    await sendConfirmed(named(5), dependencies(queue), untilAborted());
    expect(calls.map(bodies)).toEqual([
      ['m0', 'm1', 'm2', 'm3', 'm4'],
      ['m0', 'm2', 'm4'],
      ['m0', 'm4'],
    ]);
  });

  test('sends a whole batch again when nothing is known of it', async () => {
    const { queue, calls } = fickleQueue(['lose-answer']);
    await sendConfirmed(named(2), dependencies(queue), untilAborted());
    expect(calls.map(bodies)).toEqual([
      ['m0', 'm1'],
      ['m0', 'm1'],
    ]);
  });

  test('begins batches in order, and with one send at a time finishes each before the next', async () => {
    const { queue, calls, held } = fickleQueue(['take', 'refuse-some', 'take']);
    await sendConfirmed(named(25), dependencies(queue), untilAborted());
    expect(calls.map((call) => bodies(call)[0])).toEqual(['m0', 'm10', 'm10', 'm20']);
    expect(held.slice(-5)).toEqual(['m20', 'm21', 'm22', 'm23', 'm24']);
  });

  test('has at most as many sends under way as it may', async () => {
    let underWay = 0;
    let most = 0;
    const queue: MessageSender = {
      sendBatch: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise(setImmediate);
        underWay -= 1;
        return [];
      },
    };
    await sendConfirmed(named(200), dependencies(queue, { concurrency: 3 }), untilAborted());
    expect(most).toBe(3);
  });

  test('uses its clock with each send that is confirmed, so that a loop with a watched clock is seen to turn', async () => {
    let turns = 0;
    const clock = watchedClock(instantClock(), () => {
      turns += 1;
    });
    const { queue } = fickleQueue([]);
    await sendConfirmed(named(30), dependencies(queue, { clock }), untilAborted());
    expect(turns).toBe(3);
  });

  test('of nothing asks the queue nothing', async () => {
    const { queue, calls } = fickleQueue([]);
    await sendConfirmed([], dependencies(queue), untilAborted());
    expect(calls).toEqual([]);
  });

  test('waits longer before each repetition, 10 s at most, and says why it repeats', async () => {
    const clock = instantClock();
    const failures: string[] = [];
    const { queue } = fickleQueue(['refuse-some', ...Array<'throw'>(9).fill('throw')]);
    const onFailure: SendDependencies['onFailure'] = (error) => failures.push(String(error));
    await sendConfirmed(named(1), dependencies(queue, { clock, onFailure, random: () => 1 }), untilAborted());
    expect(clock.sleeps).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]);
    expect(failures.slice(0, 2)).toEqual([
      'WaybillError: SQS did not confirm 1 of the messages in a batch: InternalError (try again)',
      'Error: connection cut',
    ]);
  });
});

describe('an end to sending', () => {
  test('by an abort rejects with the last error, without waiting for the repetition', async () => {
    const abort = new AbortController();
    const { queue, calls } = fickleQueue(Array<'throw'>(3).fill('throw'));
    const onFailure = () => abort.abort();
    await expect(sendConfirmed(named(1), dependencies(queue, { onFailure }), abort.signal)).rejects.toThrow(
      'connection cut',
    );
    expect(calls).toHaveLength(1);
  });

  test('by an abort does not keep a healthy queue from taking what is in hand', async () => {
    const { queue, held } = fickleQueue([]);
    await sendConfirmed(named(25), dependencies(queue), AbortSignal.abort());
    expect(held).toHaveLength(25);
  });

  test('by a failure that is given up on rejects with what was thrown for it', async () => {
    const { queue, calls } = fickleQueue(['throw', 'throw']);
    const onFailure = () => {
      throw new Error('lease lost');
    };
    await expect(sendConfirmed(named(1), dependencies(queue, { onFailure }), untilAborted())).rejects.toThrow(
      'lease lost',
    );
    expect(calls).toHaveLength(1);
  });

  test('leaves nothing behind that is still sent, however many sends were under way', async () => {
    let calls = 0;
    const queue: MessageSender = {
      sendBatch: async (messages) => {
        calls += 1;
        await new Promise(setImmediate);
        if (messages[0]?.body === 'm0') throw new Error('refused for good');
        return [];
      },
    };
    const onFailure = (error: unknown) => {
      throw error;
    };
    const sending = sendConfirmed(named(500), dependencies(queue, { concurrency: 4, onFailure }), untilAborted());
    await expect(sending).rejects.toThrow('refused for good');
    const callsAtTheEnd = calls;
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(calls).toBe(callsAtTheEnd);
    expect(calls).toBeLessThanOrEqual(8);
  });

  test('ends the repetitions of every other send as well', async () => {
    let calls = 0;
    const queue: MessageSender = {
      sendBatch: async (messages) => {
        calls += 1;
        await new Promise(setImmediate);
        throw new Error(messages[0]?.body);
      },
    };
    const onFailure = (error: unknown) => {
      if (String(error).includes('m10')) throw error;
    };
    const sending = sendConfirmed(named(20), dependencies(queue, { concurrency: 2, onFailure }), untilAborted());
    await expect(sending).rejects.toThrow('m10');
    const callsAtTheEnd = calls;
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(calls).toBe(callsAtTheEnd);
  });
});
