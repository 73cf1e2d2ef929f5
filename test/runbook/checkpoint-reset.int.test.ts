import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import { afterEach, expect, test, vi } from 'vitest';
import { useCommandLine } from '../../packages/cli/test/cli-rig.ts';
import { scans } from '../../packages/poller/test/memory-feed.ts';
import { rig } from '../../packages/poller/test/poller-rig.ts';
import { waybillLines } from './waybill-lines.ts';

const { engines, run } = useCommandLine(process.env);

/** The runbook's `waybill checkpoint set`, as it stands there; without a terminal it needs `--yes`. */
const command = waybillLines().find(({ line }) => line.startsWith('waybill checkpoint set '))?.args ?? [];
const reset = [...command, '--yes'];

/** The last EventId that counts as done in the runbook, and the next one that is read. */
const [done, next] = [83_268, 83_269];
const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

test('the reset in the runbook makes a running poller stop, take its lease again and read from there', async () => {
  const { dynamodb, resources } = engines();
  const checkpoints = dynamoDbCheckpointStore({ dynamodb, tableName: resources.checkpointsTable, feed: 'scan-events' });
  const { feed, queue, lines, open } = rig(scans(83_000, 83_500), {
    firstEventId: 83_000,
    leaseMs: 2_000,
    pollIntervalMs: 50,
    deps: { checkpoints },
  });
  const poller = open();
  stops.push(() => poller.stop());
  poller.start();
  await vi.waitFor(async () => expect((await checkpoints.read())?.lastEventId).toBe(83_500), { timeout: 20_000 });
  const before = await checkpoints.read();
  const asked = feed.requests.length;
  const sent = queue.eventIds.length;

  expect(await run(reset)).toMatchObject({ code: 0 });

  await vi.waitFor(() => expect(queue.eventIds.length).toBeGreaterThanOrEqual(sent + 83_500 - done), {
    timeout: 20_000,
  });
  expect(lines.map(({ msg }) => msg)).toContain('lease lost, standing by');
  // From its own id on: a page may end between two contents of one id.
  expect(feed.requests.slice(asked).map(({ fromEventId }) => fromEventId)).toContain(done);
  const again = queue.eventIds.slice(sent).toSorted((a, b) => a - b);
  expect(again).toEqual(Array.from({ length: 83_500 - done }, (_, index) => next + index));
  await vi.waitFor(
    async () =>
      expect(await checkpoints.read()).toMatchObject({ lastEventId: 83_500, token: (before?.token ?? 0) + 2 }),
    { timeout: 20_000 },
  );
});

test('the plan of a reset of a feed that was never read says so and names the feeds of the table', async () => {
  const mistyped = reset.map((word) => (word === 'scan-events' ? 'scan-event' : word));
  const { code, stdout, stderr } = await run([...mistyped, '--dry-run', '--json']);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/feed scan-event has no checkpoint: .*The table has scan-events/);
});
