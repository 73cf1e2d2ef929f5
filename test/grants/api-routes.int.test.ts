import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { failureIdAttribute } from '@waybill/shared/failures/failure-record.ts';
import { tables } from '@waybill/shared/resources.ts';
import { expect, onTestFinished, test } from 'vitest';
import { openApi } from '../../packages/api/test/api-rig.ts';
import { useEngines } from '../../packages/consumer/test/engines.ts';
import { until } from '../processes/until.ts';
import { type EngineCall, recordCalls } from './engine-calls.ts';
import { neededGrants } from './needed-grants.ts';
import { allows, apiGrants } from './operator-grants.ts';

const engines = useEngines(process.env);

const event = {
  EventId: 83269,
  ParcelId: 5002,
  Type: 'PICKUP',
  CreatedDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
  StatusCode: '',
};
const push = {
  method: 'POST',
  url: '/v1/scan-events',
  headers: { 'idempotency-key': 'first' },
  body: { ScanEvents: [event] },
} as const;
const filter = { reason: 'INVALID_EVENT' };

const asCommands = 'the routes run what the commands run, whose calls commands.int.test.ts compares';

/** What the role allows, and no route calls here, and why. Without the resource: on each. */
const notCalled: Readonly<Record<string, string>> = {
  'dynamodb:DescribeTable': 'at the start of the process, for each table',
  'sqs:StartMessageMoveTask': 'the embedded engine has no message move tasks',
  'sqs:CancelMessageMoveTask': 'the embedded engine has no message move tasks',
  'sqs:ListMessageMoveTasks': 'the embedded engine has no message move tasks',
  'sqs:DeleteMessage on waybill-scans-dlq': 'where no task moves dead letters, a redrive of some does',
  'dynamodb:Scan on waybill-failures': 'where the index is off',
  'dynamodb:BatchGetItem on waybill-notifications': asCommands,
  'dynamodb:GetItem on waybill-notifications': asCommands,
  'dynamodb:Query on waybill-notifications': asCommands,
  'dynamodb:Scan on waybill-notifications': asCommands,
  'dynamodb:UpdateItem on waybill-notifications': asCommands,
};

test('the role of the API allows what its routes call, and nothing else', async () => {
  const { resources } = engines();
  const calls: EngineCall[] = [];
  const recorded = await clientsThatRecord((call) => void calls.push(call));
  await fill();
  const { ask } = await openApi({ engines: { ...recorded, resources }, deps: { deadLettersSqs: recorded.sqs } });
  const statuses: string[] = [];
  const made = async (request: Parameters<typeof ask>[0]) => {
    const { status, body } = await ask(request);
    statuses.push(`${request.method ?? 'GET'} ${request.url} ${status}`);
    return body;
  };

  for (const url of ['/v1/parcels/5002', '/v1/parcels?open=true', '/v1/parcels', '/v1/status', '/v1/operations'])
    await made({ url });
  await made({ method: 'POST', url: '/v1/parcels/batch-get', body: { parcelIds: [5002, 5003] } });
  const { batchId } = await made(push);
  await made(push);
  for (const url of ['/v1/batches', `/v1/batches/${batchId}`]) await made({ url });
  for (const url of ['/v1/failures/groups', '/v1/failures', '/v1/failures/event-83271']) await made({ url });
  const plan = await made({ method: 'POST', url: '/v1/redrives/plan', body: { filter } });
  const begun = await made({ method: 'POST', url: '/v1/redrives', body: { filter, because: 'a test', plan } });
  const url = `/v1/redrives/${begun.operationId}`;
  await made({ method: 'POST', url: `${url}/cancel`, body: {} });
  await until('the redrive has ended', async () => (await ask({ url })).body.state !== 'running');
  await made({ url });

  // What every route answers where it may; a redrive of a few letters may be over before it is cancelled.
  expect(statuses.filter((line) => !/ 20\d$|\/cancel 409$/.test(line))).toEqual([]);
  const needed = calls.flatMap(neededGrants);
  const shown = ({ action, resource }: { readonly action: string; readonly resource: string }) =>
    `${action} on ${resource}`;
  const grants = apiGrants();
  expect(grants.length).toBeGreaterThan(20);
  const refused = needed.filter((each) => !grants.some((grant) => allows(grant, each))).map(shown);
  expect([...new Set(refused)]).toEqual([]);
  const idle = grants.filter((grant) => !needed.some((each) => allows(grant, each))).map(shown);
  const unexplained = idle.filter((line) => !Object.keys(notCalled).some((known) => line.startsWith(known)));
  expect(unexplained).toEqual([]);
}, 180_000);

/** Clients of the engines under test whose calls are told. */
async function clientsThatRecord(onCall: (call: EngineCall) => void) {
  const { sqs, dynamodb } = engines();
  const urlOf = async ({ config: { endpoint } }: Pick<typeof dynamodb, 'config'>) => {
    const { protocol = 'http:', hostname = '', port } = (await endpoint?.()) ?? {};
    return `${protocol}//${hostname}:${port}`;
  };
  // Both clients have this part of the configuration; their other parts differ.
  const ofQueues = await recordCalls(await urlOf(sqs as unknown as typeof dynamodb), 'sqs', onCall);
  const ofTables = await recordCalls(await urlOf(dynamodb), 'dynamodb', onCall);
  const settings = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const clients = {
    sqs: new SQSClient({ ...settings, endpoint: ofQueues.endpoint, useQueueUrlAsEndpoint: false }),
    dynamodb: new DynamoDBClient({ ...settings, endpoint: ofTables.endpoint }),
  };
  onTestFinished(async () => {
    clients.sqs.destroy();
    clients.dynamodb.destroy();
    await Promise.all([ofQueues.stop(), ofTables.stop()]);
  });
  return clients;
}

/** A parcel that is open, a failure that is not resolved, and its dead letter. */
async function fill(): Promise<void> {
  const { sqs, dynamodb, resources } = engines();
  const put = (TableName: string, Item: PutItemCommand['input']['Item']) =>
    dynamodb.send(new PutItemCommand({ TableName, Item }));
  const failedAt = new Date(Date.now() - 3_600_000).toISOString();
  await put(resources.parcelsTable, {
    parcelId: { N: '5002' },
    lastEventId: { N: '83269' },
    type: { S: 'PICKUP' },
    statusCode: { S: '' },
    runId: { S: '' },
    createdDateTimeUtc: { S: event.CreatedDateTimeUtc },
    pickupTimeUtc: { S: event.CreatedDateTimeUtc },
    pickupEventId: { N: '83269' },
    [tables.parcels.indexes[0].key.name]: { N: String(5002 % 16) },
    [tables.parcels.indexes[0].sortKey.name]: { N: '1620767494000' },
    revision: { N: '1' },
    updatedAtUtc: { S: failedAt },
  });
  await put(resources.failuresTable, {
    failureId: { S: 'event-83271' },
    reason: { S: filter.reason },
    detail: { S: 'INVALID_DATE' },
    body: { S: '{"EventId":83271}' },
    firstFailedAtUtc: { S: failedAt },
    lastFailedAtUtc: { S: failedAt },
    attempts: { N: '1' },
    unresolved: { S: `${filter.reason}#0` },
  });
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: resources.deadLetterQueueUrl,
      MessageBody: '{"version":1,"unparsed":{"EventId":83271}}',
      MessageAttributes: { [failureIdAttribute]: { DataType: 'String', StringValue: 'event-83271' } },
    }),
  );
}
