import { connect } from 'node:net';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { atMost, type PartResult, type PartTools } from '../parts/part.ts';
import { bodyOf, pushedElements } from './bodies.ts';
import { fire } from './fire.ts';
import { type ApiBenchOptions, apiFlags } from './options.ts';
import { type MeasuredServer, startApi } from './servers.ts';
import { storeParcels } from './stored.ts';

/** CPU that a refusal may take, as a share of what it refuses to do. */
const mostShare = 0.5;
/** Bytes of a body that is announced and never sent. */
const announcedBytes = 4_000_000;
const earlyMs = 1_000;
/** Messages on the queue, more than the API is told to accept. */
const waiting = 3;
/** For tokens' limits and the depth of the queue, which are read now and then, to be known. */
const warmUpSeconds = 2;

/** What it costs to refuse: 429 to a token that asks too often, 503 to a push while the queue is full. */
export async function measureRefusals({ engine, options, say }: PartTools<ApiBenchOptions>): Promise<PartResult> {
  const { seconds, connections } = options;
  const resources = await engine.provision();
  await storeParcels(engine.dynamodb, resources.parcelsTable, 1);
  const { sqs, close } = openClients(engine.env);
  const open = (variables: Readonly<Record<string, string>>) =>
    startApi(engine, resources, variables, apiFlags(options));
  const [body = ''] = pushedElements().map(bodyOf);
  const push = { method: 'POST', body, path: '/v1/scan-events', more: { 'content-type': 'application/json' } } as const;
  const read = { method: 'GET', path: '/v1/parcels/1' } as const;
  const rows: { readonly name: string; readonly values: number[] }[] = [];
  const bars: PartResult['bars'][number][] = [];
  const costOf = async (name: string, server: MeasuredServer, request: Request, status: number): Promise<number> => {
    await load(server, request, connections, warmUpSeconds);
    const { perSecond, cpuMicrosEach, share } = await load(server, request, connections, seconds, status);
    rows.push({ name, values: [perSecond, cpuMicrosEach, share * 100] });
    say(`refusals, ${name}: ${Math.round(perSecond)}/s, ${Math.round(cpuMicrosEach)} µs each`);
    return cpuMicrosEach;
  };
  try {
    const free = await open({ API_REQUESTS_PER_SECOND: '0', MAX_QUEUE_MESSAGES: '0' });
    const served = await costOf('a parcel, 200', free, read, 200);
    const accepted = await costOf('1,000 events, 202', free, push, 202);
    await free.process.stop(options.profile ? 'SIGTERM' : 'SIGKILL');

    const limited = await open({ API_REQUESTS_PER_SECOND: '1' });
    bars.push(
      atMost('CPU of 429, of a parcel', (await costOf('a parcel, 429', limited, read, 429)) / served, mostShare),
    );
    const pushed = await costOf('1,000 events, 429', limited, push, 429);
    bars.push(atMost('CPU of 429, of 1,000 events', pushed / accepted, mostShare));
    bars.push(atMost('429 before a body comes', await msWithoutBody(limited, 429), earlyMs, ' ms'));
    await limited.process.stop(options.profile ? 'SIGTERM' : 'SIGKILL');

    for (let message = 0; message < waiting; message++)
      await sqs.send(new SendMessageCommand({ QueueUrl: resources.scanQueueUrl, MessageBody: 'x' }));
    const full = await open({ API_REQUESTS_PER_SECOND: '0', MAX_QUEUE_MESSAGES: '1' });
    const refused = await costOf('1,000 events, 503', full, push, 503);
    bars.push(atMost('CPU of 503, of 1,000 events', refused / accepted, mostShare));
    bars.push(atMost('503 before a body comes', await msWithoutBody(full, 503), earlyMs, ' ms'));
    await full.process.stop(options.profile ? 'SIGTERM' : 'SIGKILL');
  } finally {
    await engine.remove(resources);
    close();
  }
  return { title: `Refused, ${connections} at a time`, columns: ['a second', 'CPU µs each', '% so'], rows, bars };
}

type Request = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly more?: Readonly<Record<string, string>>;
};

async function load(server: MeasuredServer, request: Request, connections: number, duration: number, status = 0) {
  const { method, path, body, more } = request;
  const before = await server.process.usage();
  const { perSecond, answers, byStatus } = await fire({
    url: server.url + path,
    method,
    headers: { ...server.headers, ...more },
    ...(body && { body }),
    connections,
    duration,
  });
  const { cpuMicros } = await server.process.usage();
  return {
    perSecond,
    cpuMicrosEach: (cpuMicros - before.cpuMicros) / answers,
    share: (byStatus[status] ?? 0) / answers,
  };
}

/** Milliseconds until the API answers with this status to headers that announce a body; infinite when it does not. */
async function msWithoutBody({ port, headers }: MeasuredServer, status: number): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const lines = { ...headers, host: 'x', 'content-type': 'application/json', 'content-length': String(announcedBytes) };
  const from = performance.now();
  socket.on('error', () => undefined);
  socket.write(
    `POST /v1/scan-events HTTP/1.1\r\n${Object.entries(lines)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`,
  );
  const answer = await new Promise<string>((resolve) => {
    socket.once('data', (chunk) => resolve(String(chunk))).once('close', () => resolve(''));
    socket.setTimeout(2 * earlyMs, () => resolve(''));
  });
  socket.destroy();
  return answer.startsWith(`HTTP/1.1 ${status} `) ? performance.now() - from : Number.POSITIVE_INFINITY;
}
