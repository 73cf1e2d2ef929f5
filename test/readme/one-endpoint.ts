import { once } from 'node:events';
import { createServer, request } from 'node:http';

/** An endpoint for both services, as LocalStack has it: DynamoDB's requests by their target, the others to SQS. */
export async function oneEndpoint(sqs: string, dynamodb: string) {
  const server = createServer((incoming, response) => {
    const isDynamoDb = String(incoming.headers['x-amz-target']).startsWith('DynamoDB');
    const { method, headers, url = '/' } = incoming;
    const outgoing = request(new URL(url, isDynamoDb ? dynamodb : sqs), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: `127.0.0.1:${address.port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
