import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { expect, onTestFinished, test } from 'vitest';
import { serveUntilTestEnds } from '../../test/local-service.ts';
import { limitCalls } from './call-limit.ts';

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const receive = new ReceiveMessageCommand({ QueueUrl: 'http://queue.test/1/scans' });

function sqsAt(endpoint: string, credentials: () => Promise<typeof keys>): SQSClient {
  const sqs = new SQSClient({
    region: 'eu-west-1',
    endpoint,
    useQueueUrlAsEndpoint: false,
    credentials,
    // The limit between two bytes, which a body that trickles keeps to.
    requestHandler: new NodeHttpHandler({ requestTimeout: 150, throwOnRequestTimeout: true, socketTimeout: 150 }),
  });
  limitCalls(sqs, 300);
  onTestFinished(() => sqs.destroy());
  return sqs;
}

test('a call whose answer trickles for ever ends at its limit', async () => {
  const url = await serveUntilTestEnds((_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    const trickle = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(trickle));
  });
  const sqs = sqsAt(url, async () => keys);
  await expect(sqs.send(receive)).rejects.toMatchObject({ code: 'CALL_TIMED_OUT' });
});

test('a call that was given up while it waited for credentials sends nothing when they come', async () => {
  let requests = 0;
  const url = await serveUntilTestEnds((_, response) => {
    requests += 1;
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  const { promise, resolve } = Promise.withResolvers<typeof keys>();
  const sqs = sqsAt(url, () => promise);
  await expect(sqs.send(receive)).rejects.toMatchObject({ code: 'CALL_TIMED_OUT' });
  resolve(keys);
  expect((await sqs.send(receive)).$metadata.httpStatusCode).toBe(200);
  expect(requests).toBe(1);
});
