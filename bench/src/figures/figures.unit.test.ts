import { expect, test } from 'vitest';
import type { RunFigures } from '../pipelines/pipeline-run.ts';
import { callsOf, summarise } from './figures.ts';

const run: RunFigures = {
  events: 1_000,
  seconds: 2,
  reader: {
    cpuMicros: 50_000,
    peakRssBytes: 100,
    calls: { 'AmazonSQS.SendMessageBatch': 10, 'AmazonSQS.GetQueueAttributes': 1, 'DynamoDB_20120810.UpdateItem': 7 },
  },
  writer: {
    cpuMicros: 400_000,
    peakRssBytes: 200,
    calls: {
      'AmazonSQS.ReceiveMessage': 3,
      'AmazonSQS.DeleteMessageBatch': 2,
      'AmazonSQS.ChangeMessageVisibilityBatch': 1,
      'DynamoDB_20120810.UpdateItem': 260,
      'DynamoDB_20120810.BatchExecuteStatement': 2,
      'DynamoDB_20120810.GetItem': 4,
    },
  },
  billedBeyondCalls: 5,
  statements: 40,
  parcels: { wrong: 1, differences: [], largestItemBytes: 1_025 },
};

test('every SQS call counts, and what was billed in addition to one request per call', () => {
  expect(callsOf(run)).toMatchObject({ sqsCalls: 17, sqsBilled: 22, sends: 10, receives: 3, deletes: 2, otherSqs: 2 });
});

test('a write costs a unit for each KiB of the item; the checkpoint item is small', () => {
  expect(callsOf(run)).toMatchObject({
    parcelWrites: 300,
    parcelRequests: 262,
    checkpointWrites: 7,
    reads: 4,
    writeUnits: 607,
  });
});

test('dollars are those of requests, units and reads', () => {
  expect(callsOf(run).dollars).toBeCloseTo((22 * 0.4 + 607 * 0.625 + 4 * 0.125) / 1e6, 12);
});

test('figures are medians over runs, by event and by million events', () => {
  const slow = { ...run, seconds: 10 };
  const slower = { ...run, seconds: 20, reader: { ...run.reader, cpuMicros: 90_000 } };
  const summary = summarise([slower, run, slow]);
  expect(summary.wrongParcels).toBe(3);
  expect(summary.eventsPerSecond).toBe(100);
  expect(summary.cpuMicrosPerEvent).toEqual({ reader: 50, writer: 400 });
  expect(summary.perMillion).toMatchObject({ sqsCalls: 17_000, parcelWrites: 300_000 });
});
