import { once } from 'node:events';
import { createServer } from 'node:http';

export type HastyQueue = { readonly url: string; readonly stop: () => Promise<void> };

/** An engine of SQS before which nobody waits: it makes every long poll of the one at `engineUrl` a short one. */
export async function startHastyQueue(engineUrl: string): Promise<HastyQueue> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks)
        .toString()
        .replace(/("WaitTimeSeconds":)\d+/, '$10');
      const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
      const answer = await fetch(new URL(request.url ?? '/', engineUrl), {
        method: request.method ?? 'POST',
        headers: Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
        body,
      });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`listens on ${address}, not on a port`);
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
