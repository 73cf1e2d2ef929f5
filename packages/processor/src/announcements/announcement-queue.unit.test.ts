import { systemClock } from '@waybill/shared/clock.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { Journal } from '../../../consumer/test/journal.ts';
import { engineError, pass, useVirtualTime } from '../../../consumer/test/service-rig.ts';
import { measured, recordedLog } from '../../../poller/test/observed.ts';
import { MemoryAnnouncements } from '../../test/memory-announcements.ts';
import { AnnouncementQueue, sendsAtOnce } from './announcement-queue.ts';

beforeEach(useVirtualTime);

function opened() {
  const sender = new MemoryAnnouncements(new Journal());
  const { metrics, value } = measured();
  const { log } = recordedLog();
  const stopping = new AbortController();
  const queue = new AnnouncementQueue({ name: 'told', sender, clock: systemClock, random: () => 0.5, log, metrics });
  /** Announces the deliveries of these parcels. */
  const announce = (first: number, count = 1) => {
    const announcements = Array.from({ length: count }, (_, index) => first + index).map((id) => ({
      parcelId: id,
      milestone: 'delivery' as const,
      eventId: id,
      timeUtc: '2026-03-05T12:00:00Z',
    }));
    return queue.announce(announcements, stopping.signal);
  };
  const told = () => sender.announced.map(({ parcelId }) => parcelId);
  return { queue, sender, announce, told, value, stop: () => stopping.abort() };
}

describe('a queue of announcements', () => {
  test('gets what comes within a tenth of a second in one request', async () => {
    const { sender, announce, told } = opened();
    const all = [announce(1), announce(2, 3)];
    await pass(0.09);
    all.push(announce(5));
    await pass(0.02);
    await Promise.all(all);
    expect(told()).toEqual([1, 2, 3, 4, 5]);
    expect(sender.requests).toHaveLength(1);
  });

  test('gets thousands in packs of 60 KiB and requests of 256 KiB, and again only what it refused', async () => {
    const { sender, announce, told, value } = opened();
    sender.before = () => (sender.requests.length === 1 ? [1] : []);
    const confirmed = announce(1, 6_000);
    await pass(1);
    await confirmed;
    expect(sender.requests.map(({ entries }) => entries)).toEqual([4, 4, 2]);
    expect(Math.min(...sender.requests.map(({ bytes }) => bytes))).toBeGreaterThan(100_000);
    expect(Math.max(...sender.requests.map(({ bytes }) => bytes))).toBeLessThanOrEqual(262_144);
    expect(told().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 6_000 }, (_, index) => index + 1));
    expect(value('waybill.announcements.sent{told}')).toBe(6_000);
  });

  test('has a few sends at once, while which all that comes is gathered for the next', async () => {
    const { sender, announce, told } = opened();
    const { promise: answered, resolve: answer } = Promise.withResolvers<readonly number[]>();
    sender.before = () => answered;
    const all: Promise<void>[] = [];
    for (let id = 1; id <= 40; id += 1) {
      all.push(announce(id));
      await pass(0.1);
    }
    expect(sender.requests).toHaveLength(sendsAtOnce);
    answer([]);
    await pass(1);
    await Promise.all(all);
    expect(sender.requests).toHaveLength(sendsAtOnce + 1);
    expect(told()).toHaveLength(40);
  });

  test('that is away is probed by one send at a time, and gets then what has gathered', async () => {
    const { queue, sender, announce, told, value } = opened();
    sender.before = () => {
      throw engineError('ServiceUnavailable');
    };
    const all: Promise<void>[] = [];
    for (let id = 1; id <= 120; id += 1) {
      all.push(announce(id));
      await pass(1);
    }
    expect([queue.state, value('waybill.announcements.breaker{told}')]).toEqual(['open', 2]);
    expect(sender.requests.length).toBeLessThan(30);
    sender.before = () => [];
    const before = sender.requests.length;
    await pass(12);
    await Promise.all(all);
    expect([queue.state, value('waybill.announcements.breaker{told}')]).toEqual(['closed', 0]);
    expect(told().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
    expect(sender.requests.length - before).toBeLessThan(8);
  });

  test('rejects what it did not confirm once it is stopped, also what lingers and what comes then', async () => {
    const { sender, announce, told, stop } = opened();
    sender.before = () => {
      throw engineError('ServiceUnavailable');
    };
    const held = announce(1);
    await pass(30);
    const others = [announce(2), announce(3)];
    stop();
    others.push(announce(4));
    const settled = await Promise.allSettled([held, ...others]);
    expect(settled.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'rejected'));
    expect(told()).toEqual([]);
  });
});
