import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import {
  bodiesOf,
  type DeadLetterInput,
  drain,
  failureLogOf,
  newPair,
  put,
  redriveDeps,
  scan,
  uncancelled,
} from '../../test/dead-letter-rig.ts';
import { countsOf } from '../dead-letters/dead-letter-queue.ts';
import { planRedrive } from './plan-redrive.ts';
import { redriveSome } from './redrive-some.ts';
import { runRedrive } from './run-redrive.ts';
import type { Selection } from './selection.ts';
import { sendBack } from './send-back.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;
const strict = { isMoreThanPlannedFine: false };
const all: Selection = { failureIds: [] };
const text = (StringValue: string) => ({ DataType: 'String', StringValue });

async function open(messages: readonly DeadLetterInput[]) {
  const { sqs } = engines();
  const pair = await newPair(sqs);
  await put(sqs, pair.url, messages);
  const deps = redriveDeps(engines());
  const plan = (selection: Selection, deployedAtUtc?: string) =>
    planRedrive(deps, pair.sourceUrl, selection, { deployedAtUtc }, never);
  return {
    ...{ sqs, pair, deps, plan },
    source: () => drain(sqs, pair.sourceUrl),
    left: () => drain(sqs, pair.url),
  };
}

const failed = (eventId: number, reason: string, detail: string, at?: number) =>
  failureLogOf(engines(), at).record({
    ...{ failureId: `event-${eventId}`, reason, detail, body: '{"User":"jane.doe"}', parcelId: 5_000 + eventId },
  });

async function attributes(QueueUrl: string) {
  const { sqs } = engines();
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return Attributes;
}

/** Has the redrive policy move all messages of a queue. */
async function kill(QueueUrl: string): Promise<void> {
  const { sqs } = engines();
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return;
    for (const { ReceiptHandle } of Messages) {
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    }
  }
}

