import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Serves on a free port of 127.0.0.1 until the test is over. Returns the URL. */
export async function serveUntilTestEnds(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

export type AwsCall = { readonly action: string; readonly input: Record<string, unknown> };

/**
 * A service that speaks AWS's JSON protocol as far as a test says: for answers that no engine gives on demand. An answer
 * with a `__type` is an error. The SDK in front of it is the real one.
 */
export async function awsJsonService(answer: (call: AwsCall) => object): Promise<{ url: string; calls: AwsCall[] }> {
  const calls: AwsCall[] = [];
  const url = await serveUntilTestEnds(async (request, response) => {
    const chunks = await request.toArray();
    const call = {
      action: String(request.headers['x-amz-target']).split('.')[1] ?? '',
      input: JSON.parse(Buffer.concat(chunks).toString()),
    };
    calls.push(call);
    const body = answer(call);
    const status = '__type' in body ? 400 : 200;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  });
  return { url, calls };
}
