import { request } from 'node:http';
import { type EngineProxy, startEngineProxy } from '../../bench/src/counting/engine-proxy.ts';

/** A call to SQS or DynamoDB as it went over the wire. */
export type EngineCall = {
  readonly service: 'sqs' | 'dynamodb';
  /** `Query`, `SendMessageBatch`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
};

/** Stands before an engine, passes every request on (a long poll as a short one), and says which call it is. */
export async function recordCalls(
  target: string,
  service: EngineCall['service'],
  onCall: (call: EngineCall) => void,
): Promise<EngineProxy> {
  const { hostname, port } = new URL(target);
  return await startEngineProxy((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const [, operation = ''] = String(incoming.headers['x-amz-target']).split('.');
      const input = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
      onCall({ service, operation, input });
      // What is in the queue is there before the command starts: a long poll would only take the test's time.
      const body = Buffer.from(JSON.stringify('WaitTimeSeconds' in input ? { ...input, WaitTimeSeconds: 0 } : input));
      const { method, url } = incoming;
      const headers = { ...incoming.headers, 'content-length': body.length };
      const passed = request({ hostname, port, method, path: url, headers }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      outgoing.on('close', () => passed.destroy());
      passed.end(body);
    });
  });
}
