import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export type ClientOptions = {
  /**
   * Longest time for one request, milliseconds; for a long poll, its wait and a margin. It runs while a request waits for
   * a socket, too.
   */
  readonly requestTimeoutMs: number;
  /** Sockets, and so requests under way at once: no fewer than the caller makes, or the last ones fail unsent. */
  readonly maxSockets: number;
  /** Attempts of one call, the first included; the SDK waits between them. */
  readonly maxAttempts: number;
};

/** An SQS client; region, credentials and endpoint come from the SDK's own variables. */
export function openSqs(options: ClientOptions & { readonly endpointIsQueueHost: boolean }): SQSClient {
  const sqs = new SQSClient({
    requestHandler: requestHandler(options),
    maxAttempts: options.maxAttempts,
    // The SDK otherwise sends to the host in the queue URL, whatever AWS_ENDPOINT_URL_SQS says.
    useQueueUrlAsEndpoint: options.endpointIsQueueHost,
  });
  sqs.middlewareStack.remove(unreadLog);
  return sqs;
}

/** A DynamoDB client; region, credentials and endpoint come from the SDK's own variables. */
export function openDynamoDb(options: ClientOptions): DynamoDBClient {
  const dynamodb = new DynamoDBClient({ requestHandler: requestHandler(options), maxAttempts: options.maxAttempts });
  dynamodb.middlewareStack.remove(unreadLog);
  return dynamodb;
}

/** The SDK's own log, which nobody reads: for it, each request and answer is copied, a third of what a batch costs. */
const unreadLog = 'loggerMiddleware';

function requestHandler({ requestTimeoutMs, maxSockets }: ClientOptions): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: Math.min(requestTimeoutMs, 5_000),
    requestTimeout: requestTimeoutMs,
    // Without this the timeout only logs a warning, and a hung request hangs for ever.
    throwOnRequestTimeout: true,
    // The timeout above ends with the answer's headers: a body that stops arriving would hang a write or a renewal for ever.
    socketTimeout: requestTimeoutMs,
    httpAgent: { maxSockets, keepAlive: true },
    httpsAgent: { maxSockets, keepAlive: true },
  });
}
