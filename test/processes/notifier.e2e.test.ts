import { judgeNotified, type NotifiedVerdict } from '@waybill/local/outcome/notified.ts';
import { expectedParcels } from '@waybill/local/outcome/oracle.ts';
import type { ServiceProcess } from '@waybill/local/pipeline/service-process.ts';
import { misbehaviours } from '@waybill/local/receiver/misbehaviour.ts';
import type { Receiver } from '@waybill/local/receiver/receiver.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import { describe, expect, test } from 'vitest';
import { expectGood, rigs } from './rig.ts';
import { until } from './until.ts';

const openRig = rigs();
const clean = { code: 0, signal: null };

const seed = 29;

/** What the receiver was told, beside these elements. */
function heard(receiver: Receiver, elements: Iterable<unknown>): NotifiedVerdict {
  const hearing = { told: receiver.told(), counts: receiver.counts() };
  return judgeNotified(expectedParcels(elements), hearing, 'scan-events');
}

/** A delivery of each of these parcels, scanned now. */
function deliveriesOf(parcelIds: readonly number[]) {
  const createdDateTimeUtc = new Date().toISOString();
  const same = { type: 'DELIVERY', createdDateTimeUtc, statusCode: '', runId: '' };
  const [body = ''] = pack(
    parcelIds.map((parcelId) => ({ eventId: parcelId, parcelId, ...same })),
    200_000,
  );
  const elements = parcelIds.map((ParcelId) => {
    return { EventId: ParcelId, ParcelId, Type: 'DELIVERY', CreatedDateTimeUtc: createdDateTimeUtc };
  });
  return { body, elements };
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

describe.concurrent('a webhook', () => {
  test('is told of every delivery under one id, though it misbehaves and all are killed again and again', async (context) => {
    const kills = 2;
    // The kills must not bring a message to its last receive.
    const rig = await openRig(context, {
      seed,
      events: 1_200,
      api: { latencyMs: 50 },
      queue: { maxReceiveCount: kills + 3 },
    });
    const receiver = await rig.receiver({
      plan: { seed, every: 8, times: misbehaviours.length },
      latencyMs: 20,
      lateMs: 1_000,
    });
    const brief = { VISIBILITY_TIMEOUT_SECONDS: '5' };
    const poller = rig.poller({ SCAN_API_LIMIT: '20' });
    const startProcessor = () => rig.announcer(brief);
    // Slow, so that there is something in hand at each kill.
    const notifier = { ...brief, NOTIFY_CORRECTIONS: 'true', WEBHOOK_TIMEOUT_MS: '500', WEBHOOK_CONCURRENCY: '4' };
    const startNotifier = () => rig.notifier(receiver, notifier);
    let working = [startProcessor(), startNotifier()] as const;
    for (let kill = 0; kill < kills; kill++) {
      await atWork(receiver, working[0]);
      for (const service of working) service.kill('SIGKILL');
      await Promise.all(working.map(({ ended }) => ended));
      working = [startProcessor(), startNotifier()];
    }
    await rig.drained(poller);
    await until('all is told', () => rig.isAllTold());
    expectGood(await rig.verdict());
    expect(heard(receiver, rig.owed()).problems).toEqual([]);
    expect(heard(receiver, rig.owed()).due).toBeGreaterThan(80);
    expect(await rig.deadAnnouncements()).toEqual([]);
  });

  test('that is away, and then refuses the secret until it is mended, loses nothing and uses up no receive; what it refuses for itself ends in the DLQ alone', async (context) => {
    // A message that is received a second time is dead.
    const rig = await openRig(context, { queue: { maxReceiveCount: 1 } });
    const receiver = await rig.receiver();
    const processor = rig.announcer();
    const visibilitySeconds = 5;
    const notifier = rig.notifier(receiver, { VISIBILITY_TIMEOUT_SECONDS: String(visibilitySeconds) });
    const [refused, ...others] = range(1, 40);
    const first = deliveriesOf([refused ?? 0, ...others]);
    receiver.refuse(refused ?? 0, 422);
    await rig.send([first.body]);
    await until('all but one are told', () => receiver.told().size === others.length);
    await until('the refusal is on record', async () => (await rig.failures()).length === 1);

    const awayFrom = performance.now();
    receiver.misbehave('cut');
    const second = deliveriesOf(range(100, 40));
    await rig.send([second.body]);
    await until('it was tried in vain', () => receiver.counts().misbehaved.cut > 2);
    receiver.misbehave('unauthorized');
    await until('it is not ready', async () => (await notifier.ask('/readyz')).status === 503);
    await until('it was refused again and again', () => receiver.counts().misbehaved.unauthorized > 2);
    // What is not held comes again by then, and is dead.
    await until('longer than a visibility timeout', () => performance.now() - awayFrom > visibilitySeconds * 1_400);
    expect(await rig.deadAnnouncements()).toEqual([]);
    expect((await notifier.ask('/livez')).status).toBe(200);
    expect((await rig.announcements()).inFlight).toBeGreaterThan(0);
    receiver.misbehave(undefined);
    await until('it is told', () => receiver.told().size === others.length + 40);

    await until('what it refused is in the DLQ', async () => (await rig.deadAnnouncements()).length === 1);
    const [letter] = await rig.deadAnnouncements();
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({
      announcements: [{ parcelId: refused, milestone: 'delivery' }],
    });
    expect(await rig.failures()).toEqual([
      expect.objectContaining({ failureId: `notification-delivery-${refused}`, reason: 'NOTIFICATION_REFUSED' }),
    ]);
    await until('nothing else is left', () => rig.isAllTold());

    receiver.refuse(refused ?? 0, undefined);
    await rig.redrive('announcements');
    await until('it is told at last', () => receiver.told().size === first.elements.length + 40);
    await until('its record is resolved', async () => (await rig.failures()).every(({ resolved }) => resolved));
    expect(heard(receiver, [...first.elements, ...second.elements]).problems).toEqual([]);
    expect(await Promise.all([processor.stop(), notifier.stop()])).toEqual([clean, clean]);
  });
});

/** Until the receiver was told some more, and the processor that runs now has stored some of the feed. */
async function atWork(receiver: Receiver, processor: ServiceProcess): Promise<void> {
  const { taken } = receiver.counts();
  const stored = async () => (await processor.metrics()).sum('waybill_processor_events_total');
  await until('the processor stored some of it', async () => (await stored()) > 0);
  await until('the receiver was told some more', () => receiver.counts().taken > taken + 5);
}
