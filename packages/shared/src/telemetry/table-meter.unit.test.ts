import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, onTestFinished, test } from 'vitest';
import { measured } from '../../../poller/test/observed.ts';
import { type AwsCall, awsJsonService } from '../../test/local-service.ts';
import { prices } from '../prices.ts';
import { meterTables } from './table-meter.ts';

const connection = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};

async function dynamoDbThat(answer: (call: AwsCall) => object, { maxAttempts = 1 } = {}) {
  const { url, calls } = await awsJsonService(answer);
  const dynamodb = new DynamoDBClient({ ...connection, maxAttempts, endpoint: url });
  onTestFinished(() => dynamodb.destroy());
  const { metrics, value } = measured();
  meterTables(dynamodb, {
    metrics,
    tables: { 'parcels-of-somebody': 'parcels' },
    statements: {
      table: 'parcels',
      unitsSpent: (statements, responses) => 100 * statements.length + responses.length,
    },
  });
  return { dynamodb, calls, value };
}

const table = { TableName: 'parcels-of-somebody', Key: { parcelId: { N: '1' } } };

describe('a read', () => {
  test('is asked for what it consumed, and that is counted', async () => {
    const answer = { Item: { parcelId: { N: '1' } }, ConsumedCapacity: { TableName: 'x', CapacityUnits: 0.5 } };
    const { dynamodb, calls, value } = await dynamoDbThat(() => answer);
    const { Item } = await dynamodb.send(new GetItemCommand(table));
    expect(Item).toEqual(answer.Item);
    expect(calls[0]?.input).toMatchObject({ ...table, ReturnConsumedCapacity: 'TOTAL' });
    expect(value('waybill.store.read_units{parcels}')).toBe(0.5);
    expect(value('waybill.cost.spent{DynamoDB}')).toBe(0.5 * prices.readUnit.usd);
    expect(value('waybill.store.writes')).toBeUndefined();
  });

  test('of many keys at once counts for their table', async () => {
    const consumed = [{ TableName: 'parcels-of-somebody', CapacityUnits: 7 }];
    const { dynamodb, value } = await dynamoDbThat(() => ({ Responses: {}, ConsumedCapacity: consumed }));
    const keys = { Keys: [{ parcelId: { N: '1' } }, { parcelId: { N: '2' } }] };
    await dynamodb.send(new BatchGetItemCommand({ RequestItems: { 'parcels-of-somebody': keys } }));
    expect(value('waybill.store.read_units{parcels}')).toBe(7);
  });

  test('of a table that nobody named counts all the same', async () => {
    const { dynamodb, value } = await dynamoDbThat(() => ({ ConsumedCapacity: { CapacityUnits: 1 } }));
    await dynamodb.send(new GetItemCommand({ ...table, TableName: 'another' }));
    expect(value('waybill.store.read_units{other}')).toBe(1);
  });
});

describe('a write', () => {
  test.for([
    new UpdateItemCommand(table),
    new DeleteItemCommand(table),
    new PutItemCommand({ TableName: table.TableName, Item: table.Key }),
  ])('counts as a request and by what it consumed: %o', async (command) => {
    const { dynamodb, calls, value } = await dynamoDbThat(() => ({ ConsumedCapacity: { CapacityUnits: 2 } }));
    // Each of the three is sent alike; their union has no one signature.
    await dynamodb.send(command as UpdateItemCommand);
    expect(calls[0]?.input).toMatchObject({ ReturnConsumedCapacity: 'TOTAL' });
    expect(value('waybill.store.writes{parcels}')).toBe(1);
    expect(value('waybill.store.write_units{parcels}')).toBe(2);
    expect(value('waybill.store.read_units')).toBeUndefined();
  });

  test('whose condition fails is billed as a unit, one that fails otherwise is not', async () => {
    const failures = ['ConditionalCheckFailedException', 'ProvisionedThroughputExceededException'];
    const { dynamodb, value } = await dynamoDbThat(() => ({ __type: failures.shift() }));
    for (const name of [...failures]) {
      await expect(dynamodb.send(new UpdateItemCommand(table))).rejects.toMatchObject({ name });
    }
    expect(value('waybill.store.writes{parcels}')).toBe(2);
    expect(value('waybill.store.write_units{parcels}')).toBe(1);
  });
});

