import { systemClock } from '@waybill/shared/clock.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { engineError, pass, type RigOptions, useVirtualTime } from '../../consumer/test/service-rig.ts';
import { packed, rig, scan } from '../test/processor-rig.ts';

beforeEach(useVirtualTime);

const isHot = (parcelId: number) => parcelId % 10 === 3;
const isEvery = () => true;
const eventsOfMessage = 40;

/** A processor whose store takes 400 ms for a write, which makes 160 per second, and throttles the parcels that `throttle` names. */
function throttledRig(options: RigOptions = {}) {
  const all = rig({ receivers: 4, ...options });
  let throttled = (_parcelId: number) => false;
  all.parcels.before = async ({ parcelId }) => {
    await systemClock.sleep(400, new AbortController().signal);
    if (throttled(parcelId)) throw engineError('ProvisionedThroughputExceededException');
  };
  let events = 0;
  /** Puts messages of 40 events, each of a parcel of its own. */
  const put = (messages: number, receiveCount = 0) => {
    for (let message = 0; message < messages; message += 1) {
      const scans = Array.from({ length: eventsOfMessage }, (_, index) => scan(events + index + 1));
      events += eventsOfMessage;
      all.queue.put(packed(...scans), { receiveCount, attributes: { announce: 'never' } });
    }
  };
  const throttle = (which: (parcelId: number) => boolean) => {
    throttled = which;
  };
  /** Parcels stored per second, over so many seconds. */
  const rateOver = async (seconds: number) => {
    const before = all.parcels.parcels.size;
    await pass(seconds);
    return (all.parcels.parcels.size - before) / seconds;
  };
  const sentOn = () => all.queue.messages.filter(({ attributes }) => attributes?.['sentOn'] !== undefined);
  /** The throttling ends: after the longest delay everything is stored, and nothing is left. */
  const heal = async () => {
    throttle(() => false);
    await pass(1_200);
    return {
      missing: events - all.parcels.parcels.size,
      queued: all.queue.messages.length,
      dead: all.queue.deadLetters.length,
      records: all.failures.records.size,
    };
  };
  const exact = { missing: 0, queued: 0, dead: 0, records: 0 };
  return { ...all, put, throttle, rateOver, sentOn, heal, exact };
}

describe('while one partition of ten is throttled', () => {
  test('the others are stored at half the rate at least, all the time, and all is exact after it', {
    timeout: 90_000,
  }, async () => {
    const { put, processor, throttle, rateOver, heal, exact, sentOn, stop } = throttledRig();
    put(420);
    processor.start();
    await pass(2);
    const sound = await rateOver(10);
    throttle(isHot);
    const rates = [await rateOver(20), await rateOver(20), await rateOver(30)];
    expect(Math.min(...rates)).toBeGreaterThan(sound / 2);
    expect(processor.ready()).toMatchObject({ ok: true });
    const [rest] = sentOn();
    expect(rest?.attributes).toMatchObject({ announce: 'never', sentOn: '1' });
    expect(await heal()).toEqual(exact);
    await stop();
  });

  test('a rest costs eight sends an hour, and is not in hand meanwhile', async () => {
    const { put, queue, processor, throttle, sentOn, heal, exact, journal, stop } = throttledRig({ receivers: 1 });
    throttle(isHot);
    put(40);
    processor.start();
    await pass(300);
    // Fewer than fill the hand are held.
    const held = queue.messages.length - sentOn().length;
    expect(held).toBeLessThan(20);
    const before = journal.lines(/^sent/).length;
    await pass(3_600);
    expect((journal.lines(/^sent/).length - before) / 40).toBeLessThanOrEqual(8);
    expect(await heal()).toEqual(exact);
    await stop();
  });

  test('messages on their last receive are sent on as new ones, and leave no record', async () => {
    const { put, processor, throttle, heal, exact, sentOn, stop } = throttledRig({ receivers: 1 });
    throttle(isHot);
    put(60, 2);
    processor.start();
    await pass(120);
    expect(sentOn().length).toBeGreaterThan(0);
    expect(await heal()).toEqual(exact);
    await stop();
  });

  test('a stop at any moment loses nothing', async () => {
    const { put, processor, queue, parcels, throttle, failures, stop, ...rest } = throttledRig();
    throttle(isHot);
    put(150);
    processor.start();
    await pass(8);
    await stop();
    const unstored = queue.messages.flatMap(({ body }) => JSON.parse(body).events);
    const stored = new Set([...parcels.parcels.keys(), ...unstored.map(({ parcelId }) => parcelId)]);
    expect(stored.size).toBe(150 * eventsOfMessage);
    expect(queue.deadLetters).toEqual([]);
    expect(failures.records.size).toBe(0);
    expect(rest.sentOn().length).toBeGreaterThan(0);
  });
});

describe('while every parcel is throttled', () => {
  test('it is an outage: the breaker opens, readiness is lost, and nothing is sent on', async () => {
    const { put, processor, throttle, journal, heal, exact, stop } = throttledRig();
    put(200);
    processor.start();
    await pass(8);
    throttle(isEvery);
    await pass(15);
    expect(processor.ready()).toMatchObject({ ok: false });
    await pass(600);
    expect(processor.ready()).toMatchObject({ ok: false });
    expect(journal.lines(/^sent/)).toEqual([]);
    expect(await heal()).toEqual(exact);
    expect(processor.ready()).toMatchObject({ ok: true });
    await stop();
  });

  test('rests of a throttled partition do not keep new messages out when the others are stored again', async () => {
    const { put, processor, throttle, rateOver, heal, exact, stop } = throttledRig({ receivers: 1 });
    put(120);
    processor.start();
    throttle(isHot);
    await pass(60);
    throttle(isEvery);
    await pass(300);
    throttle(isHot);
    await pass(60);
    put(40);
    expect(await rateOver(30)).toBeGreaterThan(20);
    expect(await heal()).toEqual(exact);
    await stop();
  });
});
