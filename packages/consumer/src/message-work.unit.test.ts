import { createHash } from 'node:crypto';
import { WaybillError } from '@waybill/shared/error.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf } from '../test/list-handler.ts';
import { listRig } from '../test/list-rig.ts';
import { engineError, pass, useVirtualTime } from '../test/service-rig.ts';
import { mostSplitOff } from './settle-failed.ts';

beforeEach(useVirtualTime);

const sha = (body: string) => createHash('sha256').update(body).digest('hex');

/** A list that rejects these items. */
const rejecting =
  (...items: number[]) =>
  (item: number) => {
    if (items.includes(item)) throw new WaybillError('STORE_REJECTED', 'the item is at fault');
  };

describe('a message of which all succeeded', () => {
  test('is deleted, together with others', async () => {
    const { queue, list, journal, service, stop } = listRig();
    for (let id = 1; id <= 10; id += 1) queue.put(bodyOf(id * 2, id * 2 + 1));
    service.start();
    await pass(1);
    expect(list.items.size).toBe(20);
    expect(queue.messages).toEqual([]);
    expect(journal.lines(/: delete$/)).toEqual(['batch of 10: delete']);
    await stop();
  });

  test('is deleted when there was nothing in it', async () => {
    const { queue, journal, service, stop } = listRig();
    queue.put(bodyOf());
    service.start();
    await pass(1);
    expect(journal.lines(/^(deleted|recorded)/)).toEqual(['deleted m1']);
    await stop();
  });

  test('is deleted again alone, when SQS did not delete it with the others', async () => {
    const { queue, journal, service, stop } = listRig();
    for (let id = 1; id <= 10; id += 1) queue.put(bodyOf(id));
    let deletes = 0;
    queue.before = (operation) => (operation === 'delete' && ++deletes < 3 ? [...(deletes === 1 ? [3, 7] : [1])] : []);
    service.start();
    await pass(10);
    expect(journal.lines(/: delete$/)).toEqual(['batch of 10: delete', 'batch of 2: delete', 'batch of 1: delete']);
    expect(queue.messages).toEqual([]);
    expect(queue.deadLetters).toEqual([]);
    await stop();
  });

  test('stays under heartbeat while SQS does not delete it, and is not received again', async () => {
    const { queue, journal, service, stop } = listRig();
    queue.put(bodyOf(1));
    let down = true;
    queue.before = (operation) => {
      if (operation === 'delete' && down) throw engineError('ServiceUnavailable');
      return [];
    };
    service.start();
    await pass(120);
    expect(queue.messages).toMatchObject([{ receiveCount: 1 }]);
    down = false;
    await pass(10);
    expect(queue.messages).toEqual([]);
    expect(journal.lines(/^stored/)).toHaveLength(1);
    await stop();
  });
});

