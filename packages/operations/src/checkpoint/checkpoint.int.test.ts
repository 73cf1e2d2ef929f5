import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { encodeGaps } from '@waybill/shared/checkpoint/stored-gaps.ts';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { type Placed, scans } from '../../../poller/test/memory-feed.ts';
import { rig } from '../../../poller/test/poller-rig.ts';
import { planShape } from '../record/operation-shape.ts';
import { checkpointShape, listCheckpoints, readCheckpoint } from './read-checkpoint.ts';
import { planCheckpointSet, runCheckpointSet } from './set-checkpoint.ts';

const engines = useEngines(process.env);
const pace = { limit: 100, requestsPerSecond: 10, messageMaxBytes: 61_440 };

function open(feed: string) {
  const { dynamodb, resources } = engines();
  const documents = DynamoDBDocumentClient.from(dynamodb);
  const { checkpointsTable } = resources;
  const deps = { documents, deployment: { checkpointsTable } };
  const item = async () =>
    (await documents.send(new GetCommand({ TableName: checkpointsTable, Key: { feed }, ConsistentRead: true }))).Item;
  const put = (fields: Record<string, unknown>) =>
    documents.send(new PutCommand({ TableName: checkpointsTable, Item: { feed, ...fields } }));
  const plan = (lastEventId: number) => planCheckpointSet(deps, { feed, lastEventId }, pace);
  const store = dynamoDbCheckpointStore({ dynamodb, tableName: checkpointsTable, feed });
  return {
    deps,
    item,
    put,
    plan,
    store,
    set: async (lastEventId: number) => runCheckpointSet(deps, await plan(lastEventId)),
  };
}

const gaps = encodeGaps(
  [
    { from: 3, to: 5, seenAt: -60_000 },
    { from: 90, to: 90, seenAt: 0 },
  ],
  0,
  1_000,
);

