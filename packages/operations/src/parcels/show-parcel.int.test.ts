import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { unresolvedValue } from '@waybill/shared/failures/failure-record.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { scan } from '../../../processor/test/processor-rig.ts';
import { putItems, storeParcels, tableOf } from '../../test/parcels-rig.ts';
import { parcelAnswerShape, showParcel } from './show-parcel.ts';

const engines = useEngines(process.env);
const nowMs = Date.parse('2026-11-28T22:15:30Z');
const never = new AbortController().signal;

function question(fields: { notificationsTable?: string; failuresTable?: string } = {}) {
  const { dynamodb, resources } = engines();
  const deployment = { ...resources, feed: 'scan-events', notificationsTable: undefined, ...fields };
  return { dynamodb, deployment, clock: { now: () => nowMs }, mapping: new Map() };
}

const failure = (number: number, parcelId: number, fields = {}) => {
  const failureId = `event-${number}`;
  return {
    failureId: { S: failureId },
    reason: { S: 'INVALID_EVENT' },
    detail: { S: 'INVALID_DATE: expected a date' },
    body: { S: '{"User":{"UserId":"PER-1"}}' },
    attempts: { N: '3' },
    firstFailedAtUtc: { S: '2026-11-28T20:00:00.000Z' },
    lastFailedAtUtc: { S: new Date(nowMs + number).toISOString() },
    parcelId: { N: String(parcelId) },
    unresolved: { S: unresolvedValue('INVALID_EVENT', failureId) },
    ...fields,
  };
};

const of = (parcelId: number, eventId: number, type = 'STATUS') => stateOf(scan(eventId, { parcelId, type }));

describe('a parcel', () => {
  test('comes with what is known beside it: how far the feed is there, failures without bodies, notifications', async () => {
    const { dynamodb, resources } = engines();
    const notificationsTable = await tableOf(dynamodb, tables.notifications);
    await storeParcels(
      dynamodb,
      resources.parcelsTable,
      [merge(of(5002, 1, 'PICKUP'), of(5002, 2, 'DELIVERY'))],
      nowMs,
    );
    await putItems(dynamodb, resources.checkpointsTable, [
      { feed: { S: 'scan-events' }, lastEventId: { N: '12' }, watermark: { N: '9' } },
    ]);
    const resolved = { unresolved: { S: 'x' }, resolvedAtUtc: { S: '2026-11-28T21:00:00.000Z' } };
    await putItems(dynamodb, resources.failuresTable, [
      failure(11, 5002),
      failure(12, 5002),
      failure(13, 5003),
      failure(14, 5002, resolved),
    ]);
    await putItems(dynamodb, notificationsTable, [
      {
        notificationId: { S: 'delivery-5002' },
        state: { S: 'notified' },
        parcelId: { N: '5002' },
        milestone: { S: 'delivery' },
        attempts: { N: '1' },
        notifiedCount: { N: '1' },
      },
    ]);
    const answer = parcelAnswerShape.parse(await showParcel(question({ notificationsTable }), 5002, never));
    expect(answer).toMatchObject({
      parcelId: 5002,
      stage: 'delivered',
      pickup: { eventId: 1 },
      delivery: { eventId: 2 },
      revision: 1,
      completeThroughEventId: 9,
      asOfUtc: '2026-11-28T22:15:30.000Z',
      notifications: [{ notificationId: 'delivery-5002', state: 'notified' }],
      notLookedAt: [],
    });
    expect(answer.failures.map(({ failureId }) => failureId)).toEqual(['event-12', 'event-11']);
    expect(JSON.stringify(answer)).not.toContain('PER-1');
  });

  test('that is not stored is an error that says how far the feed is there, and where to look', async () => {
    const { dynamodb, resources } = engines();
    await putItems(dynamodb, resources.failuresTable, [failure(21, 6001)]);
    await expect(showParcel(question(), 6001, never)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { parcelId: 6001, failures: 1, next: 'waybill failures list --parcel 6001' },
    });
    await expect(showParcel(question(), 6002, never)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('parcel 6002 is not stored'),
      details: { failures: 0, next: expect.stringContaining('waybill replay') },
    });
  });

  test('whose item is not a parcel is an error that names what is wrong with it', async () => {
    const { dynamodb, resources } = engines();
    await dynamodb.send(new PutItemCommand({ TableName: resources.parcelsTable, Item: { parcelId: { N: '6003' } } }));
    await expect(showParcel(question(), 6003, never)).rejects.toMatchObject({
      code: 'STORE_REJECTED',
      message: expect.stringContaining('6003'),
    });
  });

  test('without an index of failures is looked for in their table, and the answer says so', async () => {
    const { dynamodb, resources } = engines();
    const { name, key } = tables.failures;
    const failuresTable = await tableOf(dynamodb, { name, key });
    await putItems(dynamodb, failuresTable, [
      failure(31, 7001),
      failure(32, 7001, { resolvedAtUtc: { S: '2026-11-28T21:00:00.000Z' } }),
    ]);
    await storeParcels(dynamodb, resources.parcelsTable, [of(7001, 1)], nowMs);
    const notificationsTable = `${failuresTable}-not-there`;
    const answer = await showParcel(question({ failuresTable, notificationsTable }), 7001, never);
    expect(answer.failures.map(({ failureId }) => failureId)).toEqual(['event-31']);
    const notes = [expect.stringContaining('the index unresolved'), expect.stringContaining(notificationsTable)];
    expect(answer.notLookedAt).toEqual(notes);
    expect(answer.notifications).toEqual([]);
  });
});
