import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describeError } from '@waybill/shared/error.ts';
import { httpHandler } from '@waybill/shared/http/http-handler.ts';
import { awsCredentials, credentialsWaitMs } from '@waybill/shared/process/aws-credentials.ts';
import { limitCalls } from '@waybill/shared/process/call-limit.ts';
import { shellLines } from '@waybill/shared/process/shell-variables.ts';
import type { ProvisionerOptions } from './config.ts';
import { waitForEngines } from './engine-wait.ts';
import { provisionOrCompare } from './provision.ts';
import { adviceLines, resourceVariables, resultLines, variableLines } from './report.ts';
import { isOfThisMachine, standInVariables } from './stand-ins.ts';

/** Milliseconds for one request: LocalStack starts its DynamoDB with the first one, which takes some seconds. */
const requestLimitMs = 15_000;
/** The SDK's own number. */
const maxAttempts = 3;

export type ProvisionerDependencies = {
  readonly say: (line: string) => void;
  /** Takes the variables' lines alone under `--export`. */
  readonly sayVariables: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly randomBytes: (count: number) => Buffer;
  readonly signal: AbortSignal;
};

/** Creates or compares what `options` name, and prints a report. Returns the exit code. */
export async function runProvisioner(
  options: ProvisionerOptions,
  { say, sayVariables, env, randomBytes, signal }: ProvisionerDependencies,
): Promise<number> {
  const { endpoints, region, prefix, openIndex, proxies } = options;
  // An engine that accepts a request and never responds must end in an error, too.
  const requestHandler = httpHandler({
    ...{ connectionTimeout: 5_000, requestTimeout: requestLimitMs, throwOnRequestTimeout: true },
    agent: { keepAlive: true },
    proxies,
  });
  const shared = { region, requestHandler, maxAttempts, credentialDefaultProvider: awsCredentials };
  const sqs = new SQSClient({
    ...shared,
    // The SDK otherwise sends to the host in the queue URL, whatever the endpoint.
    ...(endpoints && { endpoint: endpoints.sqs, useQueueUrlAsEndpoint: false }),
  });
  const dynamodb = new DynamoDBClient({ ...shared, ...(endpoints && { endpoint: endpoints.dynamodb }) });
  for (const client of [sqs, dynamodb]) limitCalls(client, maxAttempts * requestLimitMs + credentialsWaitMs);
  const names = {
    sqs: `SQS at ${endpoints?.sqs ?? `AWS, ${region}`}`,
    dynamodb: `DynamoDB at ${endpoints?.dynamodb ?? `AWS, ${region}`}`,
  };
  try {
    say(`${names.sqs}\n${names.dynamodb}\n`);
    const limitMs = options.waitSeconds * 1_000;
    const onWait = (name: string, error: unknown) => say(`waiting for ${name}\n  ${describeError(error)}`);
    await waitForEngines({ sqs, dynamodb, names, limitMs, now: performance.now.bind(performance), signal, onWait });
    const wanted = { sqs, dynamodb, prefix, openIndex, signal };
    let { resources, results } = await provisionOrCompare(wanted);
    const fixes = results.flatMap(({ drift }) => drift.flatMap(({ fix }) => fix ?? []));
    if (options.fix && fixes.length > 0) {
      say([...resultLines(results), '', 'Corrected what can be corrected. Now:', ''].join('\n'));
      for (const fix of fixes) await fix();
      ({ resources, results } = await provisionOrCompare(wanted));
    }
    say([...resultLines(results), ''].join('\n'));
    const variables = {
      ...resourceVariables(options, resources),
      ...(endpoints && isOfThisMachine(endpoints.sqs) && standInVariables(env, randomBytes)),
    };
    if (options.isExport) sayVariables(shellLines(variables).join('\n'));
    else say(variableLines(variables).join('\n'));
    const advice = adviceLines(results, options.fix);
    if (advice.length === 0) return 0;
    say(['', ...advice].join('\n'));
    return 1;
  } finally {
    sqs.destroy();
    dynamodb.destroy();
  }
}
