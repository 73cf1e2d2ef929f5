import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { statusShape } from '@waybill/operations/status/status-shape.ts';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { useCommandLine } from '../../test/cli-rig.ts';

const { engines, run: runIn } = useCommandLine(process.env);
/** The lease of these tests is renewed by nobody, and they may be slow. */
const run: typeof runIn = (args, { env, ...options } = {}) =>
  runIn(args, { ...options, env: { LEASE_SECONDS: '300', ...env } });

beforeAll(async () => {
  const { sqs, dynamodb, resources } = engines();
  const store = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed: 'scan-events' });
  await store.acquire(undefined, 'a/0');
  const now = new Date().toISOString();
  const progress = { caughtUpAtUtc: now, newestScanUtc: now, headEventId: 110_581 };
  await store.renew({ token: 1, holder: 'a/0' }, 110_581, { openGaps: undefined, watermark: 110_581 }, progress);
  await sqs.send(new SendMessageCommand({ QueueUrl: resources.deadLetterQueueUrl, MessageBody: '1' }));
});

describe('waybill status', () => {
  test('says in a sentence how it is, and what that is made of, in 80 columns', async () => {
    const { code, stdout } = await run(['status'], { columns: 80, env: { NO_COLOR: '1' } });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(stdout.replaceAll('\n', ' ')).toMatch(
      /^Complete through EventId 110581, \d+ s behind\. 1 dead letter\. Look what they are: waybill dlq list\. /,
    );
    for (const line of [/^lease +a\/0, token 1, alive$/m, /^dead letters +1 visible, 0 in flight, 0 delayed$/m])
      expect(stdout).toMatch(line);
    const json = await run(['status', '--json']);
    expect(statusShape.parse(JSON.parse(json.stdout))).toMatchObject({
      position: { lastEventId: 110_581 },
      deadLetters: { visible: 1, oldestSeconds: null },
    });
  });

  test('shows the rest where SQS is away, names what it could not ask, and ends with 3', async () => {
    const env = { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9', NO_COLOR: '1' };
    const { code, stdout } = await run(['status'], { env, columns: 80 });
    expect(code).toBe(3);
    expect(stdout).toMatch(/^Complete through EventId 110581/);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('Could not be asked: the dead-letter queue and the queue.');
    expect(stdout).toMatch(/^not asked +deadLetters: SQS at http:\/\/127\.0\.0\.1:9/m);
  });

  test('of a feed that nobody reads says so', async () => {
    const { code, stdout } = await run(['status', '--json'], { env: { FEED: 'other' } });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ position: null, sentence: expect.stringContaining('Start a poller.') });
  });

  test('refuses a wrong setting before it asks anybody', async () => {
    expect(await run(['status'], { env: { LEASE_SECONDS: '0' } })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('LEASE_SECONDS'),
    });
  });
});
