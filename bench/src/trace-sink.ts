import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** A collector of traces for `traces.ts`: says its port, and at the end how many spans came, in how many bytes. */
let bytes = 0;
let spans = 0;
const server = createServer((message, response) => {
  void text(message).then((body) => {
    bytes += body.length;
    // Each span has one, and nothing else.
    spans += body.split('"startTimeUnixNano"').length - 1;
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
