import { type EngineClients, openClients } from './engine-clients.ts';
import { startEngines } from './engines.ts';

/** Engines for queues and tables: the variables with which a process reaches them, and clients. */
export type Place = {
  readonly env: Readonly<Record<string, string>>;
  readonly clients: EngineClients;
  /** Closes the clients, and ends the engines if they were started for this place. */
  stop(): Promise<void>;
};

/** The engines that this environment names, if it names both; else embedded ones. Any credentials will do. */
export async function openPlace(environment: Readonly<Record<string, string | undefined>>): Promise<Place> {
  const both = environment['AWS_ENDPOINT_URL'];
  const sqs = environment['AWS_ENDPOINT_URL_SQS'] || both;
  const dynamodb = environment['AWS_ENDPOINT_URL_DYNAMODB'] || both;
  const engines = sqs && dynamodb ? { env: variablesOf(sqs, dynamodb, environment) } : await startEngines();
  const clients = openClients(engines.env);
  return {
    env: engines.env,
    clients,
    stop: async () => {
      clients.close();
      if ('stop' in engines) await engines.stop();
    },
  };
}

/**
 * The variables with which a process reaches engines at these URLs, with the region and credentials of this
 * environment.
 */
export function variablesOf(
  sqs: string,
  dynamodb: string,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_REGION: environment['AWS_REGION'] ?? 'us-east-1',
    AWS_ACCESS_KEY_ID: environment['AWS_ACCESS_KEY_ID'] ?? 'test',
    AWS_SECRET_ACCESS_KEY: environment['AWS_SECRET_ACCESS_KEY'] ?? 'test',
  };
}
