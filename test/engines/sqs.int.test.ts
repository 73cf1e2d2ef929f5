/** What the code expects of SQS, on every engine at hand, and where engines differ. */
import { randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { pack, packUnparsed, unpack } from '@waybill/shared/domain/pack.ts';
import type { OutgoingMessage, ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { batchesOf, sizeOf } from '@waybill/shared/queue/send.ts';
import { sqsDeadLetters } from '@waybill/shared/queue/sqs-dead-letters.ts';
import { sqsConsumer } from '@waybill/shared/queue/sqs-queue.ts';
import { limits } from '@waybill/shared/resources.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anyone, differences, enginesUnderTest } from './engines-under-test.ts';

describe.for(enginesUnderTest('sqs'))('$name', ({ name, open }) => {
  const differs = differences(name);
  let engine: Awaited<ReturnType<typeof open>>;
  let sqs: SQSClient;
  beforeAll(async () => {
    engine = await open();
    sqs = new SQSClient({ ...anyone, endpoint: engine.endpoint, useQueueUrlAsEndpoint: false, maxAttempts: 1 });
  });
  afterAll(() => engine.close());

  /** A queue of the test's own, and Waybill's view of it. */
  async function newQueue(Attributes: Partial<Record<QueueAttributeName, string>> = {}, waitSeconds = 0) {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({
        QueueName: `t-${randomUUID()}`,
        Attributes: { MaximumMessageSize: '262144', ...Attributes },
      }),
    );
    const options = { receiving: sqs, settling: sqs, queueUrl: QueueUrl, waitSeconds, visibilityTimeoutSeconds: 30 };
    return { QueueUrl, ...sqsConsumer(options), shortly: sqsConsumer({ ...options, visibilityTimeoutSeconds: 1 }) };
  }
  type Queue = Awaited<ReturnType<typeof newQueue>>;

  async function attribute(QueueUrl: string, asked: QueueAttributeName): Promise<string | undefined> {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [asked] }));
    return Attributes?.[asked];
  }

  /** A queue with dead letters behind it. */
  async function newQueueWithDeadLetters(maxReceiveCount: number | string) {
    const deadLetters = await newQueue();
    const deadLetterTargetArn = await attribute(deadLetters.QueueUrl, 'QueueArn');
    const queue = await newQueue({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) });
    return { queue, deadLetters, deadLetterTargetArn };
  }

  /** This many messages, over several polls: one poll may return fewer than the queue has. */
  async function receiveAll(
    queue: Pick<Queue, 'receive'>,
    count: number,
    timeout = 10_000,
  ): Promise<ReceivedMessage[]> {
    const received: ReceivedMessage[] = [];
    await expect
      .poll(async () => received.push(...(await queue.receive())), { timeout, interval: 50 })
      .toBeGreaterThanOrEqual(count);
    expect(received).toHaveLength(count);
    return received;
  }

  async function receiveOne(queue: Pick<Queue, 'receive'>, timeout?: number): Promise<ReceivedMessage> {
    const [message] = await receiveAll(queue, 1, timeout);
    if (!message) throw new Error('nothing received');
    return message;
  }

  const handBack = (queue: Queue, { receiptHandle }: ReceivedMessage) =>
    queue.changeVisibilityBatch([{ receiptHandle, seconds: 0 }]);

  describe('sending', () => {
    test('confirms ten messages entry by entry, and they are received with attributes, count and time', async () => {
      const queue = await newQueue();
      const messages = Array.from({ length: 10 }, (_, index) => ({
        body: `{"m":${index}}`,
        attributes: { failureId: `event-${index}` },
      }));
      const before = Date.now();
      expect(await queue.sendBatch(messages)).toEqual([]);
      const received = await receiveAll(queue, 10);
      const sent = received.map(({ body, attributes }) => ({ body, attributes }));
      expect(sent).toEqual(expect.arrayContaining(messages));
      for (const { receiveCount, sentAtMs } of received) {
        expect(receiveCount).toBe(1);
        expect(Math.abs(sentAtMs - before)).toBeLessThan(60_000);
      }
    });

    test('of one entry that is refused leaves its neighbours confirmed, or all of them unconfirmed', async () => {
      const queue = await newQueue();
      const bad = 'a null \u0000';
      const messages: OutgoingMessage[] = [{ body: 'before' }, { body: bad }, { body: 'after' }];
      const failures = await queue.sendBatch(messages).catch((error: unknown) => error);
      const way =
        failures instanceof Error
          ? 'refuses the whole request'
          : Array.isArray(failures) && failures.length > 0
            ? 'fails that entry alone'
            : 'takes it';
      differs('SendMessageBatch with one entry of forbidden characters', way);
      if (failures instanceof Error) {
        // Then nothing is known, and nothing may be there: a resend of the good ones must not repeat what was
        // confirmed.
        expect(await queue.depth()).toBe(0);
        return;
      }
      if (way === 'fails that entry alone')
        expect(failures).toMatchObject([{ index: 1, code: expect.stringMatching(/./) }]);
      const expected = messages.length - (Array.isArray(failures) ? failures.length : 0);
      await expect.poll(() => queue.depth(), { timeout: 10_000 }).toBe(expected);
    });

    test.for([
      ['a character beyond U+FFFF', '🚚'],
      ['a noncharacter', '\ufffe'],
      ['a control character', '\u0001'],
      ['half of a pair', '\ud83d'],
    ] as const)(
      'may refuse or spoil %s, but takes our ASCII bodies of it and gives them back unchanged',
      async ([what, character]) => {
        // A queue of its own: an engine may accept what it cannot deliver, and then fails every receive.
        const spoilt = await newQueue();
        const taken = await sqs
          .send(new SendMessageCommand({ QueueUrl: spoilt.QueueUrl, MessageBody: character }))
          .then(() => spoilt.receive())
          .catch((error: Error) => error);
        const refused = taken instanceof Error;
        differs(
          `${what} in a body, unescaped`,
          refused ? 'refused' : taken[0]?.body === character ? 'kept' : 'changed',
        );

        const queue = await newQueue();
        const event = {
          ...{ eventId: 1, parcelId: 1, type: character, createdDateTimeUtc: '2021-05-11T21:11:34Z' },
          ...{ statusCode: character, runId: character },
        };
        const bodies = [...pack([event], 61_440), packUnparsed({ EventId: 0, note: character })];
        expect(await queue.sendBatch(bodies.map((body) => ({ body })))).toEqual([]);
        const received = (await receiveAll(queue, 2)).map(({ body }) => body);
        expect(received.toSorted()).toEqual(bodies.toSorted());
        const read = character.isWellFormed() ? { event } : expect.objectContaining({ eventId: 1 });
        expect(received.map(unpack)).toContainEqual({ kind: 'pack', elements: [read] });
      },
    );
  });

  describe('the size of a send', () => {
    test('may be 256 KiB, in one message and in ten, attributes included', async () => {
      const queue = await newQueue();
      const largest = [{ body: 'x'.repeat(limits.sendBytes) }];
      expect(await queue.sendBatch(largest)).toEqual([]);
      const attributes = { failureId: 'event-9007199254740991' };
      const share = Math.floor(limits.sendBytes / 10);
      const overhead = sizeOf({ body: '', attributes });
      const ten = Array.from({ length: 10 }, () => ({ body: 'x'.repeat(share - overhead), attributes }));
      expect(batchesOf(ten)).toHaveLength(1);
      expect(await queue.sendBatch(ten)).toEqual([]);
      await expect.poll(() => queue.depth(), { timeout: 10_000 }).toBe(11);
    });

    test.for([
      ['one message', [limits.sendBytes + 1]],
      ['two messages together', [limits.sendBytes, 1]],
    ] as const)('over 256 KiB in %s is refused or taken, never half', async ([what, sizes]) => {
      const queue = await newQueue();
      const messages = sizes.map((size) => ({ body: 'x'.repeat(size) }));
      const answer = await queue.sendBatch(messages).catch((error: unknown) => error);
      const refused = answer instanceof Error || (Array.isArray(answer) && answer.length > 0);
      differs(`a send of more than 256 KiB in ${what}`, refused ? `refused (${reasonOf(answer)})` : 'taken');
      await expect.poll(() => queue.depth(), { timeout: 10_000 }).toBe(refused ? 0 : messages.length);
    });
  });

  describe('a delete', () => {
    test('with one bad handle deletes the others, and is done for us, however the engine tells', async () => {
      const queue = await newQueue();
      await queue.sendBatch([{ body: 'good' }]);
      const { receiptHandle } = await receiveOne(queue);
      const handles = ['no such handle', receiptHandle];
      const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      const { Failed = [], Successful = [] } = await sqs.send(
        new DeleteMessageBatchCommand({ QueueUrl: queue.QueueUrl, Entries }),
      );
      const way = Failed.length === 0 ? 'reports success' : `fails that entry alone (${Failed[0]?.Code})`;
      differs('DeleteMessageBatch with one bad handle', way);
      expect(Successful.map(({ Id }) => Id)).toContain('1');
      expect(Failed.map(({ Id }) => Id)).not.toContain('1');
      await expect.poll(() => queue.depth(), { timeout: 10_000 }).toBe(0);
      expect(await queue.deleteBatch(handles)).toEqual([]);
    });

    test('may be repeated: a message that is gone is no failure', async () => {
      const queue = await newQueue();
      await queue.sendBatch([{ body: 'once' }]);
      const { receiptHandle } = await receiveOne(queue);
      expect(await queue.deleteBatch([receiptHandle])).toEqual([]);
      expect(await queue.deleteBatch([receiptHandle])).toEqual([]);
    });

    test('with the handle of an earlier receive deletes or leaves the message, and is done for us', async () => {
      const queue = await newQueue();
      await queue.sendBatch([{ body: 'again' }]);
      const first = await receiveOne(queue);
      await handBack(queue, first);
      const second = await receiveOne(queue);
      expect(second.receiptHandle).not.toBe(first.receiptHandle);
      expect(await queue.deleteBatch([first.receiptHandle])).toEqual([]);
      const left = await queue.depth();
      differs('a delete with the handle of an earlier receive', left === 0 ? 'deletes' : 'leaves the message');
      expect(await queue.deleteBatch([second.receiptHandle])).toEqual([]);
      await expect.poll(() => queue.depth(), { timeout: 10_000 }).toBe(0);
    });
  });

  describe('visibility', () => {
    test('0 hands a message back at once, and its receives are counted', async () => {
      const queue = await newQueue();
      await queue.sendBatch([{ body: 'back', attributes: { failureId: 'event-7' } }]);
      const began = performance.now();
      for (const receiveCount of [1, 2, 3]) {
        const message = await receiveOne(queue);
        expect(message).toMatchObject({ receiveCount, body: 'back', attributes: { failureId: 'event-7' } });
        expect(await handBack(queue, message)).toEqual([]);
      }
      // Each receive hid it for 30 s.
      expect(performance.now() - began).toBeLessThan(15_000);
    });

    test('that was renewed keeps a message hidden past its first timeout', async () => {
      const queue = await newQueue({}, 2);
      await queue.sendBatch([{ body: 'held' }]);
      const { receiptHandle } = await receiveOne(queue.shortly);
      expect(await queue.changeVisibilityBatch([{ receiptHandle, seconds: 20 }])).toEqual([]);
      expect(await queue.receive()).toEqual([]);
    });

    test('of a message that is gone fails as GONE or is confirmed; its neighbours are changed', async () => {
      const queue = await newQueue();
      await queue.sendBatch([{ body: 'gone' }, { body: 'held' }]);
      const messages = await receiveAll(queue, 2);
      const gone = messages.find(({ body }) => body === 'gone') ?? messages[0];
      const held = messages.find(({ body }) => body === 'held') ?? messages[1];
      if (!gone || !held) throw new Error('two were received');
      await queue.deleteBatch([gone.receiptHandle]);
      const Entries = [gone, held].map(({ receiptHandle }, index) => ({
        ...{ Id: String(index), ReceiptHandle: receiptHandle, VisibilityTimeout: 0 },
      }));
      const raw = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.QueueUrl, Entries }));
      differs('a change of visibility of a deleted message', raw.Failed?.[0]?.Code ?? 'confirmed');
      const failures = await queue.changeVisibilityBatch([{ receiptHandle: gone.receiptHandle, seconds: 0 }]);
      expect(failures.map(({ code }) => code)).toEqual(raw.Failed?.length ? ['GONE'] : []);
      expect(await receiveOne(queue)).toMatchObject({ body: 'held', receiveCount: 2 });
    });

    test('that has run out brings a message again, counted', async () => {
      const queue = await newQueue();
      await queue.sendBatch([{ body: 'forgotten' }]);
      await receiveOne(queue.shortly);
      expect(await receiveOne(queue)).toMatchObject({ body: 'forgotten', receiveCount: 2 });
    });
  });

  describe('dead letters', () => {
    test('are messages received as often as allowed, whole, attributes included', async () => {
      const { queue, deadLetters } = await newQueueWithDeadLetters(2);
      await queue.sendBatch([{ body: 'poison', attributes: { failureId: 'body-1' } }]);
      for (const receiveCount of [1, 2]) {
        const message = await receiveOne(queue);
        expect(message.receiveCount).toBe(receiveCount);
        await handBack(queue, message);
      }
      const dead: ReceivedMessage[] = [];
      // Some engines move a message only with the next receive.
      const ask = async () => {
        expect(await queue.receive()).toEqual([]);
        dead.push(...(await deadLetters.receive()));
        return dead.length;
      };
      await expect.poll(ask, { timeout: 10_000 }).toBe(1);
      expect(dead).toMatchObject([{ body: 'poison', attributes: { failureId: 'body-1' } }]);
      differs('the receive count in the dead-letter queue', dead[0]?.receiveCount === 1 ? 'starts anew' : 'goes on');
    });

    test('take nothing that was received less often', async () => {
      const { queue, deadLetters } = await newQueueWithDeadLetters(2);
      await queue.sendBatch([{ body: 'once' }]);
      await handBack(queue, await receiveOne(queue));
      expect(await deadLetters.receive()).toEqual([]);
      expect(await receiveOne(queue)).toMatchObject({ receiveCount: 2 });
    });

    test('can be redriven with their attributes, where the engine moves messages', async () => {
      const { queue, deadLetters, deadLetterTargetArn } = await newQueueWithDeadLetters(1);
      await queue.sendBatch([{ body: 'cured', attributes: { failureId: 'event-7' } }]);
      await handBack(queue, await receiveOne(queue));
      await expect
        .poll(async () => (await queue.receive()).length + (await deadLetters.depth()), { timeout: 10_000 })
        .toBe(1);
      const started = await sqs
        .send(new StartMessageMoveTaskCommand({ SourceArn: deadLetterTargetArn }))
        .catch((error: Error) => error);
      differs('StartMessageMoveTask', started instanceof Error ? `no: ${started.name}` : 'redrives');
      if (started instanceof Error) return;
      const { body, attributes, receiveCount } = await receiveOne(queue, 30_000);
      expect({ body, attributes }).toEqual({ body: 'cured', attributes: { failureId: 'event-7' } });
      differs('the receive count after a redrive', receiveCount === 1 ? 'starts anew' : 'goes on');
    });
  });

  describe('a queue’s attributes', () => {
    test.for([3, '5'])(
      'tell the most receives, though it was set as %o and comes back as the engine likes',
      async (count) => {
        const { queue } = await newQueueWithDeadLetters(count);
        const RedrivePolicy = await attribute(queue.QueueUrl, 'RedrivePolicy');
        const back = typeof JSON.parse(RedrivePolicy ?? '{}').maxReceiveCount;
        differs(`maxReceiveCount that was set as a ${typeof count} comes back as a`, back);
        expect(await queue.maxReceiveCount()).toBe(Number(count));
      },
    );

    test('tell that there is no redrive policy', async () => {
      const queue = await newQueue();
      differs(
        'RedrivePolicy of a queue without one',
        JSON.stringify(await attribute(queue.QueueUrl, 'RedrivePolicy')) ?? 'absent',
      );
      expect(await queue.maxReceiveCount()).toBe(Number.POSITIVE_INFINITY);
    });

    test('tell how many dead letters there are, in flight ones included, and nothing where there is no such queue', async () => {
      const { queue, deadLetters } = await newQueueWithDeadLetters(3);
      await deadLetters.sendBatch([{ body: 'one' }, { body: 'two' }]);
      await receiveOne({ receive: () => deadLetters.receive({ maxMessages: 1 }) });
      const count = sqsDeadLetters(sqs, queue.QueueUrl, () => undefined);
      await expect.poll(count).toBe(2);
      expect(await sqsDeadLetters(sqs, deadLetters.QueueUrl, () => undefined)()).toBeUndefined();
    });

    test('tell that a redrive policy was taken away', async () => {
      const { queue } = await newQueueWithDeadLetters(3);
      const { QueueUrl } = queue;
      const taken = await sqs
        .send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy: '' } }))
        .catch((error: Error) => error);
      differs('taking a redrive policy away', taken instanceof Error ? `refused (${taken.name})` : 'done');
      expect(await queue.maxReceiveCount()).toBe(taken instanceof Error ? 3 : Number.POSITIVE_INFINITY);
    });

    test('count messages in flight into the depth', async () => {
      const queue = await newQueue();
      await queue.sendBatch([{ body: 'a' }, { body: 'b' }]);
      await receiveAll(queue, 2);
      await queue.sendBatch([{ body: 'c' }]);
      await expect.poll(() => queue.depth(), { timeout: 10_000 }).toBe(3);
    });
  });

  describe('a long poll', () => {
    test('ends as soon as a message is there', async () => {
      const queue = await newQueue({}, 20);
      const began = performance.now();
      const poll = queue.receive();
      await underWay();
      await queue.sendBatch([{ body: 'awaited' }]);
      expect(await poll).toMatchObject([{ body: 'awaited' }]);
      expect(performance.now() - began).toBeLessThan(15_000);
    });

    test('of nothing ends when its wait does, with nothing', async () => {
      const queue = await newQueue({}, 1);
      const began = performance.now();
      expect(await queue.receive()).toEqual([]);
      expect(performance.now() - began).toBeGreaterThan(900);
    });

    test('that its client left may still take the next message, which then comes again after its timeout', async () => {
      const { QueueUrl, ...queue } = await newQueue();
      const leave = new AbortController();
      const left = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, VisibilityTimeout: 3 }), {
        abortSignal: leave.signal,
      });
      await underWay();
      leave.abort();
      await expect(left).rejects.toThrow();
      await underWay();
      await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '0', MessageBody: 'into the void' }] }));
      const message = await receiveOne(queue, 20_000);
      expect(message.body).toBe('into the void');
      const taken = message.receiveCount === 2;
      differs('a long poll that its client left', taken ? 'takes the next message' : 'takes nothing');
    });
  });

  test('a queue that does not exist is the engine’s error, not the message’s', async () => {
    const QueueUrl = new URL('/000000000000/no-such-queue', engine.endpoint).href;
    const error = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' })).catch((cause: Error) => cause);
    expect(error).toMatchObject({ name: expect.stringMatching(/QueueDoesNotExist|NonExistentQueue/) });
  });
});

/** Time in which a request reaches an engine on this machine: no response shows that it has. */
const underWay = () => new Promise((resolve) => setTimeout(resolve, 500));

function reasonOf(answer: unknown): string {
  if (answer instanceof Error) return answer.name;
  return Array.isArray(answer) ? String(answer[0]?.code) : '';
}