describe.concurrent('a selective redrive', () => {
  test('sends what is selected with its attributes of every type, and leaves the others visible', async () => {
    const attributes = {
      failureId: text('event-1'),
      ...{ batchId: text('b1'), announce: text('never'), traceparent: text('00-1-2-01') },
      ...{ size: { DataType: 'Number', StringValue: '12.50' }, kind: { DataType: 'String.json', StringValue: '{}' } },
      blob: { DataType: 'Binary.gzip', BinaryValue: new Uint8Array([0, 255, 1]) },
      ...{ x: text('é'), y: text('2'), z: text('3') },
    };
    const { pair, deps, plan, source, left } = await open([
      { body: scan(1), attributes },
      { body: scan(2) },
      { body: 'not one of ours' },
    ]);
    const planned = await plan({ failureIds: ['event-1', 'event-99'] });
    expect(planned.plan).toMatchObject({ count: 1, isMoreThan: false });
    const result = await runRedrive(deps, planned, strict, uncancelled);
    expect(result).toEqual({
      outcome: 'done',
      counts: { redriven: 1, lookedAt: 3, handedBack: 2, cameBack: 0, notConfirmed: 0, notDeleted: 0 },
      problems: [],
    });
    const [sent, ...more] = await source();
    expect(more).toEqual([]);
    expect(sent).toMatchObject({ Body: scan(1), MessageAttributes: attributes });
    expect(bodiesOf(await left())).toEqual([scan(2), 'not one of ours'].toSorted());
    expect(await countsOf(deps.sqs, pair.url)).toMatchObject({ waiting: 0 });
  });

  test.each<[string, Selection, number[]]>([
    ['reason', { reason: 'STORE_REJECTED', failureIds: [] }, [13, 14]],
    ['a part of the detail', { detail: 'size 4', failureIds: [] }, [13]],
    ['the detail of a group', { detail: 'too large: size …', failureIds: [] }, [13, 14]],
    ['parcel', { parcelId: 5_011, failureIds: [] }, [11]],
    ['type', { type: 'DELIVERY', failureIds: [] }, [12]],
    ['age', { olderThanMs: 3_600_000, failureIds: [] }, []],
    ['all of them together', { reason: 'STORE_REJECTED', parcelId: 5_014, failureIds: ['event-14', 'event-13'] }, [14]],
  ])('selects by %s', async (_by, selection, expected) => {
    await Promise.all([
      failed(11, 'INVALID_EVENT', 'INVALID_DATE'),
      failed(13, 'STORE_REJECTED', 'too large: size 400'),
      failed(14, 'STORE_REJECTED', 'too large: size 512'),
    ]);
    const events = [scan(11), scan(12, { type: 'DELIVERY' }), scan(13), scan(14)];
    const { deps, plan, source, left } = await open(events.map((body) => ({ body })));
    const planned = await plan(selection);
    expect(planned.plan.count).toBe(expected.length);
    await runRedrive(deps, planned, strict, uncancelled);
    const sent = bodiesOf(await source());
    expect(sent).toEqual(events.filter((_, index) => expected.includes(11 + index)).toSorted());
    expect([...sent, ...bodiesOf(await left())].toSorted()).toEqual(events.toSorted());
  });

  test('refuses to go on when it meets over 10 % more than was planned, unless told to', async () => {
    const { pair, sqs, deps, plan, source, left } = await open([{ body: scan(21) }]);
    const planned = await plan({ type: 'STATUS', failureIds: [] });
    const later = Array.from({ length: 30 }, (_, index) => ({ body: scan(100 + index) }));
    await put(sqs, pair.url, later);
    const refused = await runRedrive(deps, planned, strict, uncancelled);
    expect(refused).toMatchObject({ outcome: 'refused', problems: [expect.stringContaining('planned 1 match')] });
    const sent = (await source()).length;
    expect(sent).toBeLessThanOrEqual(2);
    expect(refused.counts).toMatchObject({ redriven: sent });
    const forced = await runRedrive(deps, planned, { isMoreThanPlannedFine: true }, uncancelled);
    expect(forced).toMatchObject({ outcome: 'done', counts: { redriven: 31 - sent } });
    expect(await left()).toEqual([]);
  });

  test('sends nothing twice that fails again and comes back while it runs', async () => {
    const { pair, sqs, deps, plan, left } = await open([{ body: scan(31) }, { body: scan(32) }]);
    const planned = await plan({ type: 'STATUS', failureIds: [] });
    let sent = 0;
    const deadLetters = {
      ...planned.deadLetters,
      sendToSource: async (messages: readonly { readonly body: string }[]) => {
        sent += messages.length;
        await put(sqs, pair.url, messages);
        return [];
      },
    };
    // The engine's clock is this machine's: a message sent in the same millisecond is not older.
    const result = await redriveSome(deps, { ...planned, deadLetters }, { isMoreThanPlannedFine: true }, uncancelled);
    expect(sent).toBe(2);
    expect(result).toMatchObject({ outcome: 'done', counts: { redriven: 2, cameBack: 2 } });
    expect(await left()).toHaveLength(2);
  });

  test('that is cancelled hands back all that it holds', async () => {
    const bodies = Array.from({ length: 60 }, (_, index) => scan(200 + index, { type: index % 2 ? 'A' : 'B' }));
    const { deps, plan, source, left } = await open(bodies.map((body) => ({ body })));
    const cancelling = new AbortController();
    const planned = await plan({ type: 'A', failureIds: [] });
    const result = await runRedrive(deps, planned, strict, {
      signal: cancelling.signal,
      onProgress: () => cancelling.abort(),
    });
    expect(result.outcome).toBe('cancelled');
    const sent = bodiesOf(await source());
    expect(result.counts).toMatchObject({ redriven: sent.length });
    expect(sent.length).toBeGreaterThan(0);
    expect([...sent, ...bodiesOf(await left())].toSorted()).toEqual(bodies.toSorted());
  });

  test('that may hold no more says that it has not seen all, and hands back what it holds', async () => {
    const bodies = Array.from({ length: 60 }, (_, index) => scan(300 + index));
    const { deps, plan, left } = await open(bodies.map((body) => ({ body })));
    const planned = await plan({ type: 'PICKUP', failureIds: [] });
    const result = await redriveSome(deps, planned, { ...strict, mostHeld: 25 }, uncancelled);
    expect(result).toMatchObject({ outcome: 'partly', problems: [expect.stringContaining('there may be more')] });
    expect(await left()).toHaveLength(60);
  });

  test('deletes only what the source queue has confirmed', async ({ expect }) => {
    const { deps, plan, left } = await open([{ body: scan(41) }, { body: scan(42) }]);
    const planned = await plan({ type: 'STATUS', failureIds: [] });
    const deadLetters = {
      ...planned.deadLetters,
      sendToSource: async (messages: readonly { readonly body: string }[]) =>
        messages.flatMap(({ body }, index) =>
          body === scan(41) ? [{ index, code: 'Refused', detail: 'by rule' }] : [],
        ),
    };
    const impatient = { ...deps, clock: { ...deps.clock, sleep: async () => undefined } };
    const messages = await planned.deadLetters.receive({ waitSeconds: 1, visibilitySeconds: 1 });
    const result = await sendBack(messages, { ...impatient, deadLetters }, never);
    expect(result.deleted.map(({ body }) => body)).toEqual([scan(42)]);
    expect(result.problems).toEqual([expect.stringContaining('Refused (by rule)')]);
    await expect.poll(async () => bodiesOf(await left()), { timeout: 5_000 }).toEqual([scan(41)]);
  });
});

