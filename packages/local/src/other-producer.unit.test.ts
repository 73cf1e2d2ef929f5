import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { unpack } from '@waybill/shared/domain/pack.ts';
import { expect, test } from 'vitest';
import { mixedPacks } from './other-producer.ts';
import { scanOf } from './outcome/oracle.ts';

const feed = () => simulateFeed({ seed: 3, shares: { odd: 0.5 } });

test('each pack holds one malformed element among good events that the feed has as well', () => {
  const packs = mixedPacks(feed(), 2_000);
  const known = new Set<string>();
  for (const { json, position } of feed()) {
    known.add(JSON.stringify(scanOf(JSON.parse(json))));
    if (position > 83_269 + 5_000) break;
  }
  expect(packs).toHaveLength(6);
  for (const { body, malformed } of packs) {
    const unpacked = unpack(body);
    if (unpacked.kind !== 'pack') throw new Error(unpacked.kind);
    const events = unpacked.elements.flatMap((element) => ('event' in element ? [element.event] : []));
    expect(events).toHaveLength(unpacked.elements.length - 1);
    expect(events.length).toBeGreaterThan(1);
    for (const event of events) expect(known).toContain(JSON.stringify(event));
    expect(JSON.parse(body).events).toContainEqual(malformed);
    // SQS engines refuse some characters; producers escape all but ASCII.
    expect(body).toMatch(/^[ -~]+$/);
  }
});

test('a feed of a few events gives a few packs, none without a good event', () => {
  expect(mixedPacks(feed(), 0)).toEqual([]);
  expect(mixedPacks(feed(), 3)).toHaveLength(1);
});
