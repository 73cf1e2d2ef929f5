import { describe, expect, test } from 'vitest';
import { measured } from '../../../poller/test/observed.ts';
import { prices } from '../prices.ts';
import type { MessageConsumer, QueueDepth, ReceivedMessage } from '../queue/message-queue.ts';
import { billedRequests, countedConsumer, publishedDeadLetters } from './queue-meter.ts';

const received = (body: string): ReceivedMessage => ({
  messageId: 'm1',
  receiptHandle: 'r1',
  body,
  attributes: {},
  receiveCount: 1,
  sentAtMs: 0,
});

/**
 * A queue that does nothing, whose receives bring these bodies one after the other, and that counts what reaches it.
 */
function counted(...receives: (readonly string[])[]) {
  const calls: string[] = [];
  const note = async <T>(call: string, answer: T): Promise<T> => {
    calls.push(call);
    return answer;
  };
  const queue: MessageConsumer & QueueDepth = {
    sendBatch: () => note('send', []),
    receive: () => note('receive', (receives.shift() ?? []).map(received)),
    deleteBatch: () => note('delete', []),
    changeVisibilityBatch: () => note('visibility', []),
    maxReceiveCount: () => note('policy', 3),
    depth: () => note('depth', 7),
  };
  const { metrics, value } = measured();
  return { queue: countedConsumer(queue, metrics, 'scans'), calls, value };
}

const kib64 = 'x'.repeat(65_536);

test('each of the six calls is counted once, billed by its action, and reaches the queue', async () => {
  const { queue, calls, value } = counted();
  await queue.sendBatch([{ body: 'a' }]);
  await queue.receive();
  await queue.deleteBatch(['r1']);
  await queue.changeVisibilityBatch([{ receiptHandle: 'r1', seconds: 0 }]);
  expect([await queue.maxReceiveCount(), await queue.depth()]).toEqual([3, 7]);
  expect(calls).toEqual(['send', 'receive', 'delete', 'visibility', 'policy', 'depth']);
  expect(value('waybill.queue.depth{scans}')).toBe(7);
  const billed = (action: string) => value(`waybill.queue.billed{${action}}`);
  expect(billed('SendMessageBatch')).toBe(1);
  expect(billed('ReceiveMessage')).toBe(1);
  expect(billed('DeleteMessageBatch')).toBe(1);
  expect(billed('ChangeMessageVisibilityBatch')).toBe(1);
  expect(billed('GetQueueAttributes')).toBe(2);
  expect(value('waybill.queue.billed')).toBe(6);
  expect(value('waybill.cost.spent{SQS}')).toBeCloseTo(6 * prices.sqsRequest.usd, 12);
  const requests = ['sends', 'receives', 'deletes', 'visibility_changes'].map((name) => value(`waybill.queue.${name}`));
  expect(requests).toEqual([1, 1, 1, 1]);
});

test('a send is billed by what it holds, attributes included', async () => {
  const { queue, value } = counted();
  await queue.sendBatch([{ body: kib64 }, { body: 'b', attributes: { failureId: 'event-1' } }]);
  expect(value('waybill.queue.sent')).toBe(2);
  expect(value('waybill.queue.billed{SendMessageBatch}')).toBe(2);
});

test('a receive is billed by what it brings, and an empty one as a request', async () => {
  const { queue, value } = counted([kib64, kib64, 'c'], []);
  await queue.receive();
  expect(value('waybill.queue.received')).toBe(3);
  expect(value('waybill.queue.billed{ReceiveMessage}')).toBe(3);
  await queue.receive();
  expect(value('waybill.queue.received')).toBe(3);
  expect(value('waybill.queue.billed{ReceiveMessage}')).toBe(4);
});

test('a call that fails is counted all the same, but a receive that brought nothing is not billed', async () => {
  const fails = () => Promise.reject(new Error('cut off'));
  const { metrics, value } = measured();
  const queue = countedConsumer(
    {
      sendBatch: fails,
      receive: fails,
      deleteBatch: fails,
      changeVisibilityBatch: fails,
      maxReceiveCount: fails,
      depth: fails,
    },
    metrics,
    'scans',
  );
  await expect(queue.sendBatch([{ body: 'a' }])).rejects.toThrow('cut off');
  await expect(queue.receive()).rejects.toThrow('cut off');
  expect(value('waybill.queue.sends')).toBe(1);
  expect(value('waybill.queue.receives')).toBe(1);
  expect(value('waybill.queue.billed')).toBe(1);
});

test('dead letters are published as they are counted, and not where there is no queue of them', async () => {
  const { metrics, value } = measured();
  const counts = [2, undefined];
  const count = publishedDeadLetters(async () => counts.shift(), metrics, 'scans');
  expect(await count()).toBe(2);
  expect(value('waybill.queue.dead_letters{scans}')).toBe(2);
  expect(await count()).toBeUndefined();
  expect(value('waybill.queue.dead_letters{scans}')).toBe(2);
});

describe('billed requests', () => {
  test.for([
    [0, 1],
    [1, 1],
    [65_536, 1],
    [65_537, 2],
    [262_144, 4],
  ] as const)('of %d bytes are %d', ([bytes, requests]) => {
    expect(billedRequests(bytes)).toBe(requests);
  });
});