describe('a message of several of which some failed', () => {
  test('is recorded, split, confirmed, then deleted, its neighbours long done', async () => {
    const { queue, journal, failures, service, stop } = listRig();
    queue.put(bodyOf(1, -2, 'nonsense', 3));
    service.start();
    await pass(0.5);
    const nonsense = `body-${sha(bodyOf('nonsense'))}`;
    expect(journal.lines(/^(stored|recorded|sent|deleted)/).slice(0, 6)).toEqual([
      'stored 1',
      'stored 3',
      'recorded item-2 INVALID_ITEM',
      `recorded ${nonsense} INVALID_ITEM`,
      'sent m2',
      'sent m3',
    ]);
    expect(journal.lines(/^deleted/)).toEqual(['deleted m1']);
    expect(failures.records.get('item-2')).toMatchObject({ body: JSON.stringify(-2) });
    await pass(60);
    expect(queue.messages).toEqual([]);
    expect(queue.deadLetters).toMatchObject([
      { body: bodyOf(-2), attributes: { failureId: 'item-2' } },
      { body: bodyOf('nonsense'), attributes: { failureId: nonsense } },
    ]);
    await stop();
  });

  test('gives what is split off the attributes of the message, into the dead-letter queue', async () => {
    const { queue, service, stop } = listRig();
    queue.put(bodyOf(1, -2), { attributes: { announce: 'never', batchId: 'b1', batchPart: '0' } });
    service.start();
    await pass(600);
    expect(queue.deadLetters.map(({ attributes }) => attributes)).toEqual([
      { announce: 'never', batchId: 'b1', failureId: 'item-2' },
    ]);
    await stop();
  });

  test('has what the engine rejects split off as well, and only that', async () => {
    const { queue, list, failures, service, stop } = listRig();
    list.before = rejecting(2);
    queue.put(bodyOf(1, 2, 3));
    service.start();
    await pass(60);
    expect(list.ids).toEqual([1, 3]);
    expect(failures.records.get('item-2')).toMatchObject({ reason: 'STORE_REJECTED', body: '2' });
    expect(queue.deadLetters.map(({ body }) => body)).toEqual([bodyOf(2)]);
    await stop();
  });

  test('sends only what SQS did not confirm again, and is deleted after that', async () => {
    const { queue, journal, service, stop } = listRig();
    queue.put(bodyOf(1, -2, -3, -4));
    let sends = 0;
    queue.before = (operation) => (operation === 'send' && ++sends === 1 ? [1] : []);
    service.start();
    await pass(5);
    const lines = journal.lines(/^(.*: send|sent|deleted m1)/);
    expect(lines).toEqual(['batch of 3: send', 'sent m2', 'sent m3', 'batch of 1: send', 'sent m4', 'deleted m1']);
    expect(new Set(queue.deadLetters.map(({ attributes }) => attributes?.['failureId'])).size).toBe(3);
    await stop();
  });

  test('is held while its record cannot be written: no split, no release, no other failure', async () => {
    const { queue, journal, failures, list, service, stop } = listRig();
    queue.put(bodyOf(1, -2));
    let down = true;
    failures.before = () => {
      if (down) throw engineError('ResourceNotFoundException');
    };
    service.start();
    await pass(120);
    expect(list.ids).toEqual([1]);
    expect(journal.lines(/^(recorded|sent|deleted|visibility m1 0)/)).toEqual([]);
    expect(queue.messages).toMatchObject([{ receiveCount: 1 }]);
    down = false;
    await pass(15);
    expect(journal.lines(/^(recorded|sent)/).slice(0, 2)).toEqual(['recorded item-2 INVALID_ITEM', 'sent m2']);
    expect(journal.lines(/^deleted/)).toEqual(['deleted m1']);
    await stop();
  });

  test('is left whole when a failed element would be too large to be sent alone, with its attribute', async () => {
    const { queue, list, journal, service, stop } = listRig();
    queue.put(`[1,"${'x'.repeat(262_144 - '["",""]'.length)}"]`);
    service.start();
    await pass(10);
    expect(list.ids).toEqual([1]);
    expect(journal.lines(/^(sent|deleted)/)).toEqual([]);
    expect(queue.deadLetters).toHaveLength(1);
    await stop();
  });
});

