import { createServer } from 'node:net';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startForwardProxy } from '../../../shared/test/forward-proxy.ts';
import { awsJsonService, serveUntilTestEnds } from '../../../shared/test/local-service.ts';
import { runCommand, useCommandLine } from '../../test/cli-rig.ts';
import { command } from '../command/command.ts';
import type { Environment } from '../io.ts';

const { run } = useCommandLine(process.env);

const queueCommand = command({
  name: 'ask queue',
  summary: 'asks the queue',
  examples: [{ line: 'ask queue', says: 'asks' }],
  prints: 'text',
  run: async (_given, tools) => {
    const { scanQueueUrl } = await tools.names('scanQueueUrl');
    await (await tools.sqs()).send(new GetQueueAttributesCommand({ QueueUrl: scanQueueUrl }));
    return undefined;
  },
});

/** What `operations list` or a question to the queue says, within 10 s. */
async function said(env: Environment, args: readonly string[] = ['operations', 'list']) {
  const begunAt = performance.now();
  const { code, stderr, stdout } = await runCommand(args, {
    env: { AWS_REGION: 'eu-west-1', OPERATIONS_TABLE: 'dev-waybill-operations', ...env },
    ...(args[0] === 'ask' && { commands: [queueCommand] }),
  });
  expect(performance.now() - begunAt).toBeLessThan(10_000);
  expect(stdout).toBe('');
  // No stack.
  expect(stderr).not.toMatch(/^\s+at /m);
  return { code, stderr };
}

const refused = { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' };

async function answering(__type: string, message = 'as it is', args: readonly string[] = ['operations', 'list']) {
  const { url } = await awsJsonService(() => ({ __type, message }));
  const { stderr, code } = await said(
    {
      AWS_ENDPOINT_URL_DYNAMODB: url,
      AWS_ENDPOINT_URL_SQS: url,
      SCAN_QUEUE_URL: `${url}/000000000000/dev-waybill-scans`,
    },
    args,
  );
  return { code, stderr: stderr.replaceAll(url, 'URL') };
}

describe('within 10 s a command says what is wrong, with what, and what to try', () => {
  test('where the engine is down', async () => {
    const { code, stderr } = await said(refused);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^waybill: DynamoDB at http:\/\/127\.0\.0\.1:1\/ does not respond \(.*ECONNREFUSED/);
    expect(stderr).toContain('Try: echo $AWS_ENDPOINT_URL_DYNAMODB');
  });

  test('where it accepts connections and never answers', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { stderr } = await said({ AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}` });
    expect(stderr).toMatch(/^waybill: DynamoDB at http:\S+ does not respond \(no answer within 8 s\)/);
  });

  test('where the proxy does not let it through', async () => {
    const proxy = await startForwardProxy('waybill:other');
    onTestFinished(() => proxy.stop());
    // The SDK reads the process's own: that of the engines on which this test may run.
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { stderr } = await said({
      AWS_ENDPOINT_URL_DYNAMODB: undefined,
      HTTPS_PROXY: `http://waybill:hunter2@127.0.0.1:${proxy.port}`,
    });
    expect(stderr).toMatch(
      /^waybill: DynamoDB in \S+ does not respond \(.*Failed to establish tunnel to dynamodb\..* 407/,
    );
    expect(stderr).toContain('Try: echo $HTTPS_PROXY $NO_PROXY');
    expect(stderr).not.toContain('hunter2');
    expect(proxy.asked[0]).toMatch(/^CONNECT dynamodb\./);
  });

  test('where another program answers', async () => {
    const url = await serveUntilTestEnds((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body>Not found</body></html>');
    });
    const { code, stderr } = await said({ AWS_ENDPOINT_URL: url });
    expect(stderr).toContain(`waybill: DynamoDB at ${url}/ answers, but not as DynamoDB does`);
    expect(stderr).toContain('Try: echo $AWS_ENDPOINT_URL\n');
    expect(code).toBe(2);
  });

  test.for(['UnrecognizedClientException', 'InvalidSignatureException'])('where AWS answers %s', async (type) => {
    const { code, stderr } = await answering(type, 'The security token included in the request is invalid.');
    expect(stderr).toMatch(/^waybill: DynamoDB at URL\/ does not accept the credentials \(\w+: The security/);
    expect(stderr).toContain('Try: aws sts get-caller-identity');
    expect(code).toBe(1);
  });

  test('where the credentials have expired', async () => {
    expect((await answering('ExpiredTokenException')).stderr).toMatch(/they have expired\n {2}Try: aws sso login/);
  });

  test('where there is no such table, or no such queue', async () => {
    const table = await run(['operations', 'list'], { env: { OPERATIONS_TABLE: 'dev-waybill-operations' } });
    expect(table).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^waybill: there is no table dev-waybill-operations on DynamoDB at \S+: OPERATIONS_TABLE names it\n {2}Try: aws dynamodb list-tables --endpoint-url "\$AWS_ENDPOINT_URL_DYNAMODB"\n/,
      ),
    });
    const queue = await run(['ask', 'queue'], {
      env: { SCAN_QUEUE_URL: 'http://127.0.0.1/000000000000/other' },
      commands: [queueCommand],
    });
    expect(queue).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no queue \S+other on SQS at \S+: SCAN_QUEUE_URL or --queue names it\n/),
    });
  });

  test('where access is denied: who, what, and which policy allows it', async () => {
    const denied = (resource: string, action: string) =>
      `User: arn:aws:sts::123456789012:assumed-role/Operator/anna is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
    const table = await answering('AccessDeniedException', denied('arn:aws:dynamodb:…', 'dynamodb:Query'));
    expect(table.stderr).toMatch(
      /^waybill: arn:aws:sts::123456789012:assumed-role\/Operator\/anna may not dynamodb:Query of dev-waybill-operations: attach/,
    );
    expect(table.stderr).toContain(`[?OutputKey=='ObserverPolicyArn']`);
    const queue = await answering('AccessDenied', denied('arn:aws:sqs:…', 'sqs:getqueueattributes'), ['ask', 'queue']);
    expect(queue.stderr).toContain('may not sqs:getqueueattributes of dev-waybill-scans');
    expect(queue.stderr).toContain(`[?OutputKey=='ObserverPolicyArn']`);
  });

  test('where names are missing or wrong: all of them at once', async () => {
    const names = command({
      name: 'ask names',
      summary: 'asks',
      examples: [{ line: 'ask names', says: 'asks' }],
      prints: 'text',
      run: async (_given, tools) =>
        void (await tools.names('scanQueueUrl', 'parcelsTable', 'failuresTable', 'batchesTable')),
    });
    const { code, stderr } = await runCommand(['ask', 'names'], {
      env: { SCAN_QUEUE_URL: 'no url', PARCELS_TABLE: 'a b', CHECKPOINTS_TABLE: 'c d' },
      commands: [names],
    });
    expect(code).toBe(2);
    for (const text of [
      'SCAN_QUEUE_URL expected',
      'PARCELS_TABLE expected',
      'FAILURES_TABLE is required',
      '--environment',
    ])
      expect(stderr).toContain(text);
    expect(stderr).not.toContain('CHECKPOINTS_TABLE');
    const both = await runCommand(['ask', 'names', '--environment', 'a', '--stack', 'b'], { commands: [names] });
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('give one of them') });
  });
});
