import { describe, expect, test } from 'vitest';
import type { PipelineSummary } from './figures.ts';
import { barLines, barsOf, reportOf } from './report.ts';

function summary(eventsPerSecond: number, sqs: number, cpu = 300): PipelineSummary {
  return {
    wrongParcels: 0,
    eventsPerSecond,
    cpuMicrosPerEvent: { reader: 0, writer: cpu },
    peakRssBytes: { reader: 2 ** 27, writer: 2 ** 28 },
    perMillion: {
      sqsCalls: sqs,
      sqsBilled: sqs,
      sends: sqs,
      receives: 0,
      deletes: 0,
      otherSqs: 0,
      parcelWrites: 1_000_000,
      parcelRequests: 1_000_000,
      checkpointWrites: 10_000,
      reads: 0,
      writeUnits: 1_010_000,
      dollars: 0.754,
    },
  };
}

const results = {
  engine: 'an engine',
  waybill: summary(1_500, 20_000, 200),
  straightforward: summary(1_000, 300_000),
  limit: { waybill: 9_000, straightforward: 4_000 },
  live: false,
  folding: { parcelReceives: 1_000, parcelWrites: 1_010 },
};

describe('the bars', () => {
  test('are passed when they are just reached', () => {
    expect(barsOf(results).map(({ passed }) => passed)).toEqual([true, true, true, true, true, true]);
  });

  test.each([
    ['every parcel', 0, { ...results, waybill: { ...summary(1_500, 20_000, 200), wrongParcels: 1 } }],
    ['SQS requests', 1, { ...results, waybill: summary(1_500, 20_001, 200) }],
    ['parcel writes', 3, { ...results, folding: { parcelReceives: 1_000, parcelWrites: 1_011 } }],
    ['CPU', 4, { ...results, waybill: summary(1_500, 20_000, 201) }],
    ['events/s', 5, { ...results, waybill: summary(1_499, 20_000, 200) }],
  ])('%s: failed when just missed', (_, index, missed) => {
    expect(barsOf(missed)[index]?.passed).toBe(false);
  });

  test('are higher where parcels are written in batches', () => {
    const batched = { ...summary(3_000, 20_000, 60) };
    const waybill = { ...batched, perMillion: { ...batched.perMillion, parcelRequests: 40_000 } };
    const found = (given: Parameters<typeof barsOf>[0]) =>
      barsOf(given)
        .filter(({ name }) => /^(CPU|events)/.test(name))
        .map(({ passed }) => passed);
    expect(found({ ...results, waybill })).toEqual([true, true]);
    const missed = { ...waybill, eventsPerSecond: 2_999, cpuMicrosPerEvent: { reader: 1, writer: 60 } };
    expect(found({ ...results, waybill: missed })).toEqual([false, false]);
    // With live pages the feed decides the rate, and there is less to fold.
    expect(found({ ...results, waybill: missed, live: true })).toEqual([true]);
  });

  test('do not apply to what was not measured', () => {
    expect(barsOf({ ...results, waybill: undefined, folding: undefined })).toEqual([]);
  });
});

test('the report has the cost of a million events for each, and the dates of the prices', () => {
  const report = reportOf({
    ...results,
    waybill: { ...results.waybill, perMillion: { ...results.waybill.perMillion, dollars: 0.251 } },
  });
  expect(report).toMatch(/dollars for requests and units +\$0\.25 +\$0\.75 +0\.333/);
  expect(report).toMatch(/^dollars: us-east-1 list prices of \d{4}/m);
});

test('the report fits a terminal of 80 columns', () => {
  const lines = `${reportOf(results)}\n${barLines(barsOf(results))}`.split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