describe('a message of which very many failed', () => {
  test('has equal ones recorded once and split off once', async () => {
    const { queue, list, failures, service, stop } = listRig();
    queue.put(`[1,${'0,'.repeat(130_000)}2]`);
    service.start();
    await pass(60);
    expect(list.ids).toEqual([1, 2]);
    // Once among the others, three times alone.
    expect([...failures.records.values()]).toMatchObject([{ failureId: 'item-0', attempts: 4 }]);
    expect(queue.deadLetters.map(({ body }) => body)).toEqual([bodyOf(0)]);
    await stop();
  });

  test('has two contents of one id split off both', async () => {
    const { queue, service, stop } = listRig();
    queue.put(bodyOf(-2, 2, -2));
    queue.put('[-3,"-3","-3",4]');
    service.start();
    await pass(60);
    const bodies = queue.deadLetters.map(({ body }) => body).sort();
    expect(bodies).toEqual([bodyOf('-3'), bodyOf(-2), bodyOf(-3)].sort());
    await stop();
  });

  test('has as many as 300 split off; with one more it is left whole, with one record that says so, its good ones done', async () => {
    const { queue, list, failures, service, stop } = listRig();
    const bad = (from: number, count: number) => Array.from({ length: count }, (_, index) => -from - index);
    const many = bodyOf(7, ...bad(1_000, mostSplitOff), 8);
    const tooMany = bodyOf(9, ...bad(2_000, mostSplitOff + 1), 10);
    queue.put(many);
    queue.put(tooMany);
    service.start();
    await pass(120);
    expect(list.ids).toEqual([7, 8, 9, 10]);
    expect(queue.messages).toEqual([]);
    expect(queue.deadLetters).toHaveLength(mostSplitOff + 1);
    expect(queue.deadLetters.map(({ body }) => body)).toContain(tooMany);
    expect(failures.records.size).toBe(mostSplitOff + 1);
    expect(failures.records.get(`body-${sha(tooMany)}`)).toMatchObject({
      reason: 'INVALID_ITEM',
      detail: expect.stringMatching(/^301 of its elements failed, the message is left whole/),
      body: tooMany,
      attempts: 3,
    });
    await stop();
  });

  test('left whole and redriven with its record’s id, resolves that record when it succeeds', async () => {
    const { queue, failures, service, stop } = listRig();
    const failureId = `body-${'1'.repeat(64)}`;
    queue.put(bodyOf(...Array.from({ length: mostSplitOff + 1 }, (_, index) => -1 - index)), {
      attributes: { failureId },
    });
    service.start();
    await pass(60);
    expect([...failures.records.keys()]).toEqual([failureId]);
    queue.put(bodyOf(1, 2), { attributes: { failureId } });
    await pass(1);
    expect(failures.records.get(failureId)).toMatchObject({ resolved: true });
    await stop();
  });

  test('leaves the failure log to other messages in turn', async () => {
    const { queue, journal, failures, service, stop } = listRig();
    // A record takes 100 ms.
    failures.before = async () => await new Promise((resolve) => setTimeout(resolve, 100));
    for (let message = 1; message <= 10; message += 1) {
      queue.put(bodyOf(...Array.from({ length: 200 }, (_, index) => -message * 1_000 - index)));
    }
    service.start();
    await pass(0.5);
    queue.put(bodyOf(-7));
    await pass(1);
    expect(journal.lines(/^recorded item-7 /)[0]).toBeDefined();
    await stop();
  });
});

