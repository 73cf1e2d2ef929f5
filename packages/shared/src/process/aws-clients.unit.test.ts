import type { IncomingHttpHeaders } from 'node:http';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mostCalls } from '@waybill/poller/queue/leased-queue.ts';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { leasedSender } from '../../../poller/test/leased-sender.ts';
import { farServer } from '../../test/far-server.ts';
import { serveUntilTestEnds } from '../../test/local-service.ts';
import { noProxies } from '../http/proxies.ts';
import { sqsSender } from '../queue/sqs-queue.ts';
import { limits } from '../resources.ts';
import { openDynamoDb, openSqs } from './aws-clients.ts';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const options = { requestTimeoutMs: 5_000, maxSockets: 4, maxAttempts: 1, proxies: noProxies };
const queueUrl = 'http://queue.test/1/scans';

function sqsAt(endpoint: string, more: Partial<typeof options> & { readonly checksBodies?: false } = {}): SQSClient {
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', endpoint);
  const sqs = openSqs({ ...options, ...more, endpointIsQueueHost: false });
  onTestFinished(() => sqs.destroy());
  return sqs;
}

function dynamoDbAt(endpoint: string): DynamoDBClient {
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  const dynamodb = openDynamoDb(options);
  onTestFinished(() => dynamodb.destroy());
  return dynamodb;
}

const send = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [{ Id: '0', MessageBody: 'scan' }] });

describe('the SDK’s own log', () => {
  const log = 'loggerMiddleware - initialize';

  test('is a middleware of this name in either client, and in neither of ours', () => {
    expect(new SQSClient().middlewareStack.identify()).toContain(log);
    expect(new DynamoDBClient().middlewareStack.identify()).toContain(log);
    expect(sqsAt('http://127.0.0.1:9').middlewareStack.identify()).not.toContain(log);
    expect(dynamoDbAt('http://127.0.0.1:9').middlewareStack.identify()).not.toContain(log);
  });

  test('is all that ours lack', () => {
    const ours = ['callLimit - initialize', 'nameMissing - initialize', 'callLimitPassed - finalizeRequest'];
    const but = (client: SQSClient | DynamoDBClient) =>
      client.middlewareStack.identify().filter((middleware) => middleware !== log);
    const withoutOurs = (client: SQSClient | DynamoDBClient) =>
      client.middlewareStack.identify().filter((middleware) => !ours.includes(middleware));
    expect(withoutOurs(sqsAt('http://127.0.0.1:9'))).toEqual(but(new SQSClient()));
    expect(withoutOurs(dynamoDbAt('http://127.0.0.1:9'))).toEqual(but(new DynamoDBClient()));
  });
});

describe('a request', () => {
  /** A service that answers everything with `answer`, and keeps the headers. */
  async function service(answer: object) {
    const seen: IncomingHttpHeaders[] = [];
    const url = await serveUntilTestEnds((request, response) => {
      seen.push(request.headers);
      request.resume();
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
    });
    return { url, seen };
  }
  const carried = (action: string, service: string, host: string) => ({
    'x-amz-target': action,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
    'amz-sdk-request': 'attempt=1; max=1',
    'user-agent': expect.stringContaining('aws-sdk-js/'),
    authorization: expect.stringMatching(
      new RegExp(
        `^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\\d{8}/eu-west-1/${service}/aws4_request, .*Signature=\\w{64}$`,
      ),
    ),
    host,
  });

  test('to SQS carries what SQS asks for', async () => {
    const { url, seen } = await service({});
    await sqsAt(url).send(send);
    expect(seen).toMatchObject([carried('AmazonSQS.SendMessageBatch', 'sqs', new URL(url).host)]);
  });

  test('to DynamoDB carries what DynamoDB asks for', async () => {
    const { url, seen } = await service({});
    await dynamoDbAt(url).send(new GetItemCommand({ TableName: 'parcels', Key: { parcelId: { N: '1' } } }));
    expect(seen).toMatchObject([carried('DynamoDB_20120810.GetItem', 'dynamodb', new URL(url).host)]);
  });

  // Linux drops a SYN for which the backlog has no room; other systems refuse it.
  test.skipIf(process.platform !== 'linux')(
    'reaches a host that takes a second to connect to, though its other address is dead',
    async () => {
      const sqs = sqsAt(await farServer());
      expect((await sqs.send(send)).$metadata.attempts).toBe(1);
    },
  );

  test('that receives is made once, and its bodies are checked by who receives', async () => {
    const { url, seen } = await service({ Messages: [{ MessageId: 'm', Body: 'scan', MD5OfBody: 'of another body' }] });
    const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl });
    expect((await sqsAt(url, { checksBodies: false }).send(receive)).Messages).toHaveLength(1);
    await expect(sqsAt(url).send(receive)).rejects.toThrow('Invalid MD5 checksum');
    expect(seen).toHaveLength(2);
  });

  test('fails where SQS has taken another body than was sent', async () => {
    const { url } = await service({ Successful: [{ Id: '0', MessageId: 'm', MD5OfMessageBody: 'of another body' }] });
    await expect(sqsAt(url).send(send)).rejects.toThrow('Invalid MD5 checksum');
  });
});

describe('sockets', () => {
  /** A service that never responds, and counts the requests that have reached it. */
  async function silentService() {
    let requests = 0;
    const url = await serveUntilTestEnds(() => {
      requests += 1;
    });
    return { url, requests: () => requests };
  }

  test('that are too few let the SDK’s timeout run out for requests that were never sent', async () => {
    const { url, requests } = await silentService();
    const sqs = sqsAt(url, { maxSockets: 1, requestTimeoutMs: 200 });
    const outcomes = await Promise.allSettled([sqs.send(send), sqs.send(send)]);
    expect(outcomes).toMatchObject([{ reason: { name: 'TimeoutError' } }, { reason: { name: 'TimeoutError' } }]);
    expect(requests()).toBe(1);
  });

  test('are there for all sends that 64 readers have under way at once, and for a question besides', async () => {
    const { url, requests } = await silentService();
    const sqs = sqsAt(url, { maxSockets: mostCalls + 1 });
    const sender = sqsSender(sqs, queueUrl);
    const queue = leasedSender(sender, new AbortController().signal);
    const full = [{ body: 'x'.repeat(limits.sendBytes) }];
    const waiting = Array.from({ length: 64 * 4 }, () => queue.sendBatch(full));
    void Promise.allSettled([...waiting, sender.depth()]);
    await vi.waitFor(() => expect(requests()).toBe(mostCalls + 1), { timeout: 20_000 });
  });
});
