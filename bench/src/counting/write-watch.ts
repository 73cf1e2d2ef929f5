import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type InFront, standInFront } from './in-front.ts';

/** A parcel's state as a write has set it. */
export type WrittenParcel = { readonly parcelId: number; readonly lastEventId: number };

/** Stands in front of a DynamoDB engine, hands everything on as it is, and tells of parcels as their writes are answered. */
export async function startWriteWatch(
  dynamodbEndpoint: string,
  written: (parcels: readonly WrittenParcel[]) => void,
): Promise<InFront> {
  const { hostname, port } = new URL(dynamodbEndpoint);
  return standInFront((incoming, outgoing) => forward({ hostname, port }, incoming, outgoing, written));
}

function forward(
  engine: { readonly hostname: string; readonly port: string },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  written: (parcels: readonly WrittenParcel[]) => void,
): void {
  const { url: path, method, headers } = incoming;
  const asked: Buffer[] = [];
  const onward = request({ ...engine, path, method, headers }, (response) => {
    const answered: Buffer[] = [];
    response.on('data', (chunk: Buffer) => answered.push(chunk));
    response.on('end', () => {
      const body = Buffer.concat(answered);
      const parcels = writtenBy(String(headers['x-amz-target']), text(asked), response.statusCode ?? 502, text([body]));
      if (parcels.length > 0) written(parcels);
      outgoing.writeHead(response.statusCode ?? 502, response.headers).end(body);
    });
  });
  onward.on('error', () => outgoing.destroy());
  incoming.on('data', (chunk: Buffer) => asked.push(chunk));
  incoming.pipe(onward);
}

const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();

type Value = { readonly N?: string };
type Asked = {
  readonly Key?: { readonly parcelId?: Value };
  readonly ExpressionAttributeValues?: Readonly<Record<string, Value>>;
  readonly Statements?: readonly { readonly Statement: string; readonly Parameters: readonly Value[] }[];
};

/** What of these a write has done: an update, or the statements of a batch that have no error. */
export function writtenBy(target: string, asked: string, status: number, answered: string): WrittenParcel[] {
  if (status !== 200) return [];
  const parcel = (id: Value | undefined, last: Value | undefined) => ({
    parcelId: Number(id?.N),
    lastEventId: Number(last?.N),
  });
  if (target.endsWith('.UpdateItem')) {
    const { Key, ExpressionAttributeValues }: Asked = JSON.parse(asked);
    return Key?.parcelId ? [parcel(Key.parcelId, ExpressionAttributeValues?.[':id'])] : [];
  }
  if (!target.endsWith('.BatchExecuteStatement')) return [];
  const { Statements = [] }: Asked = JSON.parse(asked);
  const { Responses = [] }: { Responses?: readonly { readonly Error?: object }[] } = JSON.parse(answered);
  return Statements.flatMap(({ Statement, Parameters }, index) => {
    if (Responses[index]?.Error) return [];
    // The parcel's id is the last parameter of an insert, and the one that the condition begins with else.
    const before = Statement.slice(0, Statement.indexOf('parcelId')).split('?').length - 1;
    return [parcel(Parameters[before], Parameters[0])];
  });
}
