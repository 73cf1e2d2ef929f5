import { actShape } from '@waybill/operations/record/operation-shape.ts';
import { replayRequestsPerSecond } from '@waybill/operations/replay/plan-replay.ts';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { unpack } from '@waybill/shared/domain/pack.ts';
import { sqsConsumer } from '@waybill/shared/queue/sqs-queue.ts';
import { describe, expect, test } from 'vitest';
import { scan } from '../../../poller/test/memory-feed.ts';
import { serveUntilTestEnds } from '../../../shared/test/local-service.ts';
import { useCommandLine } from '../../test/cli-rig.ts';
import { defaultRate } from './replay.ts';

const { engines, run } = useCommandLine(process.env);

/** A feed of the ids 1 to `last`. `onRequest` is told each id that is asked for, with the token. */
async function serveFeed(last: number, onRequest: (from: number, token: string | undefined) => void = () => undefined) {
  const url = await serveUntilTestEnds((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const [from, limit] = [Number(searchParams.get('FromEventId')), Number(searchParams.get('Limit'))];
    onRequest(from, request.headers.authorization);
    const count = Math.max(0, Math.min(limit, last - from + 1));
    const ScanEvents = Array.from({ length: count }, (_, index) => scan(from + index));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ScanEvents }));
  });
  return { SCAN_API_URL: `${url}/v1/scans`, SCAN_API_TOKEN: 'planted-token' };
}

/** The ids on the queue, which is emptied, and the attributes of the messages. */
async function received() {
  const { sqs, resources } = engines();
  const queue = sqsConsumer({
    ...{ receiving: sqs, settling: sqs, queueUrl: resources.scanQueueUrl },
    ...{ waitSeconds: 0, visibilityTimeoutSeconds: 30 },
  });
  const ids = new Set<number>();
  const announces = new Set<string | undefined>();
  for (let messages = await queue.receive(); messages.length > 0; messages = await queue.receive()) {
    for (const { body, attributes } of messages) {
      announces.add(attributes['announce']);
      const unpacked = unpack(body);
      if (unpacked.kind === 'pack') for (const one of unpacked.elements) if ('event' in one) ids.add(one.event.eventId);
    }
    await queue.deleteBatch(messages.map(({ receiptHandle }) => receiptHandle));
  }
  return { ids: [...ids].sort((a, b) => a - b), announces: [...announces] };
}

const range = ['replay', '--from', '5', '--to', '64', '--limit', '10', '--requests-per-second', '500'];
const act = ['--yes', '--because', 'a test'];
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('waybill replay', () => {
  test('has the default pace of the operation', () => {
    expect(defaultRate).toBe(replayRequestsPerSecond);
  });

  test('shows its plan, sends the range to the queue on record, and announces nothing', async () => {
    const tokens = new Set<string | undefined>();
    const env = await serveFeed(100, (_from, token) => tokens.add(token));
    const { dynamodb, resources } = engines();
    const store = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed: 'scan-events' });
    await store.acquire(undefined, 'poller/0');
    await store.renew({ token: 1, holder: 'poller/0' }, 60);
    const before = await store.read();

    const dry = await run([...range, '--dry-run', '--json'], { env });
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(actShape.parse(JSON.parse(dry.stdout))).toMatchObject({
      count: 60,
      notLookedAt: expect.arrayContaining(['at most 6 pages in 1 s, at 500 requests per second']),
      warnings: ["4 of these EventIds lie beyond the poller's position 60: it will read them, too"],
    });
    expect(await received()).toEqual({ ids: [], announces: [] });

    const human = await run([...range, ...act], { env, columns: 80 });
    expect(human.code).toBe(0);
    expect(human.stderr).toContain('Replays EventIds 5 to 64 of the feed scan-events to');
    expect(human.stdout).toMatch(/^done: events \d+, rejected 0, messages \d+, pages \d+\n/);
    expect([...human.stdout.split('\n'), ...human.stderr.split('\n')].filter((line) => line.length > 80)).toEqual([]);
    expect(await received()).toEqual({ ids: ids(5, 64), announces: ['never'] });
    expect(await store.read()).toEqual(before);
    expect([...tokens]).toEqual(['Bearer planted-token']);
    expect(JSON.stringify([dry, human])).not.toContain('planted-token');

    const loud = await run([...range, ...act, '--announce', '--json'], { env });
    expect(JSON.parse(loud.stdout)).toMatchObject({ outcome: 'done', plan: { count: 60 } });
    expect(await received()).toEqual({ ids: ids(5, 64), announces: [undefined] });
  });

  test('ends at Ctrl-C after the page in hand, and prints the command that goes on', async () => {
    const ctrlC = new AbortController();
    const env = await serveFeed(100, (from) => from > 30 && ctrlC.abort());
    const { code, stderr, stdout } = await run([...range, ...act, '--json'], { env, first: ctrlC.signal });
    const [, next] = /^To go on: waybill replay --from (\d+) --to 64$/m.exec(stderr) ?? [];
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'cancelled' });
    const { ids: first } = await received();
    expect(first).toEqual(expect.arrayContaining(ids(5, Number(next) - 1)));
    await run([...range.with(2, String(next)), ...act], { env: await serveFeed(100) });
    expect([...new Set([...first, ...(await received()).ids])].sort((a, b) => a - b)).toEqual(ids(5, 64));
  });

  test.each([
    ['the feed', {}, /SCAN_API_URL/],
    ['a pace', { SCAN_API_URL: 'http://127.0.0.1:9/', MAX_QUEUE_MESSAGES: 'many' }, /MAX_QUEUE_MESSAGES/],
  ])('with a wrong setting of %s is a wrong configuration', async (_name, env, what) => {
    const { code, stderr } = await run([...range, ...act], { env });
    expect({ code, says: what.test(stderr) }).toEqual({ code: 2, says: true });
  });

  test('with a range that is none, and without its ends, is a wrong usage', async () => {
    const env = await serveFeed(10);
    expect(await run(['replay', '--from', '9', '--to', '8', '--dry-run'], { env })).toMatchObject({ code: 2 });
    expect(await run(['replay', '--from', '9'], { env })).toMatchObject({ code: 2 });
  });
});
