import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';

export type EngineClients = {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  close(): void;
};

/** Clients for the engines that these variables name. This process's own environment is ignored. */
export function openClients(env: Readonly<Record<string, string>>): EngineClients {
  const shared = {
    region: env['AWS_REGION'] ?? 'us-east-1',
    credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '' },
  };
  const sqs = new SQSClient({
    ...shared,
    ...endpoint(env['AWS_ENDPOINT_URL_SQS']),
    // The SDK otherwise sends to the host in the queue URL, whatever the endpoint.
    useQueueUrlAsEndpoint: false,
  });
  const dynamodb = new DynamoDBClient({ ...shared, ...endpoint(env['AWS_ENDPOINT_URL_DYNAMODB']) });
  return {
    sqs,
    dynamodb,
    close: () => {
      sqs.destroy();
      dynamodb.destroy();
    },
  };
}

function endpoint(url: string | undefined): { endpoint: string } | object {
  return url === undefined ? {} : { endpoint: url };
}
