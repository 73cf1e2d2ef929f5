import type { OutgoingMessage, ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageAnew, splitMessage, withAttributes } from './resend.ts';

const messageWith = (attributes: Record<string, string>, body = 'whole'): ReceivedMessage => ({
  messageId: 'm1',
  receiptHandle: 'r1',
  body,
  attributes,
  receiveCount: 1,
  sentAtMs: 0,
});

const ours = { announce: 'never', batchId: 'b1', traceparent: '00-1-2-01' };

describe('what is split off', () => {
  test('carries its own failure id and every attribute of the message, but for its part of a batch and how often it was sent on', () => {
    const original = messageWith({ ...ours, batchPart: '3', sentOn: '2', failureId: 'body-1', tenant: 'Zürich' });
    expect(splitMessage('one', 'event-7', original)).toEqual({
      body: 'one',
      attributes: { ...ours, failureId: 'event-7', tenant: 'Zürich' },
    });
  });

  test('carries attributes of another type as they came', () => {
    const typedAttributes = {
      size: { dataType: 'Number', value: '12' },
      blob: { dataType: 'Binary', value: new Uint8Array([0, 255]) },
    };
    const original = { ...messageWith({ ...ours, size: '12' }), typedAttributes };
    const split = splitMessage('one', 'event-7', original);
    expect(split).toEqual({ body: 'one', attributes: { ...ours, failureId: 'event-7' }, typedAttributes });
    const anew = messageAnew(original, 'event-7');
    expect(anew).toEqual({ body: 'whole', attributes: { ...ours, size: '12', failureId: 'event-7' }, typedAttributes });
    // Our own takes the place of a typed one of that name.
    expect(withAttributes(anew, { size: 'ours' }).typedAttributes).toEqual({ blob: typedAttributes.blob });
  });

  test('leaves out what SQS would not take, another program’s attributes first', () => {
    const foreign = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`a${index}`, 'x']));
    expect(splitMessage('one', 'event-7', messageWith({ ...foreign, ...ours }))?.attributes).toEqual({
      failureId: 'event-7',
      ...ours,
      a0: 'x',
      a1: 'x',
      a2: 'x',
      a3: 'x',
      a4: 'x',
      a5: 'x',
    });
    const large = messageWith({ note: 'x'.repeat(2_000), ...ours });
    expect(splitMessage('y'.repeat(261_000), 'event-7', large)?.attributes).toEqual({ failureId: 'event-7', ...ours });
  });

  test('cannot be, where SQS would not take it with the failure id alone', () => {
    expect(splitMessage(undefined, 'event-7', messageWith({}))).toBeUndefined();
    expect(splitMessage('y'.repeat(262_144), 'event-7', messageWith({}))).toBeUndefined();
  });
});

describe('what is sent anew', () => {
  test('carries all attributes, those of a batch too, and the failure id where there is room', () => {
    const all = { ...ours, batchPart: '3', sentOn: '2' };
    expect(messageAnew(messageWith(all), 'event-7')).toEqual({
      body: 'whole',
      attributes: { ...all, failureId: 'event-7' },
    });
    const ten = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`a${index}`, 'x']));
    expect(messageAnew(messageWith(ten), 'event-7').attributes).toEqual(ten);
    expect(messageAnew(messageWith({ ...ten, a9: 'é' }), 'a9').attributes).toMatchObject({ a9: 'é' });
  });

  test('is never more than SQS takes', () => {
    const attributes = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), {
      maxKeys: 10,
    });
    fc.assert(
      fc.property(attributes, attributes, fc.integer({ min: 0, max: 400 }), (own, more, free) => {
        const bare = sizeOf({ body: '', attributes: own });
        const message: OutgoingMessage = { body: 'x'.repeat(262_144 - bare - free), attributes: own };
        const larger = withAttributes(message, more);
        expect(sizeOf(larger)).toBeLessThanOrEqual(262_144);
        expect(Object.keys(larger.attributes ?? {}).length).toBeLessThanOrEqual(10);
        for (const [name, value] of Object.entries(own))
          if (!(name in more)) expect(larger.attributes?.[name]).toBe(value);
      }),
    );
  });
});
