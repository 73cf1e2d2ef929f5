import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, embeddedEngine } from '../pipelines/engine.ts';
import { type Counted, countBacklog, unitsOfBoth } from './counted.ts';
import { straightforwardNotifier, waybillNotifier } from './subjects.ts';

/** One pack has them all. */
const notifications = 300;

let engine: Engine;
let ours: Counted;
let theirs: Counted;

beforeAll(async () => {
  engine = await embeddedEngine();
  theirs = await countBacklog(engine, straightforwardNotifier, notifications);
  ours = await countBacklog(engine, waybillNotifier, notifications);
});

afterAll(() => engine.stop());

const sqsOf = ({ sqs }: Counted) => sqs.sends + sqs.receives + sqs.settles;

test('the straightforward notifier sends, receives and deletes ten at a time, and reads and writes each', () => {
  const { sqs, parcels, notifications: told, requests } = theirs;
  for (const calls of [sqs.sends, sqs.receives, sqs.settles]) expect(calls).toBeCloseTo(0.1, 1);
  expect({ parcels: parcels.requests, told: told.writes, requests }).toEqual({ parcels: 1, told: 1, requests: 1 });
});

test('a notification is one request, one write of one unit, and shares its reads and its SQS requests with others', () => {
  const { requests, notifications: told, parcels } = ours;
  expect({ requests, writes: unitsOfBoth(ours).writes, writeUnits: told.writeUnits }).toEqual({
    ...{ requests: 1, writes: 1, writeUnits: 1 },
  });
  // Consistent, and that it was not told yet is read as well. Readiness looks now and then, too.
  expect(unitsOfBoth(ours).readUnits).toBeLessThan(2.05);
  expect(parcels.requests).toBeLessThan(0.05);
  expect(sqsOf(ours)).toBeLessThanOrEqual(sqsOf(theirs) / 10);
});
