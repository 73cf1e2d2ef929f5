import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { serveUntilTestEnds } from '../../../shared/test/local-service.ts';
import { type RunOptions, runCommand, useCommandLine } from '../../test/cli-rig.ts';
import { command } from '../command/command.ts';
import type { Environment } from '../io.ts';

const { engines, env } = useCommandLine(process.env);

const names = command({
  name: 'names',
  summary: 'prints the names',
  examples: [{ line: 'names', says: 'prints them' }],
  prints: 'document',
  run: async (_given, tools) => {
    tools.print.document(
      await tools.names('scanQueueUrl', 'parcelsTable', 'operationsTable', 'batchesTable', 'feed'),
      () => [],
    );
    return undefined;
  },
});

const who = command({
  name: 'who',
  summary: 'prints who runs this',
  examples: [{ line: 'who', says: 'prints it' }],
  prints: 'text',
  run: async (_given, tools) => {
    tools.print.text([await tools.by()]);
    return undefined;
  },
});

const run = (args: readonly string[], options: RunOptions) => runCommand(args, { ...options, commands: [names, who] });

/** CloudFormation or STS, which speak XML. Answers with this document, or with an error of this code. */
async function xmlService(answer: string | { readonly code: string; readonly message: string }) {
  return await serveUntilTestEnds((_request, response) => {
    if (typeof answer === 'string') return void response.writeHead(200, { 'content-type': 'text/xml' }).end(answer);
    const error = `<Error><Type>Sender</Type><Code>${answer.code}</Code><Message>${answer.message}</Message></Error>`;
    response.writeHead(400, { 'content-type': 'text/xml' }).end(`<ErrorResponse>${error}</ErrorResponse>`);
  });
}

const stackWith = (outputs: Readonly<Record<string, string>>) => {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const stack = `<StackName>waybill-dev-data</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-28T00:00:00Z</CreationTime><Outputs>${members.join('')}</Outputs>`;
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>${stack}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
};

const outputs = {
  ScanQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/dev-waybill-scans',
  ParcelsTable: 'dev-waybill-parcels',
  OperationsTable: 'dev-waybill-operations',
};

describe('the names of queues and tables', () => {
  test('are those of the variables, of which only the required ones must be set', async () => {
    const variables = await env();
    const { stdout } = await run(['names', '--json'], { env: { ...variables, FEED: 'north' } });
    expect(JSON.parse(stdout)).toEqual({
      scanQueueUrl: variables['SCAN_QUEUE_URL'],
      parcelsTable: variables['PARCELS_TABLE'],
      operationsTable: variables['OPERATIONS_TABLE'],
      feed: 'north',
    });
  });

  test("are an environment's with --environment, which wins over variables; SQS says the queue's URL", async () => {
    const { parcelsTable, scanQueueUrl, operationsTable } = engines().resources;
    const environment = parcelsTable.slice(0, -tables.parcels.name.length - 1);
    const { AWS_ENDPOINT_URL_SQS } = await env();
    const { stdout } = await run(['names', '--json', '--environment', environment], {
      env: { AWS_ENDPOINT_URL_SQS, PARCELS_TABLE: 'another', FEED: 'north' },
    });
    expect(JSON.parse(stdout)).toEqual({
      ...{ parcelsTable, operationsTable, feed: 'north', batchesTable: `${environment}-waybill-batches` },
      scanQueueUrl: expect.stringContaining(scanQueueUrl.split('/').at(-1) ?? ''),
    });
    const other = await run(['names', '--environment', 'nowhere'], { env: { AWS_ENDPOINT_URL_SQS } });
    expect(other).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /there is no queue nowhere-waybill-scans on SQS at \S+: is nowhere the environment/,
      ),
    });
    expect(await run(['names', '--environment', 'No where'], { env: {} })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--environment expected'),
    });
  });

  test("are a stack's outputs with --stack", async () => {
    const AWS_ENDPOINT_URL_CLOUDFORMATION = await xmlService(stackWith(outputs));
    const { stdout } = await run(['names', '--json', '--stack', 'waybill-dev-data'], {
      env: { AWS_ENDPOINT_URL_CLOUDFORMATION, PARCELS_TABLE: 'another' },
    });
    expect(JSON.parse(stdout)).toEqual({
      ...{ scanQueueUrl: outputs.ScanQueueUrl, parcelsTable: 'dev-waybill-parcels' },
      ...{ operationsTable: 'dev-waybill-operations', feed: 'scan-events' },
    });
  });

  test('that a stack has not are named, and a stack that is not there, too', async () => {
    const { ParcelsTable: _, ...fewer } = outputs;
    const old = await run(['names', '--stack', 'waybill-dev-data'], {
      env: { AWS_ENDPOINT_URL_CLOUDFORMATION: await xmlService(stackWith(fewer)) },
    });
    expect(old).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no output ParcelsTable: it is not a data stack, or one of an older release'),
    });
    const none = { code: 'ValidationError', message: 'Stack with id nowhere does not exist' };
    const missing = await run(['names', '--stack', 'nowhere'], {
      env: { AWS_ENDPOINT_URL_CLOUDFORMATION: await xmlService(none) },
    });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringMatching(/^waybill: there is no stack nowhere /) });
  });
});

describe('who runs an act', () => {
  const arn = 'arn:aws:sts::123456789012:assumed-role/Operator/anna';
  const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>A</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
  const local = { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:2' };
  const asked = async (variables: Environment) => await run(['who'], { env: variables });

  test('is the user of this machine on local engines without STS', async () => {
    expect(await asked(local)).toEqual({ code: 0, stdout: 'local:tester\n', stderr: '' });
  });

  test('is what STS says, on LocalStack and on AWS', async () => {
    const url = await xmlService(identity);
    expect(await asked({ AWS_ENDPOINT_URL: url })).toMatchObject({ stdout: `${arn}\n` });
    expect(await asked({ ...local, AWS_ENDPOINT_URL_STS: url })).toMatchObject({ stdout: `${arn}\n` });
    const aws = { AWS_ENDPOINT_URL_SQS: 'https://sqs.eu-west-1.amazonaws.com', AWS_ENDPOINT_URL_STS: url };
    expect(await asked(aws)).toMatchObject({ stdout: `${arn}\n` });
  });

  test('must be said: the act is refused where STS does not', async () => {
    const refused = { code: 'InvalidClientTokenId', message: 'The security token included in the request is invalid' };
    const { code, stdout, stderr } = await asked({ AWS_ENDPOINT_URL_STS: await xmlService(refused) });
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(
      /^waybill: Nothing was done: .* STS does not say who you are: STS at \S+ does not accept the cred/,
    );
    expect(await asked({ AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1' })).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/does not respond \(.*ECONNREFUSED/),
    });
  });
});