describe.concurrent('the plan of a redrive', () => {
  test('says how many, why, how old and which, without payloads, and leaves the queue as it was', async () => {
    const now = Date.now();
    await failed(51, 'INVALID_EVENT', 'INVALID_DATE: expected a date, not "jane"', now - 5_000);
    await failed(52, 'INVALID_EVENT', 'INVALID_DATE: expected a date, not "joe"', now - 3_600_000);
    const { pair, deps, plan } = await open([{ body: scan(51) }, { body: scan(52) }, { body: '"jane.doe"' }]);
    const { plan: found } = await plan(all);
    expect(found).toMatchObject({
      count: 3,
      isMoreThan: false,
      byReason: { INVALID_EVENT: 2, 'no record': 1 },
      notLookedAt: [],
      warnings: [expect.stringMatching(/^the fix is not out: 1 with INVALID_EVENT .*in the last 10 minutes/)],
    });
    expect(found.samples).toContainEqual(expect.objectContaining({ failureId: 'event-51', parcelId: 5_051 }));
    expect(JSON.stringify(found)).not.toContain('jane.doe');
    expect(Date.parse(found.newestUtc ?? '')).toBeGreaterThan(now - 60_000);
    expect(found.cost.sqsRequests).toBeGreaterThan(0);
    expect(found.cost.dollars).toBeGreaterThan(0);
    expect((await plan(all, new Date(now).toISOString())).plan.warnings).toEqual([]);
    expect((await plan(all, new Date(now - 7_200_000).toISOString())).plan.warnings).toEqual([
      expect.stringMatching(/^the fix is not out: 2 with INVALID_EVENT/),
    ]);
    expect(await drain(deps.sqs, pair.url)).toHaveLength(3);
  });

  test('that may look for no time at all says that it has not seen all, and sets no bound', async () => {
    const { deps, pair } = await open([{ body: scan(53) }]);
    const some = { type: 'STATUS', failureIds: [] };
    const { plan } = await planRedrive(deps, pair.sourceUrl, some, { mostMs: -1 }, never);
    const notLookedAt = ['looked at 0 dead letters, and there may be more'];
    expect(plan).toMatchObject({ count: 0, isMoreThan: true, notLookedAt });
    const ofAll = await planRedrive(deps, pair.sourceUrl, all, { mostMs: -1 }, never);
    // How many there are in all SQS says itself.
    expect(ofAll.plan).toMatchObject({ count: 1, isMoreThan: false, notLookedAt });
  });

  test('is refused where a look would move messages on, and where there are no dead letters', async () => {
    const { pair, sqs, deps } = await open([]);
    const other = await newPair(sqs);
    const { RedrivePolicy = '' } = await attributes(pair.sourceUrl);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: other.url, Attributes: { RedrivePolicy } }));
    const plan = (url: string) => planRedrive(deps, url, all, {}, never);
    await expect(plan(other.sourceUrl)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    await expect(plan(pair.url)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    await expect(plan(`${pair.url}.fifo`)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  });
});

describe.concurrent('a redrive of everything', () => {
  test('moves all to the queue that they came from', async ({ expect }) => {
    const { sqs, pair, deps, plan, left } = await open([]);
    const bodies = Array.from({ length: 25 }, (_, index) => scan(400 + index));
    await put(
      sqs,
      pair.sourceUrl,
      bodies.map((body) => ({ body })),
    );
    const dead = async () => {
      await kill(pair.sourceUrl);
      return (await countsOf(sqs, pair.url)).waiting;
    };
    await expect.poll(dead, { timeout: 10_000 }).toBe(25);
    const planned = await plan(all);
    const result = await runRedrive(deps, planned, strict, uncancelled);
    expect(result).toMatchObject({ outcome: 'done', counts: { redriven: 25 } });
    expect(bodiesOf(await drain(sqs, pair.sourceUrl))).toEqual(bodies.toSorted());
    expect(await left()).toEqual([]);
  });

  test('refuses before it begins when there are more than planned', async () => {
    const { sqs, pair, deps, plan, source } = await open([{ body: scan(61) }]);
    const planned = await plan(all);
    await put(
      sqs,
      pair.url,
      Array.from({ length: 5 }, (_, index) => ({ body: scan(500 + index) })),
    );
    const result = await runRedrive(deps, planned, strict, uncancelled);
    expect(result).toMatchObject({ outcome: 'refused', counts: { redriven: 0 } });
    expect(await source()).toEqual([]);
  });
});
