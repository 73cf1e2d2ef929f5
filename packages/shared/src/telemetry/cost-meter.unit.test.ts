import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, onTestFinished, test } from 'vitest';
import { measured } from '../../../poller/test/observed.ts';
import { type AwsCall, awsJsonService } from '../../test/local-service.ts';
import { prices } from '../prices.ts';
import { meterTables } from './cost-meter.ts';

const connection = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
};

describe('of a table', () => {
  const table = { TableName: 'parcels-of-somebody', Key: { parcelId: { N: '1' } } };

  async function dynamoDbThat(answer: (call: AwsCall) => object) {
    const { url, calls } = await awsJsonService(answer);
    const dynamodb = new DynamoDBClient({ ...connection, endpoint: url });
    onTestFinished(() => dynamodb.destroy());
    const { metrics, value } = measured();
    meterTables(dynamodb, { metrics, tables: { 'parcels-of-somebody': 'parcels' } });
    return { dynamodb, calls, value };
  }

  test('a read is asked for what it consumed, and that is counted', async () => {
    const answer = { Item: { parcelId: { N: '1' } }, ConsumedCapacity: { TableName: 'x', CapacityUnits: 0.5 } };
    const { dynamodb, calls, value } = await dynamoDbThat(() => answer);
    const { Item } = await dynamodb.send(new GetItemCommand(table));
    expect(Item).toEqual(answer.Item);
    expect(calls[0]?.input).toMatchObject({ ...table, ReturnConsumedCapacity: 'TOTAL' });
    expect(value('waybill.store.read_units{parcels}')).toBe(0.5);
    expect(value('waybill.cost.spent{DynamoDB}')).toBe(0.5 * prices.readUnit.usd);
  });

  test('a write that is done is left to whoever made it', async () => {
    const { dynamodb, value } = await dynamoDbThat(() => ({ ConsumedCapacity: { CapacityUnits: 1 } }));
    await dynamodb.send(new UpdateItemCommand(table));
    expect(value('waybill.store.write_units')).toBeUndefined();
  });

  test('a table that nobody named counts all the same', async () => {
    const { dynamodb, value } = await dynamoDbThat(() => ({ ConsumedCapacity: { CapacityUnits: 1 } }));
    await dynamodb.send(new GetItemCommand({ ...table, TableName: 'another' }));
    expect(value('waybill.store.read_units{other}')).toBe(1);
  });
});