describe('a batch of statements', () => {
  const Statements = ['UPDATE a', 'UPDATE b', 'UPDATE c'].map((Statement) => ({ Statement }));
  const batch = () => new BatchExecuteStatementCommand({ Statements });

  test('counts as one request, by its statements and by what it consumed in all', async () => {
    const ConsumedCapacity = [{ CapacityUnits: 3 }, { CapacityUnits: 1 }];
    const { dynamodb, value } = await dynamoDbThat(() => ({ Responses: [{}, {}, {}], ConsumedCapacity }));
    await dynamodb.send(batch());
    expect(value('waybill.store.writes{parcels}')).toBe(1);
    expect(value('waybill.store.statements')).toBe(3);
    expect(value('waybill.store.write_units{parcels}')).toBe(4);
  });

  test.for([{}, { ConsumedCapacity: [] }])('counts by its statements where the engine reports %o', async (reported) => {
    const { dynamodb, value } = await dynamoDbThat(() => ({ Responses: [{}, {}], ...reported }));
    await dynamodb.send(batch());
    expect(value('waybill.store.write_units{parcels}')).toBe(302);
  });

  test('that fails as a whole has consumed nothing', async () => {
    const { dynamodb, value } = await dynamoDbThat(() => ({ __type: 'ThrottlingException' }));
    await expect(dynamodb.send(batch())).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(value('waybill.store.writes{parcels}')).toBe(1);
    expect(value('waybill.store.statements')).toBe(3);
    expect(value('waybill.store.write_units')).toBeUndefined();
  });

  test('that only asks what the engine takes is not counted', async () => {
    const { dynamodb, calls, value } = await dynamoDbThat(() => ({ Responses: [{}] }));
    await dynamodb.send(new BatchExecuteStatementCommand({ Statements, ReturnConsumedCapacity: 'NONE' }));
    expect(calls[0]?.input).toMatchObject({ ReturnConsumedCapacity: 'NONE' });
    for (const name of ['writes', 'statements', 'write_units']) expect(value(`waybill.store.${name}`)).toBeUndefined();
  });
});

describe('throttling', () => {
  const throttles = 'waybill.store.throttles{parcels}';

  test('is counted at each attempt, also where another attempt heals it', async () => {
    const answers: object[] = [{ __type: 'ThrottlingException' }, { __type: 'RequestLimitExceeded' }, {}];
    const { dynamodb, value } = await dynamoDbThat(() => answers.shift() ?? {}, { maxAttempts: 3 });
    await dynamodb.send(new UpdateItemCommand(table));
    expect(value(throttles)).toBe(2);
    expect(value('waybill.store.writes{parcels}')).toBe(1);
  });

  test('of a read counts for its table, and no other error does', async () => {
    const failures = [
      'ProvisionedThroughputExceededException',
      'ConditionalCheckFailedException',
      'ValidationException',
    ];
    const { dynamodb, value } = await dynamoDbThat(() => ({ __type: failures.shift() }));
    for (const name of [...failures])
      await expect(dynamodb.send(new GetItemCommand(table))).rejects.toMatchObject({ name });
    expect(value(throttles)).toBe(1);
  });

  test('of some statements of a batch counts each of them', async () => {
    const codes = ['ThrottlingError', 'ProvisionedThroughputExceeded', 'ConditionalCheckFailed'];
    const Responses = [{}, ...codes.map((Code) => ({ Error: { Code } }))];
    const { dynamodb, value } = await dynamoDbThat(() => ({ Responses }));
    const Statements = Responses.map(() => ({ Statement: 'UPDATE a' }));
    await dynamodb.send(new BatchExecuteStatementCommand({ Statements }));
    expect(value(throttles)).toBe(2);
  });

  test('of some keys of a batch counts once', async () => {
    const left = { 'parcels-of-somebody': { Keys: [{ parcelId: { N: '1' } }, { parcelId: { N: '2' } }] } };
    const { dynamodb, value } = await dynamoDbThat(() => ({ Responses: {}, UnprocessedKeys: left }));
    await dynamodb.send(new BatchGetItemCommand({ RequestItems: left }));
    expect(value(throttles)).toBe(1);
  });
});

test('a command that consumes nothing is sent as it is', async () => {
  const { dynamodb, calls } = await dynamoDbThat(() => ({ Table: {} }));
  await dynamodb.send(new DescribeTableCommand({ TableName: table.TableName }));
  expect(calls[0]?.input).toEqual({ TableName: table.TableName });
});
