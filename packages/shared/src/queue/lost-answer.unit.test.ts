import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { serveUntilTestEnds } from '../../test/local-service.ts';
import { WaybillError } from '../error.ts';
import { noProxies } from '../http/proxies.ts';
import { openSqs } from '../process/aws-clients.ts';
import { mayHaveReceived } from './lost-answer.ts';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** What the SDK throws for a receive at this endpoint. */
async function failureAt(endpoint: string): Promise<unknown> {
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', endpoint);
  const options = {
    requestTimeoutMs: 300,
    maxSockets: 1,
    maxAttempts: 1,
    proxies: noProxies,
    endpointIsQueueHost: false,
  };
  const sqs = openSqs({ ...options, checksBodies: false });
  onTestFinished(() => sqs.destroy());
  return await sqs.send(new ReceiveMessageCommand({ QueueUrl: 'http://queue.test/1/scans' })).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const type = { 'content-type': 'application/x-amz-json-1.0' };
type Answer = Parameters<typeof serveUntilTestEnds>[0];
const error =
  (status: number, code: string): Answer =>
  (request, response) => {
    request.resume();
    response.writeHead(status, type).end(JSON.stringify({ __type: code, message: 'told' }));
  };

describe('a receive that failed may have used up receives', () => {
  test.each<[string, Answer]>([
    ['its connection was cut before the answer', (request) => request.resume().on('end', () => request.destroy())],
    [
      'its answer was cut',
      (request, response) => {
        request.resume();
        response.writeHead(200, { ...type, 'content-length': 1_000 });
        response.write('{"Messages":[');
        setTimeout(() => response.destroy(), 20);
      },
    ],
    [
      'its answer cannot be read',
      (request, response) => {
        request.resume();
        response.writeHead(200, type).end('<html>');
      },
    ],
    ['it was not answered in time', (request) => void request.resume()],
    ['it was answered by 500', error(500, 'InternalFailure')],
    ['it was answered by 503', error(503, 'ServiceUnavailable')],
  ])('where %s', async (_, answer) => {
    const failure = await failureAt(await serveUntilTestEnds(answer));
    expect(failure).toBeInstanceOf(Error);
    expect(mayHaveReceived(failure)).toBe(true);
  });

  test('where nobody knows what it was', () => {
    expect(mayHaveReceived('what?')).toBe(true);
    expect(mayHaveReceived(new Error('what?'))).toBe(true);
  });
});

describe('a receive that failed has surely received nothing', () => {
  test.each<[string, Answer]>([
    ['was forbidden', error(403, 'AccessDenied')],
    ['was made with expired credentials', error(400, 'ExpiredToken')],
    ['named no queue', error(400, 'AWS.SimpleQueueService.NonExistentQueue')],
    ['was throttled', error(400, 'RequestThrottled')],
    ['was throttled by 503', error(503, 'ThrottlingException')],
  ])('where it %s', async (_, answer) => {
    expect(mayHaveReceived(await failureAt(await serveUntilTestEnds(answer)))).toBe(false);
  });

  test('where no credentials were found in time', () => {
    expect(mayHaveReceived(new WaybillError('CREDENTIALS_UNAVAILABLE', 'no answer within 4 s'))).toBe(false);
    expect(mayHaveReceived(new WaybillError('CALL_TIMED_OUT', 'given up'))).toBe(true);
  });

  test('where nobody listens, or the host is not found', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    // A server on TCP has such an address.
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(mayHaveReceived(await failureAt(`http://127.0.0.1:${port}`))).toBe(false);
    expect(mayHaveReceived(Object.assign(new Error('no tunnel'), { code: 'ERR_PROXY_TUNNEL' }))).toBe(false);
    expect(mayHaveReceived(Object.assign(new Error('getaddrinfo ENOTFOUND'), { syscall: 'getaddrinfo' }))).toBe(false);
  });
});
