import { afterAll, beforeAll, expect, test } from 'vitest';
import { compare } from './compare.ts';
import { barsOf, type EngineResults } from './figures/report.ts';
import { benchFeed } from './pipelines/bench-feed.ts';
import { type Engine, embeddedEngine } from './pipelines/engine.ts';

/** Enough to fill the queue: at the beginning each receive brings only few messages. */
const events = 10_000;

let engine: Engine;
let results: EngineResults;

beforeAll(async () => {
  engine = await embeddedEngine();
  const feed = benchFeed({ events, seed: 1, activeParcels: 2_000 });
  results = await compare(
    engine,
    feed,
    { runs: 1, live: 0, subjects: ['waybill', 'straightforward'] },
    () => undefined,
  );
});

afterAll(() => engine.stop());

test('the straightforward pipeline sends, receives and deletes ten at a time, and writes each event', () => {
  const { sends = 0, receives = 0, deletes = 0, parcelWrites = 0 } = results.straightforward?.perMillion ?? {};
  expect(results.straightforward?.wrongParcels).toBe(0);
  for (const requests of [sends, receives, deletes]) expect(requests / 100_000).toBeCloseTo(1, 1);
  expect(parcelWrites / 1_000_000).toBeCloseTo(1, 1);
});

test('Waybill makes at most 1/15 of its SQS requests, and no more writes than one for each parcel of each receive', () => {
  const counts = barsOf(results).filter(({ name }) => !/^(events|CPU)/.test(name));
  expect(counts.map(({ name, passed }) => [name, passed])).toEqual(counts.map(({ name }) => [name, true]));
  expect(counts).toHaveLength(4);
});
