import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { activityItem } from '@waybill/shared/activity/activity-item.ts';
import { emptyLog, withInterval } from '@waybill/shared/activity/activity-log.ts';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { readStatus, type StatusDependencies } from './read-status.ts';
import { statusShape } from './status-shape.ts';

const engines = useEngines(process.env);
const open = new AbortController().signal;
const settings = { maxQueueMessages: 50_000, leaseMs: 2_000 };

function dependencies(
  feed: string,
  more: { sqs?: SQSClient; dynamodb?: DynamoDBClient; deployment?: { activityTable: string } } = {},
): StatusDependencies {
  const { resources } = engines();
  const { sqs = engines().sqs, dynamodb = engines().dynamodb, deployment } = more;
  return {
    sqs,
    documents: DynamoDBDocumentClient.from(dynamodb),
    checkpoints: dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed }),
    deployment: { ...resources, notificationsTable: undefined, activityTable: undefined, feed, ...deployment },
    clock: systemClock,
    settings,
  };
}

const status = async (deps: StatusDependencies) => statusShape.parse(await readStatus(deps, open));
/** Where nobody listens. */
const away = {
  ...{ endpoint: 'http://127.0.0.1:9', region: 'us-east-1', maxAttempts: 1 },
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();

test('a deployment in which nothing has run yet', async () => {
  const { resources } = engines();
  expect(await status(dependencies('new'))).toEqual({
    asOfUtc: expect.any(String),
    feed: 'new',
    sentence: 'Nothing of new was read yet. No dead letters. Start a poller.',
    toDo: ['Start a poller.'],
    position: null,
    queue: { url: resources.scanQueueUrl, visible: 0, inFlight: 0, delayed: 0, oldestSeconds: null },
    deadLetters: { url: expect.stringContaining('-dlq'), visible: 0, inFlight: 0, delayed: 0, oldestSeconds: null },
    failures: {
      ...{ count: 0, isMoreThan: false, kinds: 0, byReason: {} },
      ...{ firstFailedAtUtc: null, lastFailedAtUtc: null },
    },
    unfinishedNotifications: null,
    activity: null,
    notAsked: [],
    notes: [],
  });
});

test('a poller that has read a feed with gaps, and dead letters of two kinds', async () => {
  const { sqs, dynamodb, resources } = engines();
  const deps = dependencies('gaps');
  const { failuresTable: tableName, checkpointsTable } = resources;
  const store = dynamoDbCheckpointStore({ dynamodb, tableName: checkpointsTable, feed: 'gaps' });
  await store.acquire(undefined, 'a/0');
  const progress = { caughtUpAtUtc: ago(1), newestScanUtc: ago(4), headEventId: 83_275 };
  await store.renew({ token: 1, holder: 'a/0' }, 83_275, { openGaps: '1 1s94.1.0 2.1.0', watermark: 83_271 }, progress);
  const log = dynamoDbFailureLog({ documents: deps.documents, tableName, clock: systemClock });
  for (const n of [1, 2, 3])
    await log.record({
      ...{ failureId: `event-${n}`, reason: n < 3 ? 'STORE_REJECTED' : 'INVALID_EVENT', parcelId: undefined },
      ...{ detail: `what is stored of parcel ${n} is no parcel`, body: '{}' },
    });
  for (const MessageBody of ['1', '2', '3'])
    await sqs.send(new SendMessageCommand({ QueueUrl: resources.deadLetterQueueUrl, MessageBody }));
  await sqs.send(new SendMessageCommand({ QueueUrl: resources.scanQueueUrl, MessageBody: '4' }));
  const patient = { ...deps, settings: { ...settings, leaseMs: 300_000 } };
  const { position, queue, deadLetters, failures, sentence } = await status(patient);
  expect(position).toMatchObject({
    lastEventId: 83_275,
    completeThroughEventId: 83_271,
    headEventId: 83_275,
    openGaps: {
      count: 2,
      first: [
        { from: 83_272, to: 83_272 },
        { from: 83_274, to: 83_274 },
      ],
    },
    lease: { holder: 'a/0', fencingToken: 1, isAlive: true },
  });
  expect(position?.secondsBehind).toBeLessThanOrEqual(60);
  expect(queue).toMatchObject({ visible: 1, inFlight: 0, delayed: 0 });
  expect(deadLetters).toMatchObject({ visible: 3 });
  expect(failures).toMatchObject({ count: 3, kinds: 2, byReason: { STORE_REJECTED: 2, INVALID_EVENT: 1 } });
  expect(sentence).toMatch(
    /^Complete through EventId 83271, \d+ s behind; read to 83275 but for 2 open gaps\. 3 dead letters of 2 kinds\. Nobody works on 1 message in the queue: look whether a processor runs\. Look why: waybill failures groups\.$/,
  );
});

test('a lease tells who lives: by its renewals, where nothing fresh is written; who is silent; who has left it', async () => {
  const { dynamodb, resources } = engines();
  const store = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed: 'lease' });
  await store.acquire(undefined, 'a/0');
  await store.renew({ token: 1, holder: 'a/0' }, 7, undefined, { caughtUpAtUtc: ago(600) });
  const isAlive = async () => (await status(dependencies('lease'))).position?.lease.isAlive;
  const renewing = new AbortController();
  const renewals = (async () => {
    while (!renewing.signal.aborted) {
      await store.renew({ token: 1, holder: 'a/0' }, undefined);
      await systemClock.sleep(300, renewing.signal);
    }
  })();
  expect(await isAlive()).toBe(true);
  renewing.abort();
  await renewals;
  expect(await isAlive()).toBe(false);
  await store.release({ token: 1, holder: 'a/0' });
  expect(await status(dependencies('lease'))).toMatchObject({
    position: { lease: { holder: null, isAlive: null }, secondsBehind: expect.any(Number) },
    toDo: expect.arrayContaining(['No poller has the lease: start one.']),
  });
});

