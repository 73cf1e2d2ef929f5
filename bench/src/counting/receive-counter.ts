import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { unpack } from '@waybill/shared/domain/pack.ts';
import { billedRequests } from '@waybill/shared/telemetry/queue-meter.ts';
import { type EngineProxy, startEngineProxy } from './engine-proxy.ts';

export type ReceiveCounts = {
  readonly receives: number;
  /** Distinct pairs of a parcel and a receive with events of it. Folding within a receive cannot need fewer writes. */
  readonly parcelReceives: number;
  /** Requests billed for these receives. */
  readonly billed: number;
};

export type ReceiveCounter = EngineProxy & { counts(): ReceiveCounts };

/** A proxy in front of an SQS engine that forwards everything unchanged and counts what receives bring. */
export async function startReceiveCounter(sqsEndpoint: string): Promise<ReceiveCounter> {
  const counts = { receives: 0, parcelReceives: 0, billed: 0 };
  const front = await startEngineProxy((incoming, outgoing) => {
    forward(sqsEndpoint, incoming, outgoing, (response) => {
      const bodies = bodiesOf(response);
      counts.receives += 1;
      counts.parcelReceives += parcelsIn(bodies);
      counts.billed += billedRequests(bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0));
    });
  });
  return { ...front, counts: () => ({ ...counts }) };
}

function forward(
  endpoint: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  received: (response: string) => void,
): void {
  const { hostname, port } = new URL(endpoint);
  const { url: path, method, headers } = incoming;
  const isReceive = headers['x-amz-target'] === 'AmazonSQS.ReceiveMessage';
  const onward = request({ hostname, port, path, method, headers }, (response) => {
    const chunks: Buffer[] = [];
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    if (isReceive) {
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => received(Buffer.concat(chunks).toString()));
    }
    response.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => onward.destroy());
  incoming.pipe(onward);
}

function bodiesOf(response: string): string[] {
  const { Messages = [] }: { Messages?: { Body: string }[] } = JSON.parse(response);
  return Messages.map(({ Body }) => Body);
}

/** Counts the distinct parcels in these packs. */
export function parcelsIn(bodies: readonly string[]): number {
  const parcels = bodies.flatMap((body) => {
    const unpacked = unpack(body);
    const elements = unpacked.kind === 'pack' ? unpacked.elements : [];
    return elements.flatMap((element) => ('event' in element ? [element.event.parcelId] : []));
  });
  return new Set(parcels).size;
}
