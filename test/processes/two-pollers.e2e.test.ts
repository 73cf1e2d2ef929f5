import type { ServiceProcess } from '@waybill/local/service-process.ts';
import { expect, test } from 'vitest';
import { expectGood, holdsLease, rigs, timed, until } from './rig.ts';

const openRig = rigs();

/** Until `/readyz` says 200, and this of the lease. */
async function leaseIs(poller: ServiceProcess, detail: string): Promise<void> {
  await until(`the lease is: ${detail}`, async () => {
    const { status, text } = await poller.ask('/readyz');
    return status === 200 && JSON.parse(text).parts.lease.detail === detail;
  });
}

test('of several pollers one works; another takes over when it is killed, and at once when it is stopped', async (context) => {
  const rig = await openRig(context, { events: 1_500, api: { latencyMs: 50 } });
  const processor = rig.processor();
  const first = rig.poller({ LEASE_SECONDS: '2', SCAN_API_LIMIT: '20' });
  await leaseIs(first, 'held with token 1');
  const second = rig.poller({ LEASE_SECONDS: '2', SCAN_API_LIMIT: '20' });
  await leaseIs(second, 'standing by');
  expect((await second.metrics()).sum('waybill_feed_pages_total')).toBe(0);

  first.kill('SIGKILL');
  await first.ended;
  await leaseIs(second, 'held with token 2');

  // Were it not released, this lease would have to run out for 60 s.
  const third = rig.poller({ LEASE_SECONDS: '60', SCAN_API_LIMIT: '20' });
  const stopped = second.stop();
  expect((await stopped).code).toBe(0);
  const waited = await timed(() => until('the third holds it', () => holdsLease(third)));
  expect(waited).toBeLessThan(30_000);

  await rig.drained(third);
  await leaseIs(third, 'held with token 3');
  expectGood(await rig.verdict());
  await processor.stop();
});
