import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type EngineProxy, startEngineProxy } from './engine-proxy.ts';

/** A parcel after a write. */
export type WrittenParcel = { readonly parcelId: number; readonly lastEventId: number };

/** A proxy in front of a DynamoDB engine that forwards everything unchanged and reports parcels when their writes succeed. */
export async function startWriteWatch(
  dynamodbEndpoint: string,
  written: (parcels: readonly WrittenParcel[]) => void,
): Promise<EngineProxy> {
  const { hostname, port } = new URL(dynamodbEndpoint);
  return startEngineProxy((incoming, outgoing) => forward({ hostname, port }, incoming, outgoing, written));
}

function forward(
  engine: { readonly hostname: string; readonly port: string },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  written: (parcels: readonly WrittenParcel[]) => void,
): void {
  const { url: path, method, headers } = incoming;
  const requested: Buffer[] = [];
  const onward = request({ ...engine, path, method, headers }, (response) => {
    const responded: Buffer[] = [];
    response.on('data', (chunk: Buffer) => responded.push(chunk));
    response.on('end', () => {
      const body = Buffer.concat(responded);
      const parcels = writtenBy(
        String(headers['x-amz-target']),
        text(requested),
        response.statusCode ?? 502,
        text([body]),
      );
      if (parcels.length > 0) written(parcels);
      outgoing.writeHead(response.statusCode ?? 502, response.headers).end(body);
    });
  });
  onward.on('error', () => outgoing.destroy());
  incoming.on('data', (chunk: Buffer) => requested.push(chunk));
  incoming.pipe(onward);
}

const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();

type Value = { readonly N?: string };
type Requested = {
  readonly Key?: { readonly parcelId?: Value };
  readonly ExpressionAttributeValues?: Readonly<Record<string, Value>>;
  readonly Statements?: readonly { readonly Statement: string; readonly Parameters: readonly Value[] }[];
};

/** The parcels that a request has written: by an update, or by the statements of a batch that have no error. */
export function writtenBy(target: string, requested: string, status: number, responded: string): WrittenParcel[] {
  if (status !== 200) return [];
  const parcel = (id: Value | undefined, last: Value | undefined) => ({
    parcelId: Number(id?.N),
    lastEventId: Number(last?.N),
  });
  if (target.endsWith('.UpdateItem')) {
    const { Key, ExpressionAttributeValues }: Requested = JSON.parse(requested);
    return Key?.parcelId ? [parcel(Key.parcelId, ExpressionAttributeValues?.[':id'])] : [];
  }
  if (!target.endsWith('.BatchExecuteStatement')) return [];
  const { Statements = [] }: Requested = JSON.parse(requested);
  const { Responses = [] }: { Responses?: readonly { readonly Error?: object }[] } = JSON.parse(responded);
  return Statements.flatMap(({ Statement, Parameters }, index) => {
    if (Responses[index]?.Error) return [];
    // In an insert the parcel's id is the last parameter, in an update the first one of the condition.
    const before = Statement.slice(0, Statement.indexOf('parcelId')).split('?').length - 1;
    return [parcel(Parameters[before], Parameters[0])];
  });
}