describe('a message of one that failed', () => {
  test('is left as it came until the redrive policy moves it', async () => {
    const { queue, journal, lines, service, stop } = listRig();
    queue.put(bodyOf(-5));
    service.start();
    await pass(5);
    expect(journal.lines(/^(sent|deleted)/)).toEqual([]);
    expect(queue.deadLetters).toMatchObject([{ body: bodyOf(-5), attributes: {} }]);
    expect(lines.filter(({ msg }) => /DLQ/.test(String(msg)))).toMatchObject([
      { messageId: 'm1', receiveCount: 3, reason: 'INVALID_ITEM' },
    ]);
    await stop();
  });

  test('comes again at once when it cannot heal, and ends in the DLQ by the redrive policy', async () => {
    const { queue, journal, failures, service, stop } = listRig();
    queue.put(bodyOf(-5), { attributes: { failureId: 'item-5' } });
    service.start();
    await pass(5);
    expect(journal.lines(/^(recorded|visibility|dead)/)).toEqual([
      'recorded item-5 INVALID_ITEM',
      'visibility m1 0',
      'recorded item-5 INVALID_ITEM',
      'visibility m1 0',
      'recorded item-5 INVALID_ITEM',
      'visibility m1 0',
      'dead m1',
    ]);
    expect(failures.records.get('item-5')).toMatchObject({ attempts: 3, body: JSON.stringify(-5) });
    await stop();
  });

  test.each([
    ['that is not JSON', 'no JSON at all'],
    ['that the handler cannot read', '17'],
  ])('comes again at once when it is one %s', async (_, body) => {
    const { queue, failures, service, stop } = listRig();
    queue.put(body);
    service.start();
    await pass(5);
    const failureId = `body-${sha(body)}`;
    expect(queue.deadLetters).toMatchObject([{ body, attributes: {} }]);
    expect(failures.records.get(failureId)).toMatchObject({ reason: 'UNREADABLE_MESSAGE', body, attempts: 3 });
    await stop();
  });

  test('comes again after 30 s, 60 s, 90 s when a rolling deploy may heal it', async () => {
    const { queue, journal, service, stop } = listRig();
    queue.put('{"later":true}');
    service.start();
    await pass(300);
    expect(journal.lines(/^(sent|visibility|dead)/)).toEqual([
      'visibility m1 30',
      'visibility m1 60',
      'visibility m1 90',
      'dead m1',
    ]);
    await stop();
  });

  test('waits at most two minutes, and waits always where no redrive policy ends the circle', async () => {
    const { queue, journal, service, messages, stop } = listRig();
    queue.receiveCountLimit = Number.POSITIVE_INFINITY;
    queue.put('no JSON at all');
    service.start();
    await pass(600);
    expect(journal.lines(/^visibility/).slice(0, 6)).toEqual(
      [30, 60, 90, 120, 120, 120].map((seconds) => `visibility m1 ${seconds}`),
    );
    expect(messages(/no redrive policy/)).toHaveLength(1);
    await stop();
  });

  test('waits where the redrive policy does not move it: its dead-letter queue was deleted', async () => {
    const { queue, journal, service, lines, stop } = listRig();
    queue.put('no JSON at all');
    // The policy still says three, and SQS goes on delivering.
    queue.maxReceiveCountSaid = 3;
    queue.receiveCountLimit = Number.POSITIVE_INFINITY;
    service.start();
    await pass(600);
    const seconds = journal.lines(/^visibility/).map((line) => Number(line.split(' ')[2]));
    // Three times more at once: only its count might be old.
    expect(seconds.slice(0, 9)).toEqual([0, 0, 0, 0, 0, 0, 120, 120, 120]);
    expect(seconds.length).toBeLessThanOrEqual(12);
    expect(lines.find(({ msg }) => /check that the dead-letter queue exists/.test(String(msg)))).toMatchObject({
      messageId: 'm1',
      receiveCount: 7,
      maxReceiveCount: 3,
    });
    await stop();
  });

  test('returns at once, three times, what a redrive put back with its old count', async () => {
    const { queue, journal, service, messages, stop } = listRig();
    queue.maxReceiveCountSaid = 3;
    // LocalStack counts from 0 for its policy, and says the old count.
    queue.receiveCountLimit = 10;
    queue.put('no JSON at all', { receiveCount: 7 });
    service.start();
    await pass(10);
    expect(journal.lines(/^(visibility|dead)/)).toEqual([
      'visibility m1 0',
      'visibility m1 0',
      'visibility m1 0',
      'dead m1',
    ]);
    expect(messages(/check that the dead-letter queue exists/)).toEqual([]);
    await stop();
  });

  test('counts the attempt among others too, and repeats among others and alone are one record', async () => {
    const { queue, failures, service, stop } = listRig();
    queue.put(bodyOf(1, 'nonsense'));
    queue.put(bodyOf(2, 'nonsense'));
    queue.put(bodyOf('nonsense'));
    service.start();
    await pass(30);
    expect([...failures.records.keys()]).toEqual([`body-${sha(bodyOf('nonsense'))}`]);
    // Once as it came, three times with the id of its record, for each of the three.
    expect([...failures.records.values()]).toMatchObject([{ attempts: 11 }]);
    expect(queue.deadLetters).toHaveLength(3);
    await stop();
  });
});

