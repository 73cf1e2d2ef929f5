import { type BatchGetItemCommandInput, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { provisionTable } from '@waybill/provisioner/provision-table.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import type { Item } from '@waybill/shared/parcels/parcel-item.ts';
import type { TableDefinition } from '@waybill/shared/resources.ts';
import { keptOnTrial } from '../../processor/test/processor-rig.ts';

let made = 0;

/** A table of this definition with a name of its own, and with the optional index unless told otherwise. */
export async function tableOf(dynamodb: DynamoDBClient, definition: TableDefinition, openIndex = true) {
  made += 1;
  const name = `${definition.name}-${process.pid}-${Date.now()}-${made}`;
  await provisionTable(dynamodb, { ...definition, name }, { openIndex }, AbortSignal.timeout(60_000));
  return name;
}

/** Stores parcels as a processor does, first seen at `nowMs`. */
export async function storeParcels(
  dynamodb: DynamoDBClient,
  tableName: string,
  states: readonly ParcelState[],
  nowMs: number,
  kept = keptOnTrial,
): Promise<void> {
  const clock = { now: () => nowMs, monotonic: () => 0 };
  const table = dynamoDbParcelTable({ dynamodb, tableName, clock, ...kept });
  await Promise.all(states.map((state) => table.apply(state)));
}

/** An item as release 0.1.0 stored it: no history, no open marks, no end. */
export function itemOfOldRelease({ parcelId, latest, milestones }: ParcelState, fields: Item = {}): Item {
  const { pickup, delivery } = milestones;
  return {
    parcelId: { N: String(parcelId) },
    lastEventId: { N: String(latest.eventId) },
    type: { S: latest.type },
    statusCode: { S: latest.statusCode },
    runId: { S: latest.runId },
    createdDateTimeUtc: { S: latest.createdDateTimeUtc },
    ...(pickup && { pickupEventId: { N: String(pickup.eventId) }, pickupTimeUtc: { S: pickup.timeUtc } }),
    ...(delivery && { deliveryEventId: { N: String(delivery.eventId) }, deliveryTimeUtc: { S: delivery.timeUtc } }),
    revision: { N: '1' },
    updatedAtUtc: { S: '2021-05-12T00:00:00.000Z' },
    ...fields,
  };
}

export async function putItems(dynamodb: DynamoDBClient, TableName: string, items: readonly Item[]): Promise<void> {
  await Promise.all(items.map((Item) => dynamodb.send(new PutItemCommand({ TableName, Item }))));
}

/** Has the client's BatchGetItem process half of the keys that it is given, as DynamoDB may. */
export function processHalf(dynamodb: DynamoDBClient) {
  let calls = 0;
  dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'BatchGetItemCommand') return await next(args);
        calls += 1;
        // Holds: what a BatchGetItem is given.
        const { RequestItems = {} } = args.input as BatchGetItemCommandInput;
        const [[table, { Keys = [], ...rest }] = ['', {}]] = Object.entries(RequestItems);
        const half = Math.ceil(Keys.length / 2);
        const input = { RequestItems: { [table]: { ...rest, Keys: Keys.slice(0, half) } } };
        const answer = await next({ ...args, input });
        Object.assign(answer.output, {
          UnprocessedKeys: half < Keys.length ? { [table]: { Keys: Keys.slice(half) } } : {},
        });
        return answer;
      },
    { step: 'initialize', name: 'processHalf' },
  );
  return { calls: () => calls, end: () => void dynamodb.middlewareStack.remove('processHalf') };
}
