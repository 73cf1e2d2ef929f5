import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

/** A collector of traces for `traces.ts`: says its port, and at the end how many spans came, in how many bytes. */
const request = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(z.unknown()) })) })),
});
let bytes = 0;
let spans = 0;
const server = createServer((message, response) => {
  void text(message).then((body) => {
    bytes += body.length;
    for (const { scopeSpans } of request.parse(JSON.parse(body)).resourceSpans)
      for (const scope of scopeSpans) spans += scope.spans.length;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : undefined);
});
process.on('message', () => {
  console.log(`${spans} spans came, ${Math.round(bytes / Math.max(1, spans))} bytes each`);
  process.exit(0);
});
