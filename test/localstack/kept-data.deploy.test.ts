import { readFile, writeFile } from 'node:fs/promises';
import { DeleteTableCommand, DescribeTableCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { type EngineClients, openClients } from '@waybill/local/engines/engine-clients.ts';
import { queueContent } from '@waybill/local/pipeline/queue-content.ts';
import type { Resources } from '@waybill/provisioner/provision.ts';
import { tables as definitions } from '@waybill/shared/resources.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differences } from '../engines/engines-under-test.ts';
import { DataStackOnLocalStack, existingResources, freshEnvironment, localStackEndpoint } from './cdk.ts';

const environment = freshEnvironment('kept');
const leftOut = differences('LocalStack, of what the template says');
const Key = { parcelId: { N: '5002' } };

let stack: DataStackOnLocalStack;
let clients: EngineClients;
let first: Resources;

beforeAll(async () => {
  const endpoint = localStackEndpoint();
  stack = await DataStackOnLocalStack.of(endpoint, environment, { disposable: false });
  clients = openClients({
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  const { code, output } = await stack.deploy();
  expect(code, output).toBe(0);
  first = await stack.resources();
  await clients.dynamodb.send(new PutItemCommand({ TableName: first.parcelsTable, Item: Key }));
  await clients.sqs.send(
    new SendMessageCommand({ QueueUrl: first.scanQueueUrl, MessageBody: '{"version":1,"events":[]}' }),
  );
});

afterAll(async () => {
  try {
    await stack.destroy();
    const { queues, tables } = await existingResources(clients, environment);
    for (const QueueUrl of queues) await clients.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    for (const TableName of tables) await clients.dynamodb.send(new DeleteTableCommand({ TableName }));
  } finally {
    clients.close();
    await stack.close();
  }
});

async function expectFirstDataKept(): Promise<void> {
  const { Item } = await clients.dynamodb.send(new GetItemCommand({ TableName: first.parcelsTable, Key }));
  expect(Item).toEqual(Key);
  expect(await queueContent(clients.sqs, first.scanQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
}

const definedTables = Object.keys(definitions).length;

describe('data that is not disposable', () => {
  test('stays when a new name creates new queues and tables, and the diff says so beforehand', async () => {
    const { code, output } = await stack.synth();
    expect(code, output).toBe(0);
    // As if resources.ts had another name.
    const template = await readFile(stack.template, 'utf8');
    await writeFile(stack.template, template.replaceAll(`${environment}-waybill-`, `${environment}-renamed-`));

    const diff = await stack.diff(stack.assembly);
    expect(diff.code, diff.output).toBe(1);
    expect(diff.output.match(/\[~\] (Queue|Table)Name \(requires replacement\)/g)).toHaveLength(4 + definedTables);
    const deployed = await stack.deploy(stack.assembly);
    expect(deployed.code, deployed.output).toBe(0);

    const second = await stack.resources();
    expect(Object.values(second)).toEqual(Object.values(first).map((name) => name.replace('-waybill-', '-renamed-')));
    expect(await queueContent(clients.sqs, second.scanQueueUrl)).toEqual({ visible: 0, inFlight: 0 });
    await expectFirstDataKept();
  });

  test('survives a destroy', async () => {
    const { Table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: first.parcelsTable }));
    leftOut('deletion protection', Table?.DeletionProtectionEnabled ? 'on' : 'ignored');
    const { code, output } = await stack.destroy();
    // A real account refuses already here.
    leftOut('termination protection', code === 0 ? 'ignored' : 'on');
    expect(output).toMatch(code === 0 ? /destroyed/ : /TerminationProtection/);
    const { queues, tables } = await existingResources(clients, environment);
    // Of two names each.
    expect([queues.length, tables.length]).toEqual([8, 2 * definedTables]);
    await expectFirstDataKept();
  });

  test('makes a new deployment fail with a message, and stays as it is', async () => {
    const { code, output } = await stack.deploy();
    expect(code).toBe(1);
    expect(output).toMatch(/already exists/);
    await expectFirstDataKept();
  });
});
