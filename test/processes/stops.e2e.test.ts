import type { ServiceProcess } from '@waybill/local/pipeline/service-process.ts';
import { describe, expect, test } from 'vitest';
import { expectGood, holdsLease, rigs, timed } from './rig.ts';
import { until } from './until.ts';

const openRig = rigs({ isCovered: true });
const clean = { code: 0, signal: null };

/** The rig's stop timeout, and what a busy machine (and the writing of coverage) may add. */
const stopLimitMs = 15_000 + 10_000;

/** Loaded before a process: sends SIGTERM as soon as the process listens for it, long before it has loaded the rest. */
const signalsItself = `
  let isSent = false;
  process.on('newListener', (name) => {
    if (name !== 'SIGTERM' || isSent) return;
    isSent = true;
    setImmediate(() => process.kill(process.pid, name));
  });`;

describe.concurrent('SIGTERM', () => {
  test('under load ends both with 0; what they held is visible at once, and the lease is free', async (context) => {
    const rig = await openRig(context, { events: 2_000 });
    const processor = rig.processor({ RECEIVERS: '8', WRITE_CONCURRENCY: '2' });
    const poller = rig.poller();
    await until('much is in hand', async () => (await rig.queue()).inFlight > 10);
    await until('the poller moved the checkpoint', async () => (await rig.checkpoint()).lastEventId > 0);

    // Twice, as an impatient operator does.
    processor.kill('SIGTERM');
    const took = await timed(() => Promise.all([poller.stop(), processor.stop()]));
    expect([await poller.ended, await processor.ended]).toEqual([clean, clean]);
    expect(took).toBeLessThan(stopLimitMs);
    const { visible, inFlight } = await rig.queue();
    expect(inFlight).toBe(0);
    expect(visible).toBeGreaterThan(0);
    expect((await rig.checkpoint()).holder).toBeUndefined();

    // If the lease were not released, it would expire only after 60 s.
    const next = rig.poller({ LEASE_SECONDS: '60' });
    expect(await timed(() => until('the next poller holds the lease', () => holdsLease(next)))).toBeLessThan(30_000);
    rig.processor();
    await rig.drained(next);
    expectGood(await rig.verdict());
  });

  test('while idle, and again while stopping, ends both with 0', async (context) => {
    const rig = await openRig(context);
    const services = [rig.poller(), rig.processor()];
    await Promise.all(services.map((service) => service.ready()));
    const took = await timed(() =>
      Promise.all(
        services.map(async (service) => {
          service.kill('SIGTERM');
          expect(await service.stop()).toEqual(clean);
        }),
      ),
    );
    expect(took).toBeLessThan(stopLimitMs);
  });

  test('during the start ends both with 0, whether the engines answer or not', async (context) => {
    const rig = await openRig(context);
    const silent = {
      AWS_ENDPOINT_URL_SQS: (await rig.proxy('SQS', 'silence')).url,
      AWS_ENDPOINT_URL_DYNAMODB: (await rig.proxy('DYNAMODB', 'silence')).url,
    };
    const services = [rig.poller(), rig.processor(), rig.poller(silent), rig.processor(silent)];
    const took = await timed(() =>
      Promise.all(
        services.map(async (service) => {
          await service.ask('/livez');
          expect(await service.stop()).toEqual(clean);
        }),
      ),
    );
    expect(took).toBeLessThan(30_000 + stopLimitMs);
  });

  test('while still loading ends both with 0, and nothing was begun', async (context) => {
    const rig = await openRig(context);
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(signalsItself)}` };
    for (const service of [rig.poller(env), rig.processor(env)]) {
      expect(await service.ended).toEqual(clean);
      expect(service.log().at(-1)).toContain('"stopped"');
    }
    expect(rig.api.counts().requests).toBe(0);
    expect((await rig.checkpoint()).token).toBe(0);
  });

  test('while the engines are silent ends both within the stop timeout', async (context) => {
    const rig = await openRig(context, { events: 1_500 });
    const [sqs, dynamodb] = [await rig.proxy('SQS'), await rig.proxy('DYNAMODB')];
    const env = {
      AWS_ENDPOINT_URL_SQS: sqs.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      STOP_TIMEOUT_SECONDS: '11',
    };
    const poller = rig.poller({ ...env, SCAN_API_LIMIT: '25' });
    const processor = rig.processor({ ...env, WRITE_CONCURRENCY: '2', VISIBILITY_TIMEOUT_SECONDS: '5' });
    await until('much is in hand', async () => (await rig.queue()).inFlight > 5);
    sqs.silence();
    dynamodb.silence();
    const took = await timed(() => Promise.all([poller.stop(), processor.stop()]));
    expect(took).toBeLessThan(stopLimitMs);
    for (const service of [poller, processor]) expectEndedOrGaveUp(await service.ended, service);

    // What could not be handed back is received again, and stored.
    const next = rig.poller({ LEASE_SECONDS: '2' });
    rig.processor();
    await rig.drained(next);
    expectGood(await rig.verdict());
  });
});

/** 0; or 1 with a line in the log, if it had to give up on engines that hang. */
function expectEndedOrGaveUp({ code }: { code: number | null }, service: ServiceProcess): void {
  if (code === 0) return;
  expect(code).toBe(1);
  expect(service.log().at(-1)).toContain('stop timed out');
}
