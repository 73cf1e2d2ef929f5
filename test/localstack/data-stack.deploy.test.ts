import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { provisionOrCompare, type Resources } from '@waybill/provisioner/provision.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { physicalName, tables } from '@waybill/shared/resources.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differences } from '../engines/engines-under-test.ts';
import { expectGood, type Rig, rigs } from '../processes/rig.ts';
import { until } from '../processes/until.ts';
import { DataStackOnLocalStack, existingResources, freshEnvironment, localStackEndpoint, webhook } from './cdk.ts';

/** Parcels that no feed contains. Each has one event, with the parcel's id as its EventId. */
const parcelIds = [800_000_000_001, 800_000_000_002, 800_000_000_003] as const;

const environment = freshEnvironment('deploy');
const openRig = rigs();
const leftOut = differences('LocalStack, of what the template says');

let stack: DataStackOnLocalStack;
let resources: Resources;

beforeAll(async () => {
  stack = await DataStackOnLocalStack.of(localStackEndpoint(), environment, { disposable: true });
  const { code, output } = await stack.deploy();
  expect(code, output).toBe(0);
  resources = await stack.resources();
});

afterAll(() => stack.close());

describe('the data stack, deployed by the CDK', () => {
  test('makes the queues and tables of resources.ts, in which `npm run provision` finds nothing to fix', async (context) => {
    const { clients } = await openRig(context, { resources });
    const found = await provisionOrCompare({ ...clients, prefix: physicalName(environment, ''), webhook });
    expect(found.resources).toEqual(resources);
    expect(found.results.map(({ isCreated, drift }) => ({ isCreated, drift }))).toEqual(
      Array.from({ length: 4 + Object.keys(tables).length }, () => ({ isCreated: false, drift: [] })),
    );
  });

  test('allows redrives from the scan queue only, and encrypts', async (context) => {
    const { sqs } = (await openRig(context, { resources })).clients;
    const attributes = async (QueueUrl: string) => {
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      return Attributes;
    };
    const scans = await attributes(resources.scanQueueUrl);
    const deadLetters = await attributes(resources.deadLetterQueueUrl);
    expect(JSON.parse(deadLetters.RedriveAllowPolicy ?? '')).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: [scans.QueueArn],
    });
    expect([scans.SqsManagedSseEnabled, deadLetters.SqsManagedSseEnabled]).toEqual(['true', 'true']);
  });

  test('carries a feed: poller and processor drain it through these queues and tables, and every parcel is right', async (context) => {
    const rig = await openRig(context, { resources, events: 3_000 });
    rig.processor();
    await rig.drained(rig.poller());
    const verdict = await rig.verdict();
    expectGood(verdict);
    expect(verdict.parcels).toBeGreaterThan(100);
    expect(verdict.malformed).toBeGreaterThan(0);
  });

  test('moves what the table rejects to the DLQ, alone; cured and redriven to its default target it is stored', async (context) => {
    const rig = await openRig(context, { resources });
    const { dynamodb } = rig.clients;
    const before = await rig.deadLetters();
    const [full, ...neighbours] = parcelIds;
    const Key = { parcelId: { N: String(full) } };
    // An item holds 400 KB (DynamoDB quotas): this one has no room for a scan.
    const note = { S: 'x'.repeat(400 * 1024 - 150) };
    const history = { SS: ['[1,"2021-05-11T21:11:34Z","STATUS",""]'] };
    const Item = { ...Key, lastEventId: { N: '1' }, history, note };
    await dynamodb.send(new PutItemCommand({ TableName: resources.parcelsTable, Item }));

    await rig.send(pack(parcelIds.map(scanOf), 60_000));
    const processor = rig.processor();
    const dead = async () => (await rig.deadLetters()).find(({ failureId }) => failureId === `event-${full}`);
    await until('it is in the DLQ', async () => (await dead()) !== undefined);
    expect(await recordOf(rig, full)).toMatchObject({ reason: 'STORE_REJECTED', resolved: false });
    expect(await storedEvents(rig, neighbours)).toEqual(neighbours);
    expect(await storedEvents(rig, [full])).toEqual([1]);

    await dynamodb.send(
      new UpdateItemCommand({ TableName: resources.parcelsTable, Key, UpdateExpression: 'REMOVE note' }),
    );
    expect(await rig.redrive()).toBe('move task');
    await until('its record is resolved', async () => (await recordOf(rig, full))?.resolved === true);
    expect(await storedEvents(rig, [full])).toEqual([full]);
    // What nobody has fixed comes back, and nothing else.
    await until('the queue is empty', () => rig.isQueueEmpty());
    expect(bodies(await rig.deadLetters())).toEqual(bodies(before));
    await processor.stop();
  });

  test('reports what LocalStack leaves out', async (context) => {
    const { dynamodb } = (await openRig(context, { resources })).clients;
    const TableName = resources.parcelsTable;
    const { ContinuousBackupsDescription } = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName }));
    const recovery = ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
    expect(recovery).toMatch(/^(EN|DIS)ABLED$/);
    leftOut('point-in-time recovery', recovery === 'ENABLED' ? 'on' : 'ignored');
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
  });

  test('has nothing to change when deployed again', async () => {
    const diff = await stack.diff();
    expect(diff.output).toContain('There were no differences');
    expect(diff.code, diff.output).toBe(0);
  });

  test('leaves nothing behind when destroyed, being disposable', async (context) => {
    const { clients } = await openRig(context, { resources });
    const { code, output } = await stack.destroy();
    expect(code, output).toBe(0);
    expect(await existingResources(clients, environment)).toEqual({ queues: [], tables: [] });
  });
});

function scanOf(id: number): ScanEvent {
  return {
    eventId: id,
    parcelId: id,
    type: 'STATUS',
    createdDateTimeUtc: '2021-05-11T21:11:34Z',
    statusCode: '',
    runId: '',
  };
}

/** The last event of each parcel in the table. */
async function storedEvents(rig: Rig, parcels: readonly number[]): Promise<unknown[]> {
  const stored = new Map((await rig.storedParcels()).map((parcel) => [parcel['parcelId'], parcel['lastEventId']]));
  return parcels.map((parcelId) => stored.get(parcelId));
}

async function recordOf(rig: Rig, id: number) {
  return (await rig.failures()).find(({ failureId }) => failureId === `event-${id}`);
}

function bodies(letters: readonly { readonly body: string }[]): string[] {
  return letters.map(({ body }) => body).sort();
}
