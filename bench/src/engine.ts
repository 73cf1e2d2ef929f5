import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startEngines } from '@waybill/local/engines/engines.ts';
import { provision, type Resources } from '@waybill/local/provisioner/provision.ts';
import type { NamedEngines } from './options.ts';

/** The most that SQS allows: moto hands a message to several receives at once, and must not take that for failures. */
const maxReceiveCount = 1_000;

/** Engines that a pipeline can be run on. */
export type Engine = {
  readonly name: string;
  readonly sqsEndpoint: string;
  readonly dynamodbEndpoint: string;
  /** What a child process needs to reach them. */
  readonly env: Readonly<Record<string, string>>;
  readonly dynamodb: DynamoDBClient;
  /** Queues and tables of their own for one run. */
  provision(): Promise<Resources>;
  remove(resources: Resources): Promise<void>;
  stop(): Promise<void>;
};

export async function embeddedEngine(): Promise<Engine> {
  const engines = await startEngines();
  return engineOf({
    name: 'embedded (fauxqs, dynalite)',
    sqsEndpoint: engines.sqsEndpoint,
    dynamodbEndpoint: engines.dynamodbEndpoint,
    env: engines.env,
    stop: () => engines.stop(),
  });
}

export function namedEngine({ name, sqs, dynamodb }: NamedEngines): Engine {
  const env = {
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_REGION: process.env['AWS_REGION'] ?? 'us-east-1',
    AWS_ACCESS_KEY_ID: process.env['AWS_ACCESS_KEY_ID'] ?? 'test',
    AWS_SECRET_ACCESS_KEY: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'test',
  };
  return engineOf({ name, sqsEndpoint: sqs, dynamodbEndpoint: dynamodb, env, stop: async () => undefined });
}

function engineOf(
  engine: Pick<Engine, 'name' | 'sqsEndpoint' | 'dynamodbEndpoint' | 'stop'> & {
    env: Record<string, string> | Engine['env'];
  },
): Engine {
  const shared = {
    region: engine.env['AWS_REGION'] ?? 'us-east-1',
    credentials: {
      accessKeyId: engine.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: engine.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  };
  const sqs = new SQSClient({ ...shared, endpoint: engine.sqsEndpoint, useQueueUrlAsEndpoint: false });
  const dynamodb = new DynamoDBClient({ ...shared, endpoint: engine.dynamodbEndpoint });
  let count = 0;
  return {
    ...engine,
    dynamodb,
    provision: () => {
      count += 1;
      return provision({ sqs, dynamodb, prefix: `bench-${process.pid}-${count}-`, queue: { maxReceiveCount } });
    },
    remove: async (resources) => {
      const { scanQueueUrl, deadLetterQueueUrl, parcelsTable, checkpointsTable, failuresTable } = resources;
      for (const QueueUrl of [scanQueueUrl, deadLetterQueueUrl]) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      for (const TableName of [parcelsTable, checkpointsTable, failuresTable])
        await dynamodb.send(new DeleteTableCommand({ TableName }));
    },
    stop: async () => {
      sqs.destroy();
      dynamodb.destroy();
      await engine.stop();
    },
  };
}
