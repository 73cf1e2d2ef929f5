import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { openPlace, type Place } from '@waybill/local/engines/place.ts';
import { tables, unresolvedIndex } from '@waybill/shared/resources.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Provisioned, provisionOrCompare } from './provision.ts';
import { attributeTypes, indexToCreate } from './provision-indexes.ts';

let place: Place;
let sqs: SQSClient;
let dynamodb: DynamoDBClient;
beforeAll(async () => {
  place = await openPlace(process.env);
  ({ sqs, dynamodb } = place.clients);
});
afterAll(() => place?.stop());

const newPrefix = () => `d${randomUUID().slice(0, 8)}-`;
const compare = (prefix: string) => provisionOrCompare({ sqs, dynamodb, prefix });

/** What differs, a line each. */
function driftOf({ results }: Provisioned): string[] {
  return results.flatMap(({ name, drift }) =>
    drift.map(
      ({ setting, found, fix }) => `${name.replace(/^.*waybill-/, '')} ${setting} ${found}${fix ? '' : ', for good'}`,
    ),
  );
}

async function fixAll({ results }: Provisioned): Promise<void> {
  for (const { drift } of results) for (const { fix } of drift) await fix?.();
}

const makeTable = (TableName: string, table: Partial<CreateTableCommandInput>) =>
  dynamodb.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'failureId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'failureId', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      ...table,
    }),
  );

/** The failures table as somebody else would have made it, with its index: not every engine can add one later. */
const makeFailures = (
  prefix: string,
  table: Pick<CreateTableCommandInput, 'BillingMode' | 'ProvisionedThroughput'> = {},
) =>
  makeTable(`${prefix}${tables.failures.name}`, {
    AttributeDefinitions: attributeTypes([tables.failures, unresolvedIndex]),
    GlobalSecondaryIndexes: [
      {
        ...indexToCreate(unresolvedIndex),
        ...(table.ProvisionedThroughput && { ProvisionedThroughput: table.ProvisionedThroughput }),
      },
    ],
    ...table,
  });

describe('a comparison with what is there', () => {
  test('finds everything made at first, then there, and nothing that differs', async () => {
    const prefix = newPrefix();
    const first = await compare(prefix);
    const second = await compare(prefix);
    expect(first.results.map(({ isCreated }) => isCreated)).toEqual(Array(4 + Object.keys(tables).length).fill(true));
    expect(second.results.map(({ isCreated }) => isCreated)).toEqual(Array(4 + Object.keys(tables).length).fill(false));
    expect([...driftOf(first), ...driftOf(second)]).toEqual([]);
  });

  test('makes what is missing beside what is there', async () => {
    const prefix = newPrefix();
    await makeFailures(prefix);
    const { results } = await compare(prefix);
    expect(results.filter(({ isCreated }) => !isCreated).map(({ name }) => name)).toEqual([
      `${prefix}waybill-failures`,
    ]);
  });

  test('finds a queue whose settings differ, changes nothing by itself, and can set them right', async () => {
    const prefix = newPrefix();
    const { resources } = await compare(prefix);
    const { deadLetterQueueUrl, scanQueueUrl } = resources;
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: scanQueueUrl, Attributes: { VisibilityTimeout: '7' } }));
    await sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, Attributes: { MessageRetentionPeriod: '86400' } }),
    );
    const before = await compare(prefix);
    // ElasticMQ keeps no retention, and reports none: that is no difference.
    const retention = driftOf(before).filter((line) => line !== 'scans VisibilityTimeout 7');
    expect([[], ['scans-dlq MessageRetentionPeriod 86400']]).toContainEqual(retention);
    expect(driftOf(await compare(prefix))).toEqual(driftOf(before));
    expect(driftOf(before)).toContain('scans VisibilityTimeout 7');
    await fixAll(before);
    expect(driftOf(await compare(prefix))).toEqual([]);
  });

  test('finds a redrive policy with another count or another dead-letter queue', async () => {
    const prefix = newPrefix();
    const { resources } = await compare(prefix);
    const other = (await compare(`${prefix}other-`)).resources;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: other.deadLetterQueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: Attributes?.['QueueArn'],
      maxReceiveCount: 9,
    });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: resources.scanQueueUrl, Attributes: { RedrivePolicy } }));
    const before = await compare(prefix);
    expect(driftOf(before)).toEqual([
      expect.stringMatching(/^scans RedrivePolicy.deadLetterTargetArn .*other-waybill-scans-dlq$/),
      'scans RedrivePolicy.maxReceiveCount 9',
    ]);
    await fixAll(before);
    expect(driftOf(await compare(prefix))).toEqual([]);
  });

  test('finds a table with another key, which nothing can set right', async () => {
    const prefix = newPrefix();
    await makeTable(`${prefix}waybill-parcels`, {});
    const found = await compare(prefix);
    expect(driftOf(found)).toEqual(['parcels key failureId (S), for good']);
    await fixAll(found);
    expect(driftOf(await compare(prefix))).toEqual(driftOf(found));
  });

  test('finds a table that is not billed by request, and can set that right', async () => {
    const prefix = newPrefix();
    const ProvisionedThroughput = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };
    await makeFailures(prefix, { BillingMode: 'PROVISIONED', ProvisionedThroughput });
    const before = await compare(prefix);
    expect(driftOf(before)).toContain('failures billing mode PROVISIONED');
    await fixAll(before);
    expect(driftOf(await compare(prefix))).toEqual([]);
  });

  test('finds a table whose items do not expire, or by another attribute; an engine without TTL is named instead', async () => {
    const prefix = newPrefix();
    await makeFailures(prefix);
    const before = await compare(prefix);
    const failures = before.results.find(({ name }) => name === `${prefix}waybill-failures`);
    if (failures?.lacks.length) {
      expect(failures.lacks).toEqual(['TTL: expired items stay']);
      expect(driftOf(before)).toEqual([]);
      return;
    }
    expect(driftOf(before)).toEqual(['failures TTL none']);
    await fixAll(before);
    expect(driftOf(await compare(prefix))).toEqual([]);
    const { TimeToLiveDescription } = await dynamodb.send(
      new DescribeTimeToLiveCommand({ TableName: `${prefix}waybill-failures` }),
    );
    expect(TimeToLiveDescription?.AttributeName).toBe('expiresAt');

    const other = newPrefix();
    await makeFailures(other);
    const TimeToLiveSpecification = { AttributeName: 'diesAt', Enabled: true };
    await dynamodb.send(
      new UpdateTimeToLiveCommand({ TableName: `${other}waybill-failures`, TimeToLiveSpecification }),
    );
    expect(driftOf(await compare(other))).toEqual(['failures TTL diesAt, for good']);
  });
});
