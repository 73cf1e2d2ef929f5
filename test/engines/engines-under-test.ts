import { startEngines } from '@waybill/local/engines/engines.ts';
import { afterAll } from 'vitest';
import { uncovered } from '../ground/uncovered.ts';

/** One engine that a suite runs on. */
export type EngineUnderTest = {
  readonly name: string;
  readonly open: () => Promise<{ readonly endpoint: string; readonly close: () => Promise<void> }>;
};

/** The engine that the environment names; without one the embedded engine, as in `npm run test:across`. */
export function enginesUnderTest(service: 'sqs' | 'dynamodb'): readonly EngineUnderTest[] {
  const named = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || process.env['AWS_ENDPOINT_URL'];
  const embedded: EngineUnderTest = {
    name: service === 'sqs' ? 'the embedded SQS' : 'the embedded DynamoDB',
    open: async () => {
      const engines = await uncovered(() => startEngines());
      const endpoint = service === 'sqs' ? engines.sqsEndpoint : engines.dynamodbEndpoint;
      return { endpoint, close: engines.stop };
    },
  };
  if (!named) return [embedded];
  return [{ name: named, open: async () => ({ endpoint: named, close: async () => {} }) }];
}

/** Settings that every engine accepts; no test runs against an account. */
export const anyone = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

/**
 * Where engines differ, a test finds out what this one does and expects the code to work with it. The difference is
 * printed when the suite ends, so that it is known.
 */
export function differences(engine: string): (behaviour: string, way: string) => void {
  const lines: string[] = [];
  afterAll(() => {
    if (lines.length > 0) console.info(`${engine}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  });
  return (behaviour, way) => lines.push(`${behaviour}: ${way}`);
}
