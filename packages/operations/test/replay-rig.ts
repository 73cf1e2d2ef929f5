import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A moment of a replay at which its process can be killed: called at each, and awaited. */
export type OnStep = (step: Step) => Promise<void> | void;

/** Of a page: asked for, read, answered. Of a send: arrived, taken, confirmed. */
export const steps = ['asked', 'read', 'answered', 'sending', 'taken', 'confirmed'] as const;

export type Step = (typeof steps)[number];

export type ReplayService = {
  readonly feedUrl: string;
  readonly queueUrl: string;
  readonly sqsEndpoint: string;
  onStep: OnStep;
  /** Called with each body that is on the queue now. */
  onTaken: (body: string) => void;
  readonly stop: () => Promise<void>;
};

/** A feed of all ids from 1 to `last`, and a queue that takes everything and keeps nothing, on one port of 127.0.0.1. */
export async function serveReplay(last: number): Promise<ReplayService> {
  const server = createServer((request, response) => {
    const answer = request.method === 'GET' ? answerPage(request, last, service) : takeMessages(request, service);
    answer.then(
      (body) => send(response, body, service, request.method === 'GET' ? 'answered' : 'confirmed'),
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  const { port } = server.address() as AddressInfo;
  const service: ReplayService = {
    feedUrl: `http://127.0.0.1:${port}/v1/scans/scanevents`,
    sqsEndpoint: `http://127.0.0.1:${port}`,
    queueUrl: `http://127.0.0.1:${port}/000000000000/scans`,
    onStep: () => undefined,
    onTaken: () => undefined,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return service;
}

async function answerPage(request: IncomingMessage, last: number, service: ReplayService): Promise<string> {
  await service.onStep('asked');
  const { searchParams } = new URL(request.url ?? '', 'http://localhost');
  const [from, limit] = [Number(searchParams.get('FromEventId')), Number(searchParams.get('Limit'))];
  const events: string[] = [];
  for (let id = from; id <= last && events.length < limit; id += 1)
    events.push(
      `{"EventId":${id},"ParcelId":${(id % 5_000) + 1},"Type":"STATUS","CreatedDateTimeUtc":"2021-05-11T21:11:34.1506147Z",` +
        `"StatusCode":"","Device":{"DeviceTransactionId":${id},"DeviceId":103},"User":{"UserId":"NC1001","CarrierId":"NC","RunId":"100"}}`,
    );
  await service.onStep('read');
  return `{"ScanEvents":[${events.join(',')}]}`;
}

async function takeMessages(request: IncomingMessage, service: ReplayService): Promise<string> {
  const chunks = await request.toArray();
  await service.onStep('sending');
  const { Entries }: { Entries: readonly { Id: string; MessageBody: string }[] } = JSON.parse(
    Buffer.concat(chunks).toString(),
  );
  for (const { MessageBody } of Entries) service.onTaken(MessageBody);
  await service.onStep('taken');
  const md5 = (body: string) => createHash('md5').update(body).digest('hex');
  return JSON.stringify({
    Successful: Entries.map(({ Id, MessageBody }) => ({ Id, MessageId: Id, MD5OfMessageBody: md5(MessageBody) })),
  });
}

async function send(response: ServerResponse, body: string, service: ReplayService, step: 'answered' | 'confirmed') {
  await new Promise<void>((done) => {
    response.on('close', done);
    response.writeHead(200, { 'content-type': 'application/json' }).end(body, done);
  });
  await service.onStep(step);
}

/** The script of {@link startReplay} in one file, which starts in half the time. */
export async function bundledChild(folder: string): Promise<string> {
  const outfile = join(folder, 'replay-child.mjs');
  const entryPoints = [fileURLToPath(new URL('replay-child.ts', import.meta.url))];
  // Packages that are still CommonJS ask for Node's modules by `require`.
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  await build({ entryPoints, outfile, banner, bundle: true, platform: 'node', format: 'esm', target: 'node24' });
  return outfile;
}

type ReplayProcess = {
  readonly script: string;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly flags?: readonly string[];
};

/** A replay in a process of its own. `lines` are what it has printed; `ended` resolves once it is gone. */
export function startReplay(
  { feedUrl, queueUrl, sqsEndpoint }: ReplayService,
  { script, from, to, limit, flags = [] }: ReplayProcess,
) {
  const child: ChildProcess = spawn(
    process.execPath,
    [...flags, script, feedUrl, queueUrl, ...[from, to, limit].map(String)],
    {
      env: {
        // Of a bundle no line counts.
        NODE_V8_COVERAGE: '',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_ENDPOINT_URL_SQS: sqsEndpoint,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  return {
    kill: () => child.kill('SIGKILL'),
    ended: once(child, 'close'),
    lines: () => output.split('\n').filter((line) => line !== ''),
  };
}
