import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type ProvisionOptions, provision, type Resources } from '@waybill/provisioner/provision.ts';
import { afterAll, beforeAll } from 'vitest';
import { uncovered } from '../../../test/ground/uncovered.ts';
import { startEngines } from '../../local/src/engines/engines.ts';

export type OnEngines = { readonly sqs: SQSClient; readonly dynamodb: DynamoDBClient; readonly resources: Resources };

/**
 * Queues and tables of this test file's own, on the engines that `env`'s `AWS_ENDPOINT_URL_SQS` and `AWS_ENDPOINT_URL_DYNAMODB`
 * name, else on embedded ones.
 */
export function useEngines(
  env: Readonly<Record<string, string | undefined>>,
  queue: ProvisionOptions['queue'] = {},
): () => OnEngines {
  let engines: OnEngines | undefined;
  let stop = async () => {};
  beforeAll(async () => {
    let { AWS_ENDPOINT_URL_SQS: sqsEndpoint, AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint } = env;
    if (!sqsEndpoint || !dynamodbEndpoint) {
      const embedded = await uncovered(() => startEngines());
      stop = embedded.stop;
      sqsEndpoint ||= embedded.sqsEndpoint;
      dynamodbEndpoint ||= embedded.dynamodbEndpoint;
    }
    const settings = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    const sqs = new SQSClient({ ...settings, endpoint: sqsEndpoint, useQueueUrlAsEndpoint: false });
    const dynamodb = new DynamoDBClient({ ...settings, endpoint: dynamodbEndpoint });
    const resources = await provision({ sqs, dynamodb, prefix: `processor-${process.pid}-${Date.now()}-`, queue });
    engines = { sqs, dynamodb, resources };
  });
  afterAll(() => stop());
  return () => {
    if (!engines) throw new Error('the engines are there from beforeAll on');
    return engines;
  };
}