test('an answer that may not wait says that it does not know yet who lives, and the next one goes on from there', async () => {
  const { dynamodb, resources } = engines();
  const store = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed: 'watched' });
  await store.acquire(undefined, 'a/0');
  let ahead = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
  const deps = { ...dependencies('watched'), clock, patience: { partMs: 5_000, watchMs: 10, lease: {} } };
  const isAlive = async () => (await status(deps)).position?.lease.isAlive;
  expect(await status(deps)).toMatchObject({
    position: { lease: { holder: 'a/0', isAlive: null } },
    toDo: expect.arrayContaining([expect.stringContaining('whether the poller lives is not known yet')]),
  });
  ahead = settings.leaseMs / 2;
  expect(await isAlive()).toBe(false);
  await store.renew({ token: 1, holder: 'a/0' }, undefined);
  expect(await isAlive()).toBe(null);
});

test('an answer that may not wait names what did not answer in time', async () => {
  const checkpoints = { read: () => new Promise<undefined>(() => undefined) };
  const patience = { partMs: 50, watchMs: 10, lease: {} };
  const { position, notAsked } = await status({ ...dependencies('new'), checkpoints, patience });
  expect(position).toBeNull();
  expect(notAsked.find(({ part }) => part === 'position')?.why).toContain('no answer within 0.05 s');
});

test('what cannot be asked is named, and the rest is shown', async () => {
  const noSqs = await status(dependencies('new', { sqs: new SQSClient(away) }));
  expect(noSqs).toMatchObject({ queue: null, deadLetters: null, failures: { kinds: expect.any(Number) } });
  expect(noSqs.notAsked.map(({ part }) => part)).toEqual(['deadLetters', 'queue']);
  expect(noSqs.notAsked[0]?.why).toContain('ECONNREFUSED');
  const noDynamoDb = await status(dependencies('new', { dynamodb: new DynamoDBClient(away) }));
  expect(noDynamoDb).toMatchObject({ position: null, failures: null, queue: { visible: expect.any(Number) } });
  expect(noDynamoDb.notAsked.map(({ part }) => part)).toEqual(['failures', 'position']);
});

test('a status that is aborted rejects', async () => {
  await expect(readStatus(dependencies('new'), AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
});

test('what processes wrote of themselves is in the answer, and a deployment without their table has one, too', async () => {
  const { dynamodb, resources } = engines();
  const nowMs = Date.now();
  const failing = { metric: 'waybill.feed.errors', attributes: { error: '503' }, value: 3, times: 3 };
  const log = withInterval(emptyLog('poller', nowMs - 130_000), [failing], nowMs - 5_000);
  const said = { process: 'poller-1', kind: 'poller', version: '1.0.0', startedAtUtc: ago(130) } as const;
  await dynamodb.send(new PutItemCommand({ TableName: resources.activityTable, Item: activityItem(said, log) }));
  const { activityTable } = resources;
  const found = await status(dependencies('new', { deployment: { activityTable } }));
  const { troubles } = found.activity ?? {};
  expect(troubles).toMatchObject([{ what: 'FEED_FAILS', since: new Date(nowMs - 130_000).toISOString() }]);
  expect(found.toDo).toContainEqual(expect.stringMatching(/^The carrier has answered 503 for 2 min: /));
  const old = await status(dependencies('new', { deployment: { activityTable: `${activityTable}-of-no-release` } }));
  expect(old).toMatchObject({ activity: null, notAsked: [] });
});
