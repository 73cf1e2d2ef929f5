/** What the code expects of DynamoDB, on every engine at hand, and where engines differ. */
import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { systemClock } from '@waybill/shared/clock.ts';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { requireKey } from '@waybill/shared/process/table-check.ts';
import { tables } from '@waybill/shared/resources.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anyone, differences, enginesUnderTest } from './engines-under-test.ts';

type Item = Record<string, AttributeValue>;

const N = (value: number): AttributeValue => ({ N: String(value) });
const S = (value: string): AttributeValue => ({ S: value });

describe.for(enginesUnderTest('dynamodb'))('$name', ({ name, open }) => {
  const differs = differences(name);
  const TableName = `t-${randomUUID()}`;
  let engine: Awaited<ReturnType<typeof open>>;
  let dynamodb: DynamoDBClient;
  let keys = 0;

  beforeAll(async () => {
    engine = await open();
    dynamodb = new DynamoDBClient({ ...anyone, endpoint: engine.endpoint, maxAttempts: 1 });
    const { key } = tables.parcels;
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: key.name, AttributeType: key.type }],
        KeySchema: [{ AttributeName: key.name, KeyType: 'HASH' }],
      }),
    );
    await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1 }, { TableName });
  });
  afterAll(() => engine.close());

  /** A parcel that no other test uses. */
  const newKey = (): { parcelId: AttributeValue } => {
    keys += 1;
    return { parcelId: N(keys) };
  };
  const put = (Item: Item) => dynamodb.send(new PutItemCommand({ TableName, Item }));
  const update = (Key: Item, UpdateExpression: string, values: Item, more: Partial<UpdateItemCommandInput> = {}) =>
    dynamodb.send(
      new UpdateItemCommand({ TableName, Key, UpdateExpression, ExpressionAttributeValues: values, ...more }),
    );
  const stored = async (Key: Item): Promise<Item | undefined> =>
    (await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
  const failureOf = (request: Promise<unknown>): Promise<unknown> =>
    request.then(
      () => undefined,
      (error) => error,
    );

  /** Whether a condition holds on the item. */
  async function holds(Key: Item, ConditionExpression: string, values: Item = {}): Promise<boolean> {
    const failure = await failureOf(
      update(Key, 'SET tried = :tried', { ':tried': N(1), ...values }, { ConditionExpression }),
    );
    if (failure && !(failure instanceof ConditionalCheckFailedException)) throw failure;
    return failure === undefined;
  }

  describe('a failed condition', () => {
    test('is named, and shows the stored item or not; the parcels table answers it either way', async () => {
      const key = newKey();
      const item = { ...key, revision: N(1) };
      await put(item);
      const failure = await failureOf(
        update(
          key,
          'SET revision = :two',
          { ':two': N(2) },
          {
            ConditionExpression: 'attribute_not_exists(parcelId)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        ),
      );
      expect(failure).toBeInstanceOf(ConditionalCheckFailedException);
      const old = failure instanceof ConditionalCheckFailedException ? failure.Item : undefined;
      differs('ALL_OLD on a failed condition', old ? 'present' : 'absent');
      if (old) expect(old).toEqual(item);
      expect(await stored(key)).toEqual(item);

      const kept = { historyEvents: 32, retentionDays: 0 };
      const parcels = dynamoDbParcelTable({ ...kept, dynamodb, tableName: TableName, clock: systemClock });
      const scan = {
        ...{
          eventId: 9,
          parcelId: Number(newKey().parcelId.N),
          type: 'PICKUP',
          createdDateTimeUtc: '2021-05-11T21:11:34Z',
        },
        ...{ statusCode: '', runId: '' },
      };
      expect(await parcels.apply(stateOf(scan))).toEqual({ done: true });
      expect(await parcels.apply(stateOf({ ...scan, eventId: 8 }))).toMatchObject({
        done: false,
        stored: { state: stateOf(scan), revision: 1 },
      });
    });

    test('on an item that is not there fails without one', async () => {
      const key = newKey();
      const failure = await failureOf(
        update(
          key,
          'SET revision = :one',
          { ':one': N(1) },
          {
            ConditionExpression: 'revision = :one',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        ),
      );
      expect(failure).toBeInstanceOf(ConditionalCheckFailedException);
      expect(failure).not.toHaveProperty('Item.revision');
      expect(await stored(key)).toBe(undefined);
    });
  });

  describe('a condition', () => {
    test('knows whether an item, or an attribute of it, exists', async () => {
      const [there, missing] = [newKey(), newKey()];
      await put({ ...there, pickupEventId: N(5) });
      expect(await holds(there, 'attribute_not_exists(parcelId)')).toBe(false);
      expect(await holds(there, 'attribute_exists(pickupEventId)')).toBe(true);
      expect(await holds(there, 'attribute_not_exists(deliveryEventId)')).toBe(true);
      expect(await holds(missing, 'attribute_exists(parcelId)')).toBe(false);
      expect(await holds(missing, 'attribute_not_exists(parcelId)')).toBe(true);
    });

    test('compares numbers as numbers, to the last of the safe integers', async () => {
      const key = newKey();
      await put({ ...key, lastEventId: N(9), highest: N(Number.MAX_SAFE_INTEGER) });
      expect(await holds(key, 'lastEventId < :id', { ':id': N(10) })).toBe(true);
      expect(await holds(key, 'lastEventId < :id', { ':id': N(9) })).toBe(false);
      expect(await holds(key, 'highest < :id', { ':id': N(Number.MAX_SAFE_INTEGER) })).toBe(false);
      expect(await holds(key, 'highest > :id', { ':id': N(Number.MAX_SAFE_INTEGER - 1) })).toBe(true);
      expect(await holds(key, 'highest = :id', { ':id': N(Number.MAX_SAFE_INTEGER) })).toBe(true);
      expect((await stored(key))?.['highest']).toEqual({ N: '9007199254740991' });
    });

    test('is false, not an error, where it compares an attribute that is not there', async () => {
      const key = newKey();
      await put(key);
      expect(await holds(key, 'lastEventId < :id', { ':id': N(1) })).toBe(false);
      expect(await holds(key, 'lastEventId = :id', { ':id': N(1) })).toBe(false);
    });

    test('binds AND before OR, which the conditions of the parcels table are written for', async () => {
      const key = newKey();
      await put({ ...key, a: N(1), b: N(0), c: N(0) });
      const values = { ':one': N(1) };
      expect(await holds(key, 'a = :one OR b = :one AND c = :one', values)).toBe(true);
      expect(await holds(key, 'b = :one AND c = :one OR a = :one', values)).toBe(true);
      expect(await holds(key, '(a = :one OR b = :one) AND c = :one', values)).toBe(false);
    });

    test('and the write behind it are one: of many that want the same revision, one gets it', async () => {
      const key = newKey();
      await put({ ...key, revision: N(0) });
      for (let revision = 0; revision < 5; revision += 1) {
        const tries = Array.from({ length: 10 }, () =>
          failureOf(
            update(
              key,
              'SET revision = :next',
              { ':next': N(revision + 1), ':revision': N(revision) },
              {
                ConditionExpression: 'revision = :revision',
              },
            ),
          ),
        );
        const failures = await Promise.all(tries);
        expect(failures.filter((failure) => failure === undefined)).toHaveLength(1);
      }
    });
  });

  describe('an update', () => {
    test('makes an item that is not there and keeps attributes that it does not name', async () => {
      const key = newKey();
      await update(key, 'SET statusCode = :s', { ':s': S('a') });
      await update(key, 'SET ofANewerVersion = :s', { ':s': S('kept') });
      await update(key, 'SET statusCode = :s', { ':s': S('b') });
      expect(await stored(key)).toEqual({ ...key, statusCode: S('b'), ofANewerVersion: S('kept') });
    });

    test('with if_not_exists sets once, and counts from nothing', async () => {
      const key = newKey();
      const expression =
        'SET pickupEventId = if_not_exists(pickupEventId, :id), revision = if_not_exists(revision, :zero) + :one';
      await update(key, expression, { ':id': N(5), ':zero': N(0), ':one': N(1) });
      await update(key, expression, { ':id': N(9), ':zero': N(0), ':one': N(1) });
      expect(await stored(key)).toEqual({ ...key, pickupEventId: N(5), revision: N(2) });
    });

    test('may SET, REMOVE and ADD together, on attributes that are there or not', async () => {
      const key = newKey();
      const expression = 'SET lastEventId = :id REMOVE leaseHolder ADD leaseCounter :one';
      await update(key, expression, { ':id': N(1), ':one': N(1) });
      await update(key, 'SET leaseHolder = :h', { ':h': S('a') });
      await update(key, expression, { ':id': N(2), ':one': N(1) });
      expect(await stored(key)).toEqual({ ...key, lastEventId: N(2), leaseCounter: N(2) });
    });

    test('reports the capacity it consumed, by size or not', async () => {
      const small = await update(newKey(), 'SET d = :d', { ':d': S('x') }, { ReturnConsumedCapacity: 'TOTAL' });
      const large = await update(
        newKey(),
        'SET d = :d',
        { ':d': S('x'.repeat(2_500)) },
        { ReturnConsumedCapacity: 'TOTAL' },
      );
      const [one, three] = [small, large].map((answer) => answer.ConsumedCapacity?.CapacityUnits ?? 0);
      expect(one).toBeGreaterThan(0);
      expect([one, 3]).toContain(three);
      differs('consumed capacity', three === 3 ? 'by size' : `always ${one}`);
    });
  });

  describe('text', () => {
    test.for([
      ['empty', ''],
      ['of characters beyond U+FFFF', '🚚📦'],
      ['of control characters', '\u0000\u0001\u007f'],
      ['of noncharacters', '\ufffe\uffff'],
      ['of 64 KiB', 'x'.repeat(65_536)],
    ] as const)('%s is stored as it is', async ([, text]) => {
      const key = newKey();
      await update(key, 'SET statusCode = :s', { ':s': S(text) });
      expect((await stored(key))?.['statusCode']).toEqual(S(text));
    });

    test('with half of a surrogate pair is kept, changed or refused, and harms nothing else', async () => {
      const [key, neighbour] = [newKey(), newKey()];
      const failure = await failureOf(update(key, 'SET statusCode = :s', { ':s': S('half \ud83d of one') }));
      const kept = failure ? undefined : (await stored(key))?.['statusCode']?.S;
      const taken = kept === 'half \ud83d of one' ? 'kept' : `changed to ${JSON.stringify(kept)}`;
      const way = failure instanceof Error ? `refused (${failure.name})` : taken;
      differs('half of a surrogate pair in an attribute', way);
      await update(neighbour, 'SET statusCode = :s', { ':s': S('whole') });
      expect((await stored(neighbour))?.['statusCode']).toEqual(S('whole'));
    });
  });

  describe('an item that is at fault is told from an engine that is', () => {
    test.for([
      ['is too large', () => update(newKey(), 'SET d = :d', { ':d': S('x'.repeat(410_000)) })],
      ['has a key of another type', () => update({ parcelId: S('5002') }, 'SET d = :d', { ':d': N(1) })],
      ['lacks its key', () => update({ other: N(1) }, 'SET d = :d', { ':d': N(1) })],
      ['has a number beyond 38 digits', () => update(newKey(), 'SET d = :d', { ':d': { N: '1'.repeat(39) } })],
    ] as const)('by a ValidationException where it %s', async ([what, write]) => {
      const failure = await failureOf(write());
      if (failure === undefined) differs(`an item that ${what}`, 'taken');
      else expect(failure).toMatchObject({ name: 'ValidationException' });
    });

    test('by another error where the table does not exist', async () => {
      const failure = await failureOf(update(newKey(), 'SET d = :d', { ':d': N(1) }, { TableName: `no-${TableName}` }));
      expect(failure).toMatchObject({ name: 'ResourceNotFoundException' });
    });
  });

  describe('a table', () => {
    test('is known by its key, and one with another is refused', async () => {
      await requireKey(dynamodb, TableName, tables.parcels);
      await expect(requireKey(dynamodb, TableName, tables.failures)).rejects.toMatchObject({
        code: 'TABLE_MISMATCH',
        message: expect.stringMatching(/has the key parcelId \(N\), expected failureId \(S\)/),
      });
      const sameName = { ...tables.parcels, key: { name: 'parcelId', type: 'S' } } as const;
      await expect(requireKey(dynamodb, TableName, sameName)).rejects.toMatchObject({ code: 'TABLE_MISMATCH' });
    });

    test('that is not there may come yet: its error is the engine’s', async () => {
      const missing = requireKey(dynamodb, `no-${TableName}`, tables.parcels);
      await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    });
  });

  describe('a batch of PartiQL statements', () => {
    type Statement = readonly [text: string, ...parameters: AttributeValue[]];

    /**
     * The outcome of each statement, and the item that a failed one returns; undefined where the engine has no batches.
     */
    async function execute(...statements: Statement[]) {
      const Statements = statements.map(([Statement, ...Parameters]) => ({
        Statement,
        Parameters,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      }));
      const answer = dynamodb.send(new BatchExecuteStatementCommand({ Statements }));
      const failure = await failureOf(answer);
      if (failure instanceof Error && failure.name === 'UnknownOperationException') return undefined;
      return (await answer).Responses?.map(({ Error: error }) => [error?.Code ?? 'done', error?.Item]);
    }
    const update = ({ parcelId }: { parcelId: AttributeValue }, eventId: number): Statement => [
      `UPDATE "${TableName}" SET lastEventId=?, "type"=?, pickupEventId=?, revision=revision+? WHERE parcelId=? AND lastEventId<? AND pickupEventId IS MISSING`,
      ...[N(eventId), S('PICKUP'), N(eventId), N(1), parcelId, N(eventId)],
    ];
    const insert = ({ parcelId }: { parcelId: AttributeValue }, eventId: number): Statement => [
      `INSERT INTO "${TableName}" VALUE {'lastEventId':?, 'revision':?, 'parcelId':?}`,
      ...[N(eventId), N(1), parcelId],
    ];

    test('is done statement by statement, each on its own condition, and a failed one shows the item', async () => {
      const [there, missing, fresh, picked] = [newKey(), newKey(), newKey(), newKey()];
      const item = { lastEventId: N(5), revision: N(7) };
      for (const key of [there, picked]) await put({ ...key, ...item, ...(key === picked && { pickupEventId: N(2) }) });
      const answers = await execute(update(there, 9), update(missing, 9), insert(fresh, 3), update(picked, 9));
      differs('batches of PartiQL statements', answers ? 'yes' : 'no');
      if (!answers) return;
      expect(answers).toEqual([
        ['done', undefined],
        ['ConditionalCheckFailed', undefined],
        ['done', undefined],
        ['ConditionalCheckFailed', { ...picked, ...item, pickupEventId: N(2) }],
      ]);
      expect(await stored(there)).toMatchObject({ lastEventId: N(9), pickupEventId: N(9), revision: N(8) });
      expect(await stored(missing)).toBe(undefined);
    });

    test('refuses to insert what is there, and an item that is at fault, and does the others', async () => {
      const [there, fresh, odd] = [newKey(), newKey(), newKey()];
      await put({ ...there, lastEventId: N(5) });
      await put({ ...odd, lastEventId: N(5), revision: S('none') });
      const wrongKey: Statement = [`INSERT INTO "${TableName}" VALUE {'parcelId':?}`, S('text')];
      const answers = await execute(insert(there, 9), insert(fresh, 9), update(odd, 9), wrongKey);
      if (!answers) return;
      expect(answers.map(([code]) => code)).toEqual(['DuplicateItem', 'done', 'ValidationError', 'ValidationError']);
      expect(await stored(there)).toEqual({ ...there, lastEventId: N(5) });
    });

    test('is refused whole where a parcel stands in it twice, though what comes before may be done', async () => {
      const key = newKey();
      const failure = await failureOf(execute(insert(key, 1), insert(key, 2)));
      if (failure === undefined) return;
      expect(failure).toMatchObject({ name: 'ValidationException' });
      differs('what a refused batch begins with', (await stored(key)) ? 'done all the same' : 'not done');
    });

    test('tells of a table that is not there by another code than of an item at fault', async () => {
      const answers = await execute([`INSERT INTO "no-${TableName}" VALUE {'parcelId':?}`, N(1)]);
      expect(answers?.map(([code]) => code) ?? ['ResourceNotFound']).toEqual(['ResourceNotFound']);
    });
  });

  test('PartiQL works or is an unknown operation', async () => {
    const key = newKey();
    await put({ ...key, revision: N(1) });
    const statement = new ExecuteStatementCommand({
      Statement: `UPDATE "${TableName}" SET revision = ? WHERE parcelId = ? AND revision = ?`,
      Parameters: [N(2), key.parcelId, N(1)],
    });
    const failure = await failureOf(dynamodb.send(statement));
    differs('PartiQL', failure instanceof Error ? `no: ${failure.name}` : 'yes');
    expect((await stored(key))?.['revision']).toEqual(N(failure instanceof Error ? 1 : 2));
  });
});
