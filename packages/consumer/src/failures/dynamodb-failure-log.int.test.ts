import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { unresolvedValue } from '@waybill/shared/failures/failure-record.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../test/engines.ts';
import { dynamoDbFailureLog, keptBodyBytes } from './dynamodb-failure-log.ts';
import type { Failure } from './failure-log.ts';

const engines = useEngines(process.env);

function openLog() {
  const documents = DynamoDBDocumentClient.from(engines().dynamodb);
  const tableName = engines().resources.failuresTable;
  // Far ahead: an engine that honours the TTL deletes a record of years ago in the middle of a test.
  const time = { now: Date.parse('2124-06-01T12:00:00Z') };
  const log = dynamoDbFailureLog({ documents, tableName, clock: { now: () => time.now } });
  const get = async (failureId: string) =>
    (await documents.send(new GetCommand({ TableName: tableName, Key: { failureId }, ConsistentRead: true }))).Item;
  return { log, time, get };
}

const failure = (failureId: string, fields: Partial<Failure> = {}): Failure => ({
  failureId,
  reason: 'INVALID_EVENT',
  detail: 'INVALID_DATE: expected a date',
  body: '{"eventId":1}',
  parcelId: undefined,
  ...fields,
});
const interrupted = (failureId: string) => failure(failureId, { reason: 'REPEATEDLY_INTERRUPTED' });

describe('a failure record', () => {
  test('says why, of what, when first and last and how often, and expires 30 days after the last time', async () => {
    const { log, time, get } = openLog();
    await log.record(failure('event-1'));
    time.now += 60_000;
    await log.record(failure('event-1', { reason: 'STORE_REJECTED', detail: 'too large', body: '{}' }));
    expect(await get('event-1')).toEqual({
      failureId: 'event-1',
      reason: 'STORE_REJECTED',
      detail: 'too large',
      body: '{}',
      firstFailedAtUtc: '2124-06-01T12:00:00.000Z',
      lastFailedAtUtc: '2124-06-01T12:01:00.000Z',
      attempts: 2,
      expiresAt: time.now / 1_000 + 30 * 86_400,
      unresolved: unresolvedValue('STORE_REJECTED', 'event-1'),
    });
  });

  test('is in the index of what is unresolved, under its reason, until it is resolved and when it fails again', async () => {
    const { log, get } = openLog();
    const placed = async (failureId: string) => {
      const { reason, unresolved } = (await get(failureId)) ?? {};
      if (unresolved !== undefined) expect(unresolved).toBe(unresolvedValue(reason, failureId));
      return unresolved?.split('#')[0];
    };
    await log.record(failure('event-9'));
    expect(await placed('event-9')).toBe('INVALID_EVENT');
    await log.record(failure('event-9', { reason: 'STORE_REJECTED' }));
    expect(await placed('event-9')).toBe('STORE_REJECTED');
    await log.resolve('event-9');
    expect(await placed('event-9')).toBeUndefined();
    await log.record(failure('event-9'));
    expect(await placed('event-9')).toBe('INVALID_EVENT');
    await log.recordInterruption(interrupted('event-9'));
    expect(await placed('event-9')).toBe('INVALID_EVENT');
    await log.resolve('event-9');
    await log.recordInterruption(interrupted('event-9'));
    expect(await placed('event-9')).toBe('REPEATEDLY_INTERRUPTED');
    await log.removeInterruption('event-9');
    expect(await get('event-9')).toBeUndefined();
  });

  test('names the parcel of the element, the last one that was known', async () => {
    const { log, get } = openLog();
    await log.record(failure('event-7'));
    expect(await get('event-7')).not.toHaveProperty('parcelId');
    await log.record(failure('event-7', { parcelId: 5002 }));
    expect(await get('event-7')).toMatchObject({ parcelId: 5002, attempts: 2 });
    await log.record(failure('event-7', { reason: 'BODY_CORRUPTED' }));
    expect(await get('event-7')).toMatchObject({ reason: 'BODY_CORRUPTED', parcelId: 5002, attempts: 3 });
    await log.record(failure('event-7', { parcelId: Number.MAX_SAFE_INTEGER }));
    expect(await get('event-7')).toMatchObject({ parcelId: 9_007_199_254_740_991 });
    await log.recordInterruption(failure('event-8', { reason: 'REPEATEDLY_INTERRUPTED', parcelId: 6 }));
    await log.resolve('event-8');
    expect(await get('event-8')).toMatchObject({ parcelId: 6, resolvedAtUtc: '2124-06-01T12:00:00.000Z' });
  });

  test('is resolved once, no longer when it fails again, and only where there is one', async () => {
    const { log, time, get } = openLog();
    await log.resolve('event-2');
    expect(await get('event-2')).toBeUndefined();
    await log.record(failure('event-2'));
    await log.resolve('event-2');
    time.now += 1_000;
    await log.resolve('event-2');
    expect(await get('event-2')).toMatchObject({ resolvedAtUtc: '2124-06-01T12:00:00.000Z', attempts: 1 });
    await log.record(failure('event-2'));
    expect(await get('event-2')).not.toHaveProperty('resolvedAtUtc');
    expect(await get('event-2')).toMatchObject({ attempts: 2 });
  });

  test.each([
    ['ASCII', '{"note":"x"}'],
    ['quotes and backslashes', '\\"'],
    ['characters of four bytes', '📦'],
  ])('keeps 64 KiB of a body of %s, and says what was cut', async (name, piece) => {
    const { log, get } = openLog();
    const body = piece.repeat(70_000);
    await log.record(failure(`event-cut ${name}`, { body }));
    const kept: string = (await get(`event-cut ${name}`))?.['body'];
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(keptBodyBytes);
    const [beginning = '', mark] = kept.split(' … ');
    expect(mark).toBe(`cut, ${body.length} characters in all`);
    // At worst half a pair at the end.
    expect(body.startsWith(beginning.slice(0, -1))).toBe(true);
    expect(beginning.length).toBeGreaterThan(10_000);
  });

  test('keeps a body of exactly 64 KiB whole', async () => {
    const { log, get } = openLog();
    const body = 'x'.repeat(65_536);
    await log.record(failure('event-3', { body }));
    expect((await get('event-3'))?.['body']).toBe(body);
  });
});

