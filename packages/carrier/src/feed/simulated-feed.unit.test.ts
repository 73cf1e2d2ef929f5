import { scanOf } from '@waybill/local/outcome/oracle.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { badElementKinds } from './bad-elements.ts';
import { CarrierRelease } from './carrier-release.ts';
import { cleanShares, type FeedElement, type FeedOptions, instantsUpTo, simulateFeed } from './simulated-feed.ts';

const take = (count: number, options: FeedOptions): FeedElement[] => simulateFeed(options).take(count).toArray();
const scans = (elements: readonly FeedElement[]) => elements.map(({ json }) => scanOf(JSON.parse(json)));

test('one seed gives one feed, byte for byte', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      expect(take(300, { seed })).toEqual(take(300, { seed }));
    }),
    { numRuns: 20 },
  );
});

test('another seed gives another feed', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      fc.pre(a !== b);
      expect(take(20, { seed: a })).not.toEqual(take(20, { seed: b }));
    }),
    { numRuns: 100 },
  );
});

test('positions ascend, and only twins share one', () => {
  const elements = take(20_000, { seed: 1, shares: { twins: 0.05 } });
  for (const [index, { position, twin }] of elements.entries()) {
    const before = elements[index - 1]?.position ?? 0;
    if (twin) expect(position).toBe(before);
    else expect(position).toBeGreaterThan(before);
  }
});

test('the bad elements are not scan events, and all others are', () => {
  const elements = take(20_000, { seed: 2, shares: { bad: 0.1, odd: 0.5, wild: 0.01 } });
  for (const [index, scan] of scans(elements).entries()) {
    const { bad, json } = elements[index] ?? {};
    expect(scan === undefined, json?.slice(0, 500)).toBe(bad !== undefined);
  }
});

test('every kind of bad element comes before any comes again', () => {
  const bad = take(2_000, { seed: 3, shares: { bad: 0.2 } }).flatMap((element) => element.bad ?? []);
  expect(new Set(bad.slice(0, badElementKinds.length))).toEqual(new Set(badElementKinds));
});

test('an event stands at its own id, but for the wild ones, which are millions beyond', () => {
  const elements = take(100_000, { seed: 4 }).filter(({ bad }) => !bad);
  for (const { json, position, wild } of elements) {
    const { EventId } = JSON.parse(json);
    if (wild) expect(EventId).toBeGreaterThan(position + 1_000_000);
    else expect(EventId).toBe(position);
  }
  expect(elements.filter(({ wild }) => wild)).not.toHaveLength(0);
});

test('a parcel is scanned about six times, among thousands of others', () => {
  const byParcel = Map.groupBy(scans(take(60_000, { seed: 5, shares: cleanShares })), (scan) => scan?.parcelId);
  expect(60_000 / byParcel.size).toBeGreaterThan(5);
  expect(60_000 / byParcel.size).toBeLessThan(7);
  const histories = [...byParcel.values()].map((history) => history.map((scan) => scan?.type).join(' '));
  expect(histories).toContainEqual(expect.stringMatching(/^PICKUP STATUS STATUS STATUS DELIVERY$/));
  expect(histories).toContainEqual(expect.stringMatching(/^STATUS PICKUP STATUS/));
  expect(histories).toContainEqual(expect.stringMatching(/PICKUP STATUS PICKUP/));
  expect(histories).toContainEqual(expect.stringMatching(/DELIVERY DELIVERY$/));
});

test('a clean feed has nothing but plain events without gaps', () => {
  const elements = take(5_000, { seed: 6, shares: cleanShares, firstEventId: 1 });
  expect(elements.map(({ position }) => position)).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
  expect(elements.flatMap(({ bad, lateBy, wild, twin }) => [bad, lateBy, wild, twin].filter(Boolean))).toEqual([]);
});

test('times run up to the given one at the end of the feed, and on from there as told; nothing else changes', () => {
  const endMs = Date.UTC(2026, 10, 29, 8);
  const instantOf = instantsUpTo(endMs, 3_000, 20);
  const elements = take(4_000, { seed: 7, shares: cleanShares, instantOf });
  const ageMs = (scan: ReturnType<typeof scanOf>) => endMs - Date.parse(scan?.createdDateTimeUtc ?? '');
  const ages = scans(elements).map(ageMs);
  expect(instantOf(2_999)).toBe(endMs);
  expect(Math.min(...ages.slice(0, 3_000))).toBeGreaterThanOrEqual(0);
  // 170 ms from one to the next, scanned up to 200 s before.
  expect(Math.max(...ages.slice(0, 3_000))).toBeLessThan(3_000 * 170 + 200_000);
  expect(Math.min(...ages)).toBeGreaterThanOrEqual(-1_000 * 20);
  const without = (list: readonly FeedElement[]) =>
    list.map(({ json }) => JSON.stringify({ ...JSON.parse(json), CreatedDateTimeUtc: '' }));
  expect(without(elements)).toEqual(without(take(4_000, { seed: 7, shares: cleanShares })));
});

test('no scan is later than its report, corrected ones included', () => {
  const endMs = Date.UTC(2026, 10, 29, 8);
  const elements = take(20_000, { seed: 8, shares: { twins: 0.05, odd: 0.2 }, instantOf: instantsUpTo(endMs, 20_000) });
  for (const scan of scans(elements)) {
    if (scan) expect(Date.parse(scan.createdDateTimeUtc)).toBeLessThanOrEqual(endMs);
  }
});

test('a broken release spoils some scans, and the fixed one sends each of them again under an id of its own', () => {
  const release = new CarrierRelease();
  const feed = simulateFeed({ seed: 6, shares: cleanShares, release });
  const next = (count: number) => Array.from({ length: count }, () => feed.next().value);
  const sound = next(50);
  release.break();
  const broken = next(100);
  release.fix();
  const fixed = next(50);
  const spoiled = broken.filter(({ bad }) => bad);
  expect(spoiled).toHaveLength(10);
  expect(scans(spoiled)).toEqual(spoiled.map(() => undefined));
  const again = fixed.slice(0, 10);
  expect(scans(again).map((scan) => scan?.eventId)).toEqual(again.map(({ position }) => position));
  const withoutId = ({ json }: FeedElement) => ({ ...JSON.parse(json), EventId: 0, CreatedDateTimeUtc: '' });
  expect(again.map(withoutId)).toEqual(spoiled.map(withoutId));
  const positions = [...sound, ...broken, ...fixed].map(({ position }) => position);
  expect(positions).toEqual(positions.map((_, index) => (positions[0] ?? 0) + index));
  expect(release.counts).toEqual({ spoiled: 10, owed: 0 });
});

test('a feed that becomes calm has the same elements until then, and few malformed ones afterwards', () => {
  const options = { seed: 3, shares: { bad: 0.1 } };
  const calm = take(20_000, { ...options, calmFrom: 10_000 });
  const before = (elements: readonly FeedElement[]) => elements.slice(0, 9_000);
  expect(before(calm)).toEqual(before(take(20_000, options)));
  const bad = (elements: readonly FeedElement[]) => elements.filter((element) => element.bad).length;
  expect(bad(calm.slice(11_000)) * 5).toBeLessThan(bad(before(calm)));
});
