import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { itemBytes, writeUnitBytes } from '@waybill/shared/item-size.ts';
import { type EngineProxy, startEngineProxy } from './engine-proxy.ts';

/** What requests to DynamoDB read and write, in the units that AWS bills. Engines report different ones. */
export type Units = {
  readonly requests: number;
  readonly readUnits: number;
  /** Items. */
  readonly writes: number;
  readonly writeUnits: number;
};

export const noUnits: Units = { requests: 0, readUnits: 0, writes: 0, writeUnits: 0 };

export type UnitCounter = EngineProxy & {
  /** Of the requests so far, by table. */
  readonly byTable: ReadonlyMap<string, Units>;
};

/** A proxy in front of a DynamoDB engine that forwards everything unchanged and counts what is asked. */
export async function startUnitCounter(dynamodbEndpoint: string): Promise<UnitCounter> {
  const { hostname, port } = new URL(dynamodbEndpoint);
  const byTable = new Map<string, Units>();
  const proxy = await startEngineProxy((incoming, outgoing) =>
    forward({ hostname, port }, incoming, outgoing, (table, units) =>
      byTable.set(table, sum(byTable.get(table) ?? noUnits, units)),
    ),
  );
  return { ...proxy, byTable };
}

function forward(
  engine: { readonly hostname: string; readonly port: string },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  count: (table: string, units: Units) => void,
): void {
  const { url: path, method, headers } = incoming;
  const requested: Buffer[] = [];
  const onward = request({ ...engine, path, method, headers }, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.on('data', (chunk: Buffer) => requested.push(chunk));
  incoming.on('end', () => {
    const target = String(headers['x-amz-target']).replace(/^.*\./, '');
    for (const [table, units] of unitsOf(target, JSON.parse(Buffer.concat(requested).toString()))) count(table, units);
  });
  incoming.pipe(onward);
}

type Read = { readonly Keys?: readonly unknown[]; readonly ConsistentRead?: boolean };
type Asked = {
  readonly TableName?: string;
  readonly ConsistentRead?: boolean;
  readonly Item?: Readonly<Record<string, AttributeValue>>;
  readonly RequestItems?: Readonly<Record<string, Read>>;
};

/** By table. A read unit has 4 KiB, more than any item here. A key that is not there is read as well. */
export function unitsOf(action: string, asked: Asked): (readonly [table: string, units: Units])[] {
  const { TableName = '' } = asked;
  const read = (items: number, isConsistent = false) => ({
    ...noUnits,
    requests: 1,
    readUnits: items / (isConsistent ? 1 : 2),
  });
  if (action === 'GetItem') return [[TableName, read(1, asked.ConsistentRead)]];
  if (action === 'BatchGetItem')
    return Object.entries(asked.RequestItems ?? {}).map(([table, { Keys = [], ConsistentRead }]) => [
      table,
      read(Keys.length, ConsistentRead),
    ]);
  // The items that updates write here are smaller than a unit.
  const writeUnits = asked.Item ? Math.ceil(itemBytes(asked.Item) / writeUnitBytes) : 1;
  if (action === 'PutItem' || action === 'UpdateItem')
    return [[TableName, { ...noUnits, requests: 1, writes: 1, writeUnits }]];
  return [[TableName, { ...noUnits, requests: 1 }]];
}

export function sum(a: Units, b: Units): Units {
  return {
    requests: a.requests + b.requests,
    readUnits: a.readUnits + b.readUnits,
    writes: a.writes + b.writes,
    writeUnits: a.writeUnits + b.writeUnits,
  };
}