describe('the record of a last allowed receive', () => {
  test('is written, counted and removed', async () => {
    const { log, get } = openLog();
    await log.recordInterruption(interrupted('event-4'));
    await log.recordInterruption(interrupted('event-4'));
    expect(await get('event-4')).toMatchObject({ reason: 'REPEATEDLY_INTERRUPTED', attempts: 2 });
    await log.removeInterruption('event-4');
    expect(await get('event-4')).toBeUndefined();
    await log.removeInterruption('event-4');
  });

  test('does not take the place of a reason that is known, nor is that one removed', async () => {
    const { log, get } = openLog();
    await log.record(failure('event-5'));
    await log.recordInterruption(interrupted('event-5'));
    expect(await get('event-5')).toMatchObject({ reason: 'INVALID_EVENT', attempts: 1 });
    await log.removeInterruption('event-5');
    expect(await get('event-5')).toBeDefined();
  });

  test('gives way to the reason that was found, and follows one that is resolved', async () => {
    const { log, get } = openLog();
    await log.recordInterruption(interrupted('event-6'));
    await log.record(failure('event-6'));
    await log.removeInterruption('event-6');
    expect(await get('event-6')).toMatchObject({ reason: 'INVALID_EVENT' });
    await log.resolve('event-6');
    await log.recordInterruption(interrupted('event-6'));
    expect(await get('event-6')).toMatchObject({ reason: 'REPEATEDLY_INTERRUPTED' });
    expect(await get('event-6')).not.toHaveProperty('resolvedAtUtc');
  });
});
