import {
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { QueueDoesNotExist, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test } from 'vitest';
import { awsJsonService } from '../../test/local-service.ts';
import { nameMissing } from './name-missing.ts';

const settings = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };

/** Clients of a service that knows neither this queue nor this table. */
async function clients() {
  const { url: endpoint } = await awsJsonService(({ action }) => ({
    __type: action === 'ReceiveMessage' ? 'com.amazonaws.sqs#QueueDoesNotExist' : 'x#ResourceNotFoundException',
    message: action === 'ReceiveMessage' ? 'The specified queue does not exist.' : 'Requested resource not found',
  }));
  const sqs = new SQSClient({ ...settings, endpoint, useQueueUrlAsEndpoint: false });
  const dynamodb = new DynamoDBClient({ ...settings, endpoint });
  nameMissing(sqs, { 'http://queue.test/1/scans': 'SCAN_QUEUE_URL' });
  nameMissing(dynamodb, { 'my-parcels': 'PARCELS_TABLE', 'my-failures': 'FAILURES_TABLE' });
  onTestFinished(() => {
    sqs.destroy();
    dynamodb.destroy();
  });
  return { sqs, dynamodb };
}

const errorOf = (call: Promise<unknown>) => call.catch((error: unknown) => error);

test('a missing queue is named, with its variable', async () => {
  const { sqs } = await clients();
  const error = await errorOf(sqs.send(new ReceiveMessageCommand({ QueueUrl: 'http://queue.test/1/scans' })));
  expect(error).toBeInstanceOf(QueueDoesNotExist);
  expect(error).toMatchObject({ message: expect.stringMatching(/^http:\/\/queue.test\/1\/scans \(SCAN_QUEUE_URL\)/) });
});

test('a missing table is named, by a call and by a statement, and no other', async () => {
  const { dynamodb } = await clients();
  const get = new GetItemCommand({ TableName: 'my-parcels', Key: { parcelId: { N: '1' } } });
  const statement = new ExecuteStatementCommand({ Statement: 'UPDATE "my-failures" SET a = 1' });
  const errors = [await errorOf(dynamodb.send(get)), await errorOf(dynamodb.send(statement))];
  for (const error of errors) expect(error).toBeInstanceOf(ResourceNotFoundException);
  expect(errors).toMatchObject([
    { message: expect.stringMatching(/^my-parcels \(PARCELS_TABLE\) does not exist.*npm run provision/) },
    { message: expect.stringMatching(/^my-failures \(FAILURES_TABLE\) does not exist/) },
  ]);
});

test('a table of another name is left as AWS said it', async () => {
  const { dynamodb } = await clients();
  const get = new GetItemCommand({ TableName: 'another', Key: { parcelId: { N: '1' } } });
  expect(await errorOf(dynamodb.send(get))).toMatchObject({ message: 'Requested resource not found' });
});
