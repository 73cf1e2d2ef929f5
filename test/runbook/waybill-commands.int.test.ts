import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { countsOf } from '@waybill/operations/dead-letters/dead-letter-queue.ts';
import { writeParcel } from '@waybill/processor/parcels/write-parcel.ts';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { packUnparsed } from '@waybill/shared/domain/pack.ts';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EngineProxy } from '../../bench/src/counting/engine-proxy.ts';
import { useCommandLine } from '../../packages/cli/test/cli-rig.ts';
import { newPair, type Pair, put } from '../../packages/operations/test/dead-letter-rig.ts';
import {
  feedElement,
  feedWith,
  idRange,
  type ScriptedFeed,
  startScriptedFeed,
} from '../../packages/operations/test/scripted-feed.ts';
import { keptOnTrial, scan } from '../../packages/processor/test/processor-rig.ts';
import { recordCalls } from '../grants/engine-calls.ts';
import { actFlags, commandOf } from './waybill-command-of.ts';
import { waybillLines } from './waybill-lines.ts';

/** Commands that cannot be run here, and why. */
const notRun: Readonly<Record<string, string>> = {};

/** Acts that find nothing to do here, and why: they leave no record. */
const nothingToDo: Readonly<Record<string, string>> = {
  '--older-than': 'messages of a test are not two hours old',
  reindex: 'parcels of this release have what the index needs',
  announce: 'no parcel of a test was delivered in those days',
};

/** Pauses between the requests of a check take no time; time limits do. */
const hurried = {
  ...systemClock,
  sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(ms < 900 ? 0 : ms, signal),
};

const { engines, env, run } = useCommandLine(process.env);
let feed: ScriptedFeed;
let queue: EngineProxy;
let pair: Pair;

beforeAll(async () => {
  // The ids of the runbook's examples.
  feed = await startScriptedFeed(feedWith({ ids: idRange(83_000, 84_300) }));
  // No long poll is waited for behind it.
  queue = await recordCalls((await env())['AWS_ENDPOINT_URL_SQS'] ?? '', 'sqs', () => undefined);
});
afterAll(() => Promise.all([feed.stop(), queue.stop()]));

/** A deployment in which something has failed and a wrong event pins a parcel, by the ids of the runbook's examples. */
beforeEach(async () => {
  const { sqs, dynamodb, resources } = engines();
  const documents = DynamoDBDocumentClient.from(dynamodb);
  const store = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed: 'scan-events' });
  const stored = await store.read();
  await store.acquire(stored, 'poller-1');
  await store.renew({ token: (stored?.token ?? 0) + 1, holder: 'poller-1' }, 84_300, { watermark: 84_300 });
  const parcels = dynamoDbParcelTable({
    dynamodb,
    tableName: resources.parcelsTable,
    ...keptOnTrial,
    clock: systemClock,
  });
  for (const eventId of [83_269, 99_999_999]) await writeParcel(parcels, stateOf(scan(eventId, { parcelId: 5_002 })));
  const body = packUnparsed({ ...feedElement(83_269, { CreatedDateTimeUtc: 'noon' }), User: { UserId: 'jane.doe' } });
  const failures = dynamoDbFailureLog({ documents, tableName: resources.failuresTable, clock: systemClock });
  await failures.record({
    failureId: 'event-83269',
    reason: 'INVALID_EVENT',
    detail: 'INVALID_DATE: expected a date',
    body,
    parcelId: 5_002,
  });
  pair = await newPair(sqs);
  await deadLetter(pair, body);
});

/** Lets the redrive policy move a message: a move task moves back no other. */
async function deadLetter({ sourceUrl, url }: Pair, body: string): Promise<void> {
  const { sqs } = engines();
  await put(sqs, sourceUrl, [{ body }]);
  await expect
    .poll(
      async () => {
        await sqs.send(new ReceiveMessageCommand({ QueueUrl: sourceUrl, VisibilityTimeout: 0 }));
        return (await countsOf(sqs, url)).waiting;
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBe(1);
}

const lines = waybillLines();

describe('a waybill command of the runbook', () => {
  test.each(lines.filter(({ line }) => notRun[line] === undefined))('$line', async ({ args }) => {
    const command = commandOf(args);
    const isAct = command?.isAct === true && !args.includes('--dry-run');
    const { announcementQueueUrl, notificationsTable } = engines().resources;
    // Of the two queues with dead letters one is filled here.
    const queueUrl = args[0] === 'dlq' ? pair.sourceUrl : announcementQueueUrl;
    const given = args.map((each) => (each === '$QUEUE' ? queueUrl : each));
    const ran = await run([...given, ...actFlags(isAct, args)], {
      env: {
        SCAN_API_URL: feed.url,
        AWS_ENDPOINT_URL_SQS: queue.endpoint,
        SCAN_QUEUE_URL: pair.sourceUrl,
        NOTIFICATIONS_TABLE: notificationsTable,
      },
      typed: args[0] === 'erase' ? ['jane.doe'] : [],
      ...(args[0] === 'feed' && { clock: hurried }),
    });
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    if (!isAct || Object.keys(nothingToDo).some((word) => args.includes(word))) return;
    // Ids of one second have no order: the act need not be the first.
    const { stdout } = await run(['operations', 'list', '--json']);
    const records: unknown[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const because = args[args.indexOf('--because') + 1];
    expect(records).toContainEqual(expect.objectContaining({ outcome: 'done', because }));
  });

  test('is in no list of those that cannot be run unless it is in the runbook', () => {
    expect(Object.keys(notRun).filter((line) => !lines.some((each) => each.line === line))).toEqual([]);
  });
});
