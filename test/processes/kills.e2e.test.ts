import type { ServiceProcess } from '@waybill/local/pipeline/service-process.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import { describe, expect, test } from 'vitest';
import { expectGood, holdsLease, type Rig, rigs, timed } from './rig.ts';
import { until } from './until.ts';

const openRig = rigs();

describe.concurrent('SIGKILL', () => {
  test('of poller and processor again and again loses nothing', async (context) => {
    const kills = 3;
    // Slow, so that the feed outlasts the kills. The kills must not bring a message to its last receive.
    const rig = await openRig(context, {
      events: 2_500,
      api: { latencyMs: 50 },
      queue: { maxReceiveCount: kills + 3 },
    });
    const startPoller = () => rig.poller({ LEASE_SECONDS: '2', SCAN_API_LIMIT: '20' });
    const startProcessor = () => rig.processor({ VISIBILITY_TIMEOUT_SECONDS: '5' });
    let poller = startPoller();
    let processor = startProcessor();
    const tokens = new Set<number>();
    for (let kill = 0; kill < kills; kill++) {
      await atWork(rig, poller, processor);
      tokens.add((await rig.checkpoint()).token);
      poller.kill('SIGKILL');
      processor.kill('SIGKILL');
      await Promise.all([poller.ended, processor.ended]);
      [poller, processor] = [startPoller(), startProcessor()];
    }
    await atWork(rig, poller, processor);
    tokens.add((await rig.checkpoint()).token);
    // Each time another poller had taken the lease.
    expect(tokens.size).toBe(kills + 1);
    await rig.drained(poller);
    expectGood(await rig.verdict());
  });

  test('three times on one message puts it in the DLQ with that reason, and a redrive stores it', async (context) => {
    const rig = await openRig(context);
    const events = Array.from({ length: 400 }, (_, index) => ({
      eventId: index + 1,
      parcelId: index + 1,
      type: 'STATUS',
      createdDateTimeUtc: '2021-05-11T21:11:34Z',
      statusCode: '',
      runId: '',
    }));
    const [body = ''] = pack(events, 200_000);
    await rig.send([body]);
    for (let crash = 0; crash < 3; crash++) {
      // One write at a time: the message is in hand for long enough to be met there.
      const processor = rig.processor({ VISIBILITY_TIMEOUT_SECONDS: '5', WRITE_CONCURRENCY: '1' });
      const writes = async () => (await processor.metrics()).sum('waybill_store_writes_total');
      await until('a parcel of the message is written', async () => (await writes()) > 0);
      processor.kill('SIGKILL');
      await processor.ended;
    }
    // The engine moves the message with the next receive.
    const processor = rig.processor();
    await until('the message is in the DLQ', async () => (await rig.deadLetters()).length === 1);
    expect(await rig.failures()).toEqual([expect.objectContaining({ reason: 'REPEATEDLY_INTERRUPTED', body })]);
    await rig.redrive();
    await until('all is stored', async () => (await rig.storedParcels()).length === events.length);
    await until('the queue is empty', () => rig.isQueueEmpty());
    expect(await rig.deadLetters()).toEqual([]);
    await processor.stop();
  });

  test('of the poller that works lets another take over, at once when it is only stopped', async (context) => {
    const rig = await openRig(context, { events: 1_500, api: { latencyMs: 50 } });
    const processor = rig.processor();
    const first = rig.poller({ LEASE_SECONDS: '2', SCAN_API_LIMIT: '20' });
    await leaseIs(first, /^held/);
    // Long enough to be kept on a busy machine: one that is lost when the stop comes is not released.
    const second = rig.poller({ LEASE_SECONDS: '10', SCAN_API_LIMIT: '20' });
    await leaseIs(second, /^standing by$/);
    expect((await second.metrics()).sum('waybill_feed_pages_total')).toBe(0);

    first.kill('SIGKILL');
    await first.ended;
    await leaseIs(second, /^held/);

    // If the lease were not released, it would expire only after 60 s.
    const third = rig.poller({ LEASE_SECONDS: '60', SCAN_API_LIMIT: '20' });
    const stopped = second.stop();
    expect((await stopped).code).toBe(0);
    const waited = await timed(() => until('the third holds it', () => holdsLease(third)));
    expect(waited).toBeLessThan(30_000);

    await rig.drained(third);
    await leaseIs(third, /^held/);
    expectGood(await rig.verdict());
    await processor.stop();
  });
});

/**
 * Until the poller holds the lease, has sent pages and moved the checkpoint, and the processor has stored some of it.
 */
async function atWork(rig: Rig, poller: ServiceProcess, processor: ServiceProcess): Promise<void> {
  const before = await rig.checkpoint();
  await until('the poller holds the lease', () => holdsLease(poller));
  const { pages } = rig.api.counts();
  await until('it was served pages', () => rig.api.counts().pages > pages + 5);
  await until('the checkpoint moved', async () => (await rig.checkpoint()).lastEventId > before.lastEventId);
  const stored = async () => (await processor.metrics()).sum('waybill_processor_events_total');
  await until('the processor stored some of it', async () => (await stored()) > 0);
}

/**
 * Until `/readyz` returns 200 and says this of the lease, with any token: on a busy machine a lease of 2 s is lost and
 * taken again.
 */
async function leaseIs(poller: ServiceProcess, detail: RegExp): Promise<void> {
  await until(`the lease is: ${detail}`, async () => {
    const { status, text } = await poller.ask('/readyz');
    return status === 200 && detail.test(JSON.parse(text).parts.lease.detail);
  });
}
