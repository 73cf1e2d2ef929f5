import { DeleteTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { startEngines } from '@waybill/local/engines/engines.ts';
import { variablesOf } from '@waybill/local/engines/place.ts';
import { provision, type Resources } from '@waybill/provisioner/provision.ts';

/** The highest that SQS allows: moto gives a message to several receives at once, which must not count as failures. */
const maxReceiveCount = 1_000;

/** Endpoints of engines that run elsewhere. */
export type NamedEngines = { readonly name: string; readonly sqs: string; readonly dynamodb: string };

/** Engines that a pipeline can be run on. */
export type Engine = {
  readonly name: string;
  readonly sqsEndpoint: string;
  readonly dynamodbEndpoint: string;
  /** What a child process needs to reach them. */
  readonly env: Readonly<Record<string, string>>;
  readonly dynamodb: DynamoDBClient;
  /** Creates queues and tables for one run. */
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
  const env = variablesOf(sqs, dynamodb, process.env);
  return engineOf({ name, sqsEndpoint: sqs, dynamodbEndpoint: dynamodb, env, stop: async () => undefined });
}

function engineOf(engine: Pick<Engine, 'name' | 'sqsEndpoint' | 'dynamodbEndpoint' | 'env' | 'stop'>): Engine {
  const { sqs, dynamodb, close } = openClients(engine.env);
  let count = 0;
  return {
    ...engine,
    dynamodb,
    provision: () => {
      count += 1;
      // A deployment has no index by default.
      const settings = { queue: { maxReceiveCount }, openIndex: false };
      return provision({ sqs, dynamodb, prefix: `bench-${process.pid}-${count}-`, ...settings });
    },
    remove: async (resources) => {
      for (const [resource, name] of Object.entries(resources)) {
        if (resource.endsWith('QueueUrl')) await sqs.send(new DeleteQueueCommand({ QueueUrl: name }));
        else await dynamodb.send(new DeleteTableCommand({ TableName: name }));
      }
    },
    stop: async () => {
      close();
      await engine.stop();
    },
  };
}