describe('a redriven message', () => {
  test('resolves its record when it succeeds', async () => {
    const { queue, list, failures, service, stop } = listRig();
    list.before = rejecting(2);
    queue.put(bodyOf(1, 2));
    service.start();
    await pass(30);
    expect(queue.deadLetters).toHaveLength(1);
    list.before = () => undefined;
    for (const { body, attributes = {} } of queue.deadLetters.splice(0)) queue.put(body, { attributes });
    await pass(5);
    expect(list.ids).toEqual([1, 2]);
    expect(failures.records.get('item-2')).toMatchObject({ resolved: true, attempts: 4 });
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('is resolved no longer when it fails again, on the same record, whatever it fails of', async () => {
    const { queue, list, failures, service, stop } = listRig();
    const failureId = `body-${'0'.repeat(64)}`;
    await failures.record({ failureId, reason: 'INVALID_ITEM', detail: '', body: '', parcelId: undefined });
    await failures.resolve(failureId);
    list.before = rejecting(2);
    queue.put(bodyOf(2), { attributes: { failureId } });
    service.start();
    await pass(1);
    expect([...failures.records]).toMatchObject([
      [failureId, { resolved: false, reason: 'STORE_REJECTED', attempts: 4 }],
    ]);
    await stop();
  });

  test('is not held up by a failureId that is not one of ours', async () => {
    const { queue, failures, service, stop } = listRig();
    queue.put(bodyOf(1), { attributes: { failureId: '' } });
    queue.put(bodyOf(-2), { attributes: { failureId: 'x'.repeat(3_000) } });
    service.start();
    await pass(5);
    expect([...failures.records.keys()]).toEqual(['item-2']);
    expect(queue.messages).toEqual([]);
    await stop();
  });
});

describe('no message waits for another', () => {
  test('while one item hangs, messages received with it are stored and deleted', async () => {
    const { queue, list, service, stop } = listRig();
    const hanging = Promise.withResolvers<void>();
    list.before = (item) => (item === 5 ? hanging.promise : undefined);
    for (let id = 1; id <= 10; id += 1) queue.put(bodyOf(id, 100 + id));
    service.start();
    await pass(2);
    expect(queue.messages.map(({ messageId }) => messageId)).toEqual(['m5']);
    for (let id = 11; id <= 40; id += 1) queue.put(bodyOf(id));
    await pass(60);
    expect(queue.messages).toMatchObject([{ messageId: 'm5', receiveCount: 1 }]);
    hanging.resolve();
    await pass(1);
    expect(queue.messages).toEqual([]);
    await stop();
  });

  test('while one message’s split is not confirmed', async () => {
    const { queue, service, stop } = listRig();
    queue.before = (operation) => (operation === 'send' ? [0] : []);
    queue.put(bodyOf(1, -2));
    for (let id = 11; id <= 40; id += 1) queue.put(bodyOf(id));
    service.start();
    await pass(60);
    expect(queue.messages).toMatchObject([{ messageId: 'm1', receiveCount: 1 }]);
    await stop();
  });
});

describe('a handler that breaks its contract', () => {
  const lost = 'message not settled, it will be received again';

  test('by throwing settles nothing and ends nothing: the messages are received again', async () => {
    const { queue, lines, service, stop } = listRig({
      handler: {
        work: () => {
          throw new Error('a mistake of the handler');
        },
      },
    });
    queue.put(bodyOf(1));
    queue.put(bodyOf(2));
    service.start();
    await pass(1);
    expect(lines.filter(({ msg }) => msg === lost)).toHaveLength(2);
    expect(queue.messages).toHaveLength(2);
    await stop();
  });

  test('by returning nothing for a message does not have that taken for done', async () => {
    const { queue, lines, service, stop } = listRig({ handler: { work: () => [Promise.resolve([])] } });
    queue.put(bodyOf(1));
    queue.put(bodyOf(2));
    service.start();
    await pass(1);
    expect(lines.filter(({ msg }) => msg === lost)).toMatchObject([{ messageId: 'm2' }]);
    expect(queue.messages.map(({ messageId }) => messageId)).toEqual(['m2']);
    await stop();
  });

  test('by taking every error for the item’s has the failure records held through an outage all the same', async () => {
    const { queue, failures, service, stop } = listRig({ handler: { faultOf: () => 'item' } });
    let isAway = true;
    failures.before = () => {
      if (isAway) throw engineError('ValidationException');
    };
    queue.put('not a list');
    service.start();
    await pass(20);
    expect(queue.deadLetters).toEqual([]);
    isAway = false;
    await pass(30);
    expect([...failures.records.values()]).toMatchObject([{ reason: 'UNREADABLE_MESSAGE' }]);
    await stop();
  });
});

describe('a message whose body is not the one that was sent', () => {
  test('is left to come again while its neighbours are worked on, and is worked on once it arrives intact', async () => {
    const { queue, list, failures, messages, service, stop } = listRig();
    queue.corrupted.add(bodyOf(2));
    for (let id = 1; id <= 3; id += 1) queue.put(bodyOf(id));
    service.start();
    await pass(5);
    expect(list.ids).toEqual([1, 3]);
    expect(messages(/^message arrived with another body/)).toHaveLength(1);
    queue.corrupted.clear();
    await pass(60);
    expect(list.ids).toEqual([1, 2, 3]);
    expect(queue.messages).toEqual([]);
    expect(failures.records.size).toBe(0);
    await stop();
  });

  test('goes to the DLQ with its reason on record when it never does', async () => {
    const { queue, list, failures, service, stop } = listRig();
    queue.corrupted.add(bodyOf(2));
    queue.put(bodyOf(2));
    service.start();
    await pass(600);
    expect(list.ids).toEqual([]);
    expect(queue.deadLetters).toMatchObject([{ body: bodyOf(2), receiveCount: 3 }]);
    expect([...failures.records.values()]).toMatchObject([{ reason: 'BODY_CORRUPTED', body: bodyOf(2) }]);
    expect(service.ready().ok).toBe(true);
    await stop();
  });
});
