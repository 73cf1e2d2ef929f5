import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { CommandLineIo } from '../io.ts';
import { watchCalls } from './watch-calls.ts';

/** Clients, each opened once, when it is first asked for. Their modules are loaded then: that takes most of the start. */
export type Clients = {
  readonly sqs: () => Promise<SQSClient>;
  readonly dynamodb: () => Promise<DynamoDBClient>;
  readonly documents: () => Promise<DynamoDBDocumentClient>;
  readonly outputsOf: (stack: string) => Promise<Readonly<Record<string, string>>>;
  readonly callerArn: () => Promise<string>;
  readonly close: () => void;
};

type Client = { readonly destroy: () => void; readonly middlewareStack: object };

/** A long poll takes 20 s; what never answers is given up sooner. */
const requestTimeoutMs = 25_000;
const maxAttempts = 5;
/** Acts work on several messages and records at once. */
const maxSockets = 64;

export function createClients({ env, place }: Pick<CommandLineIo, 'env' | 'place'>): Clients {
  const opened: Client[] = [];
  const keep = <T extends Client>(client: T, service: string): T => {
    opened.push(client);
    watchCalls(client, service);
    return client;
  };
  const options = async () => {
    const { readProxies } = await import('@waybill/shared/process/proxy-variables.ts');
    return { requestTimeoutMs, maxAttempts, maxSockets, proxies: readProxies(env) };
  };
  const endpointIsQueueHost = !env['AWS_ENDPOINT_URL'] && !env['AWS_ENDPOINT_URL_SQS'];
  const sqs = once(async () => {
    const { openSqs } = await import('@waybill/shared/process/aws-clients.ts');
    // One message with a wrong checksum must not hide the nine that came with it.
    const sqs = openSqs({ ...(await options()), endpointIsQueueHost, checksBodies: false, place: place('sqs') });
    return keep(sqs, 'SQS');
  });
  const dynamodb = once(async () => {
    const { openDynamoDb } = await import('@waybill/shared/process/aws-clients.ts');
    return keep(openDynamoDb({ ...(await options()), place: place('dynamodb') }), 'DynamoDB');
  });
  const documents = once(async () => {
    const { DynamoDBDocumentClient } = await import('@aws-sdk/lib-dynamodb');
    return DynamoDBDocumentClient.from(await dynamodb());
  });
  return {
    sqs,
    dynamodb,
    documents,
    callerArn: async () => {
      const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
      const sts = keep(new STSClient({ ...(await short(env)), ...place('sts') }), 'STS');
      const { Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
      return Arn;
    },
    outputsOf: async (StackName) => {
      const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
      const cloudFormation = keep(
        new CloudFormationClient({ ...(await short(env)), ...place('cloudformation') }),
        'CloudFormation',
      );
      const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
      return Object.fromEntries(
        (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      );
    },
    close: () => {
      for (const client of opened) client.destroy();
    },
  };
}

/** For services that are asked once. */
async function short(env: CommandLineIo['env']) {
  const { awsCredentials } = await import('@waybill/shared/process/aws-credentials.ts');
  const { httpHandler } = await import('@waybill/shared/http/http-handler.ts');
  const { readProxies } = await import('@waybill/shared/process/proxy-variables.ts');
  const requestHandler = httpHandler({
    ...{ connectionTimeout: 3_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
    agent: { keepAlive: true },
    proxies: readProxies(env),
  });
  return { maxAttempts: 2, requestHandler, credentialDefaultProvider: awsCredentials };
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}