describe('a checkpoint', () => {
  test('is shown with its gaps and with what only some releases write', async () => {
    const { deps, put } = open('shown');
    await put({
      lastEventId: 100,
      fencingToken: 7,
      leaseCounter: 40,
      leaseHolder: 'a/0',
      openGaps: gaps,
      watermark: 2,
    });
    const shown = checkpointShape.parse(await readCheckpoint(deps, 'shown'));
    expect(shown).toEqual({
      feed: 'shown',
      lastEventId: 100,
      watermark: 2,
      fencingToken: 7,
      leaseHolder: 'a/0',
      leaseCounter: 40,
      openGaps: {
        count: 2,
        first: [
          { from: 3, to: 5, ageSeconds: 60, isMark: false },
          { from: 90, to: 90, ageSeconds: 0, isMark: false },
        ],
      },
      caughtUpAtUtc: null,
      newestScanUtc: null,
      headEventId: null,
    });
    await put({
      caughtUpAtUtc: '2026-11-28T22:15:30.000Z',
      headEventId: 7,
      newestScanUtc: 5,
      openGaps: 'of another release',
    });
    expect(checkpointShape.parse(await readCheckpoint(deps, 'shown'))).toMatchObject({
      lastEventId: null,
      fencingToken: 0,
      openGaps: null,
      caughtUpAtUtc: '2026-11-28T22:15:30.000Z',
      newestScanUtc: null,
      headEventId: 7,
    });
    expect(await readCheckpoint(deps, 'nobody')).toBeUndefined();
    expect((await listCheckpoints(deps)).map(({ feed }) => feed)).toContain('shown');
  });

  test('that is set equals one that was reset by hand: position, no holder, no watermark, gaps kept, token raised', async () => {
    const { plan, deps, put, item } = open('by-hand');
    await put({
      lastEventId: 100,
      fencingToken: 7,
      leaseCounter: 40,
      leaseHolder: 'a/0',
      openGaps: gaps,
      watermark: 2,
      other: 'x',
    });
    const planned = await plan(50);
    expect(planShape.parse(planned.plan)).toMatchObject({
      samples: [{ feed: 'by-hand', oldLastEventId: 100, newLastEventId: 50 }],
      count: 50,
      byReason: { 'read again': 50 },
      cost: { writeUnits: 51 },
    });
    expect(await runCheckpointSet(deps, planned)).toEqual({
      outcome: 'done',
      counts: { 'read again': 50 },
      problems: [],
    });
    expect(await item()).toEqual({
      ...{ feed: 'by-hand', lastEventId: 50, fencingToken: 8, leaseCounter: 41, openGaps: gaps, other: 'x' },
    });
  });

  test('that is set forward skips ids, and the plan says how many and how to read them', async () => {
    const { plan, put } = open('forward');
    await put({ lastEventId: 100, fencingToken: 7, headEventId: 120 });
    expect((await plan(150)).plan).toMatchObject({
      count: 50,
      byReason: { skipped: 50 },
      cost: { sqsRequests: 0, writeUnits: 1 },
      warnings: [
        'SKIPS up to 50 EventIds, 101 to 150: no poller reads them any more. To read them: waybill replay --from 101 --to 150',
        'the feed has shown no EventId above 120: until it does, nothing is read',
      ],
    });
  });

  test('of a feed that has none is made, and the plan names the feeds that have one', async () => {
    const { plan, deps, item } = open('new');
    await open('known').put({ lastEventId: 1 });
    const planned = await plan(0);
    expect(planned.plan.warnings[0]).toMatch(/^feed new has no checkpoint: .* The table has .*known/);
    expect(await runCheckpointSet(deps, planned)).toMatchObject({ outcome: 'done' });
    expect(await item()).toEqual({ feed: 'new', lastEventId: 0, fencingToken: 1, leaseCounter: 1 });
    expect(await runCheckpointSet(deps, planned)).toMatchObject({ outcome: 'done' });
    expect(await item()).toMatchObject({ fencingToken: 1 });
  });

  test.each([
    ['set by another operator', async (feed: string) => void (await open(feed).set(7))],
    [
      'taken over by a poller',
      async (feed: string) => {
        const { store } = open(feed);
        await store.acquire(await store.read(), 'b/0');
      },
    ],
  ])('that was %s since it was seen is not set', async (name, meanwhile) => {
    const feed = name.replaceAll(' ', '-');
    const { plan, deps, put, item } = open(feed);
    // Without a token, as a person may have written it.
    await put({ lastEventId: 100 });
    const planned = await plan(50);
    await meanwhile(feed);
    const { outcome, problems } = await runCheckpointSet(deps, planned);
    expect({ outcome, problems }).toEqual({
      outcome: 'refused',
      problems: [
        `the checkpoint of ${feed} was taken over or set meanwhile (its fencing token is 1, not 0): nothing was changed`,
      ],
    });
    expect((await item())?.['lastEventId']).not.toBe(50);
  });

  test('is set while its holder moves it on', async () => {
    const { plan, deps, store, item } = open('moving');
    await store.acquire(undefined, 'a/0');
    const planned = await plan(5);
    await store.renew({ token: 1, holder: 'a/0' }, 90);
    expect(await runCheckpointSet(deps, planned)).toMatchObject({ outcome: 'done' });
    expect(await store.renew({ token: 1, holder: 'a/0' }, 91)).toBe('fenced');
    expect(await item()).toMatchObject({ lastEventId: 5, fencingToken: 2 });
  });
});

test('a poller that runs is fenced, and reads anew from where the checkpoint was set, back and forward', async () => {
  const { store, set } = open('running');
  const placed: Placed[] = scans(1, 40);
  const {
    queue,
    feed,
    lines,
    open: start,
  } = rig(placed, {
    ...{ feed: 'running', leaseMs: 3_000, pollIntervalMs: 50 },
    deps: { checkpoints: store },
  });
  const service = start();
  onTestFinished(() => service.stop());
  service.start();
  const sentOf = (id: number) => queue.eventIds.filter((each) => each === id).length;
  const patience = { timeout: 20_000, interval: 20 };
  await vi.waitFor(async () => expect(await store.read()).toMatchObject({ lastEventId: 40 }), patience);

  expect(await set(10)).toMatchObject({ outcome: 'done' });
  await vi.waitFor(() => expect(sentOf(11)).toBe(2), patience);
  expect(sentOf(9)).toBe(1);
  await vi.waitFor(async () => expect(await store.read()).toMatchObject({ lastEventId: 40, token: 3 }), patience);
  expect(lines.map(({ msg }) => msg)).toContain('lease lost, standing by');

  expect(await set(60)).toMatchObject({ outcome: 'done' });
  await vi.waitFor(async () => expect((await store.read())?.token).toBe(5), patience);
  feed.placed = scans(1, 70);
  await vi.waitFor(() => expect(sentOf(70)).toBe(1), patience);
  expect([sentOf(50), sentOf(61)]).toEqual([0, 1]);
});
