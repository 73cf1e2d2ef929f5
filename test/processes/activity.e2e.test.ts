import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { activityVariables } from '@waybill/local/pipeline/service-process.ts';
import { readActivity } from '@waybill/operations/activity/read-activity.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { expect, test } from 'vitest';
import { rigs } from './rig.ts';

const openRig = rigs({ isCovered: true });

test('poller and processor write what they did, and operations read it when nobody runs any more', async (context) => {
  const rig = await openRig(context, { events: 200 });
  const { activityTable } = rig.resources;
  const documents = DynamoDBDocumentClient.from(rig.clients.dynamodb);
  // Later by what the next ones may take to start.
  const clock = { now: () => systemClock.now() + 90_000 };
  const read = () => readActivity({ documents, deployment: { activityTable }, clock }, new AbortController().signal);
  const poller = rig.poller(activityVariables(rig.resources));
  const processor = rig.processor(activityVariables(rig.resources));
  await rig.drained(poller);
  await Promise.all([poller.stop(), processor.stop()]);
  const { counts, processes, troubles } = (await read()) ?? {};
  const sumOf = (row: readonly number[] | undefined) => row?.reduce((sum, value) => sum + value, 0) ?? 0;
  // Kept in a byte each: within 4 %.
  const elements = sumOf(counts?.read) + sumOf(counts?.rejected);
  expect(elements).toBeGreaterThan(190);
  expect(sumOf(counts?.stored)).toBeGreaterThan(150);
  expect(sumOf(counts?.applied) + sumOf(counts?.merged) + sumOf(counts?.redundant)).toBeGreaterThan(0);
  expect(sumOf(counts?.spent)).toBeGreaterThan(0);
  expect(processes).toEqual([]);
  expect(troubles?.map(({ what }) => what)).toEqual(['NO_POLLER', 'NO_PROCESSOR']);
});

test('a table that is away disturbs no process', async (context) => {
  const rig = await openRig(context, { events: 50 });
  const away = { ACTIVITY_TABLE: 'waybill-no-activity' };
  const [poller, processor] = [rig.poller(away), rig.processor(away)];
  await rig.drained(poller);
  expect(await Promise.all([poller.stop(), processor.stop()])).toEqual(Array(2).fill({ code: 0, signal: null }));
  expect(processor.log().join('\n')).toContain('what this process does was not written to ACTIVITY_TABLE');
});
