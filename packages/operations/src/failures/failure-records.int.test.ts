import { type BatchGetCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import { failureRecords } from './failure-records.ts';

const engines = useEngines(process.env);
const { signal } = new AbortController();
const now = Date.parse('2124-06-01T12:00:00Z');

function open(documents = DynamoDBDocumentClient.from(engines().dynamodb)) {
  const { failuresTable } = engines().resources;
  const log = dynamoDbFailureLog({ documents, tableName: failuresTable, clock: { now: () => now } });
  const deps = { documents, deployment: { failuresTable }, clock: instantClock(), random: () => 0.5 };
  return { log, deps };
}

const failure = (failureId: string, parcelId?: number) => ({
  ...{ failureId, parcelId, reason: 'INVALID_EVENT', detail: 'Type: expected a text', body: '{"secret":"a person"}' },
});

describe('failure records by their ids', () => {
  test('are read in more than one batch, each once, without bodies; an id without a record is left out', async () => {
    const { log, deps } = open();
    const ids = Array.from({ length: 105 }, (_, index) => `event-${index}`);
    await Promise.all(ids.map((id, index) => log.record(failure(id, index === 0 ? 5002 : undefined))));
    await log.resolve('event-1');
    const records = await failureRecords(deps, [...ids, 'event-0', 'no-such-id'], signal);
    expect([...records.keys()].toSorted()).toEqual(ids.toSorted());
    expect(records.get('event-0')).toEqual({
      failureId: 'event-0',
      reason: 'INVALID_EVENT',
      detail: 'Type: expected a text',
      attempts: 1,
      parcelId: 5002,
      firstFailedAtUtc: '2124-06-01T12:00:00.000Z',
      lastFailedAtUtc: '2124-06-01T12:00:00.000Z',
      resolvedAtUtc: null,
      expiresAtUtc: '2124-07-01T12:00:00.000Z',
    });
    expect(records.get('event-1')).toMatchObject({ parcelId: null, resolvedAtUtc: '2124-06-01T12:00:00.000Z' });
  });

  test('that an answer leaves out are asked for again, after a pause', async () => {
    const { log, deps } = open();
    await Promise.all([log.record(failure('event-a')), log.record(failure('event-b'))]);
    const { documents } = deps;
    const { failuresTable } = deps.deployment;
    let requests = 0;
    const halves = Object.assign(Object.create(documents), {
      // As DynamoDB does when an answer would be too large: it reads one key and returns the others.
      send: async (command: BatchGetCommand) => {
        requests += 1;
        const asked = command.input.RequestItems?.[failuresTable];
        const [first, ...others] = asked?.Keys ?? [];
        if (asked && first) asked.Keys = [first];
        const answer = await documents.send(command);
        return { ...answer, UnprocessedKeys: { [failuresTable]: { Keys: others } } };
      },
    });
    const records = await failureRecords({ ...deps, documents: halves }, ['event-a', 'event-b'], signal);
    expect([...records.keys()]).toEqual(['event-a', 'event-b']);
    expect(requests).toBe(2);
    expect(deps.clock.sleeps).toHaveLength(1);
  });

  test('none are asked for without a request', async () => {
    const { deps } = open();
    const documents = Object.assign(Object.create(deps.documents), { send: () => expect.unreachable() });
    expect(await failureRecords({ ...deps, documents }, [], signal)).toEqual(new Map());
  });
});
