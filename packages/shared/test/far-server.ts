import dns from 'node:dns';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { onTestFinished, vi } from 'vitest';

/** Serves HTTP, and from 50 ms after the beginning accepts nothing for 700 ms: whoever is not in its backlog of two connects at the second SYN, after 1 s. */
const program = `
  const { createServer } = require('node:http');
  const { parentPort } = require('node:worker_threads');
  const server = createServer((request, response) => response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"ScanEvents":[]}'));
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700), 50);
  });`;

/**
 * A server that takes 1 s to connect to, under a name whose other address nobody answers at. The connections are real:
 * only the resolution of names is the test's, for as long as it runs. To be asked at once.
 */
export async function farServer(): Promise<string> {
  const worker = new Worker(program, { eval: true });
  const [port]: number[] = await once(worker, 'message');
  await delay(100);
  const fillers = Array.from({ length: 4 }, () => connect(port ?? 0, '127.0.0.1').on('error', () => undefined));
  await delay(50);
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  const lookup = (_name: unknown, _options: unknown, found: (error: null, all: typeof addresses) => void) =>
    found(null, addresses);
  // Node's lookup has overloads that no function of one shape matches.
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
  onTestFinished(async () => {
    spy.mockRestore();
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  });
  return `http://far.test:${port}`;
}
