import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { httpHandler } from '../http/http-handler.ts';
import type { Proxies } from '../http/proxies.ts';
import { awsCredentials, credentialsWaitMs } from './aws-credentials.ts';
import { limitCalls } from './call-limit.ts';
import { attemptTimeoutMs } from './connect-attempts.ts';
import { nameMissing } from './name-missing.ts';

/** Where a service is reached and as whom, for programs that do not leave it to the SDK's own variables. */
export type ClientPlace = {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

export type ClientOptions = {
  readonly place?: ClientPlace | undefined;
  /**
   * Milliseconds that one request may take, its wait for a socket included; for a long poll, its wait plus a margin.
   */
  readonly requestTimeoutMs: number;
  /** Sockets, and so requests in flight. With fewer than the caller needs at once, the last requests fail unsent. */
  readonly maxSockets: number;
  /** Through which requests go; the SDK knows of none itself. */
  readonly proxies: Proxies;
  /** Attempts of one call, the first included; the SDK waits between them. */
  readonly maxAttempts: number;
  /** Variables that name the tables or queues, by name or URL: for errors about missing ones. */
  readonly variables?: Readonly<Record<string, string>>;
};

/** An SQS client; region, credentials and endpoint come from the SDK's own variables. */
export function openSqs(
  options: ClientOptions & {
    readonly endpointIsQueueHost: boolean;
    /** Turns off the SDK's checksums of bodies: who receives with this client checks each message itself. */
    readonly checksBodies?: false;
  },
): SQSClient {
  const sqs = new SQSClient({
    requestHandler: requestHandler(options),
    maxAttempts: options.maxAttempts,
    // The SDK otherwise sends to the host in the queue URL, whatever AWS_ENDPOINT_URL_SQS says.
    useQueueUrlAsEndpoint: options.endpointIsQueueHost,
    credentialDefaultProvider: awsCredentials,
    ...(options.checksBodies === false && { md5: false }),
    ...options.place,
  });
  sqs.middlewareStack.remove(unreadLog);
  limitCalls(sqs, callLimitMs(options));
  nameMissing(sqs, options.variables ?? {});
  return sqs;
}

/** A DynamoDB client; region, credentials and endpoint come from the SDK's own variables. */
export function openDynamoDb(options: ClientOptions): DynamoDBClient {
  const dynamodb = new DynamoDBClient({
    requestHandler: requestHandler(options),
    maxAttempts: options.maxAttempts,
    credentialDefaultProvider: awsCredentials,
    ...options.place,
  });
  dynamodb.middlewareStack.remove(unreadLog);
  limitCalls(dynamodb, callLimitMs(options));
  nameMissing(dynamodb, options.variables ?? {});
  return dynamodb;
}

/** The SDK's own log, which nobody reads. It copies each request and response: a third of the CPU of a batch. */
const unreadLog = 'loggerMiddleware';

/** Milliseconds for what a call does besides its requests and the wait for credentials: the SDK waits up to 1 s between two attempts, and a process has pauses. */
const marginMs = 3_000;

/** Longest time that a call may take, all in all. */
function callLimitMs({ requestTimeoutMs, maxAttempts }: ClientOptions): number {
  return maxAttempts * requestTimeoutMs + credentialsWaitMs + marginMs;
}

function requestHandler({ requestTimeoutMs, maxSockets, proxies }: ClientOptions): NodeHttpHandler {
  const connectionTimeout = Math.min(requestTimeoutMs, 5_000);
  const autoSelectFamilyAttemptTimeout = attemptTimeoutMs(connectionTimeout);
  return httpHandler({
    proxies,
    agent: { maxSockets, keepAlive: true, autoSelectFamilyAttemptTimeout },
    connectionTimeout,
    requestTimeout: requestTimeoutMs,
    // Without this the timeout only logs a warning, and a hung request hangs for ever.
    throwOnRequestTimeout: true,
    // The timeout above ends with the response's headers: a body that stops arriving would hang a write or a renewal.
    socketTimeout: requestTimeoutMs,
  });
}
