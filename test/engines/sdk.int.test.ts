/** Traps of the AWS SDK and the runtime: the reasons for what `aws-clients.ts` does. */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { noProxies } from '@waybill/shared/http/proxies.ts';
import { openDynamoDb, openSqs } from '@waybill/shared/process/aws-clients.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { awsJsonService, serveUntilTestEnds } from '../../packages/shared/test/local-service.ts';
import { anyone } from './engines-under-test.ts';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', anyone.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', anyone.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', anyone.credentials.secretAccessKey);
});
afterEach(() => void vi.unstubAllEnvs());

/** The SDK warns about what is tried here on purpose. */
const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const options = { requestTimeoutMs: 300, maxSockets: 4, maxAttempts: 1, proxies: noProxies };

describe('a request that is never answered', () => {
  const silent = () => serveUntilTestEnds(() => undefined);
  const receive = (sqs: SQSClient) => sqs.send(new ReceiveMessageCommand({ QueueUrl: 'http://queue/1/scans' }));

  test('hangs the SDK past its requestTimeout', async () => {
    const requestHandler = { requestTimeout: options.requestTimeoutMs, connectionTimeout: options.requestTimeoutMs };
    const sqs = new SQSClient({
      ...{ ...anyone, endpoint: await silent(), maxAttempts: 1, useQueueUrlAsEndpoint: false, logger },
      requestHandler: { ...requestHandler, logger },
    });
    const settled = receive(sqs).then(
      () => 'answered',
      () => 'failed',
    );
    const muchLater = new Promise((resolve) => setTimeout(resolve, 5 * options.requestTimeoutMs, 'hangs'));
    expect(await Promise.race([settled, muchLater])).toBe('hangs');
    sqs.destroy();
  });

  test('fails in our SQS client', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', await silent());
    const sqs = openSqs({ ...options, endpointIsQueueHost: false });
    await expect(receive(sqs)).rejects.toMatchObject({ name: 'TimeoutError' });
    sqs.destroy();
  });

  test('fails in our DynamoDB client', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', await silent());
    const dynamodb = openDynamoDb(options);
    const get = new GetItemCommand({ TableName: 'parcels', Key: { parcelId: { N: '1' } } });
    await expect(dynamodb.send(get)).rejects.toMatchObject({ name: 'TimeoutError' });
    dynamodb.destroy();
  });

  test('is tried as often as it may be, and no more', async () => {
    let requests = 0;
    const counting = await serveUntilTestEnds(() => {
      requests += 1;
    });
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', counting);
    const sqs = openSqs({ ...options, maxAttempts: 2, endpointIsQueueHost: false });
    await expect(receive(sqs)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(requests).toBe(2);
    sqs.destroy();
  });
});

describe('an answer whose body stops arriving', () => {
  const stalling = () =>
    serveUntilTestEnds((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.write('{"It');
    });
  const get = new GetItemCommand({ TableName: 'parcels', Key: { parcelId: { N: '1' } } });

  test('hangs the SDK past its requestTimeout, even one that throws', async () => {
    const requestHandler = { requestTimeout: options.requestTimeoutMs, throwOnRequestTimeout: true };
    const dynamodb = new DynamoDBClient({ ...anyone, endpoint: await stalling(), maxAttempts: 1, requestHandler });
    const settled = dynamodb.send(get).then(
      () => 'answered',
      () => 'failed',
    );
    const muchLater = new Promise((resolve) => setTimeout(resolve, 5 * options.requestTimeoutMs, 'hangs'));
    expect(await Promise.race([settled, muchLater])).toBe('hangs');
    dynamodb.destroy();
  });

  test('fails in our clients', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', await stalling());
    const dynamodb = openDynamoDb(options);
    await expect(dynamodb.send(get)).rejects.toMatchObject({ name: 'TimeoutError' });
    dynamodb.destroy();
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', await stalling());
    const sqs = openSqs({ ...options, endpointIsQueueHost: false });
    const receive = new ReceiveMessageCommand({ QueueUrl: 'http://queue/1/scans' });
    await expect(sqs.send(receive)).rejects.toMatchObject({ name: 'TimeoutError' });
    sqs.destroy();
  });
});

describe('a request to a queue whose URL names another host than the endpoint', () => {
  const ask = async (makeClient: () => SQSClient) => {
    const [endpoint, queueHost] = [await awsJsonService(() => ({})), await awsJsonService(() => ({}))];
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', endpoint.url);
    const sqs = makeClient();
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: `${queueHost.url}/000000000000/scans` }));
    sqs.destroy();
    return { endpoint: endpoint.calls.length, queueHost: queueHost.calls.length };
  };

  test('goes to the queue’s host in the SDK, whatever AWS_ENDPOINT_URL_SQS says', async () => {
    expect(await ask(() => new SQSClient({ logger }))).toEqual({ endpoint: 0, queueHost: 1 });
  });

  test('goes to the endpoint in our client, where one is named', async () => {
    expect(await ask(() => openSqs({ ...options, endpointIsQueueHost: false }))).toEqual({ endpoint: 1, queueHost: 0 });
  });
});

describe('requests at once', () => {
  test('are as many as there are sockets, the others wait', async () => {
    let underWay = 0;
    let most = 0;
    const url = await serveUntilTestEnds((_, response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setTimeout(() => {
        underWay -= 1;
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"QueueUrl":"x"}');
      }, 20);
    });
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', url);
    const sqs = openSqs({ ...options, requestTimeoutMs: 20_000, endpointIsQueueHost: false });
    await Promise.all(Array.from({ length: 20 }, () => sqs.send(new GetQueueUrlCommand({ QueueName: 'scans' }))));
    expect(most).toBe(options.maxSockets);
    sqs.destroy();
  });
});

describe('JSON nested deep', () => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  test('is read where it can no longer be written: JSON.stringify recurses, JSON.parse does not', () => {
    const value: unknown = JSON.parse(deep(100_000));
    expect(() => JSON.stringify(value)).toThrow(RangeError);
    expect(JSON.stringify(JSON.parse(deep(1_000)))).toBe(deep(1_000));
  });
});
