import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { expect, test } from 'vitest';
import { Journal } from '../../../consumer/test/journal.ts';
import { foldByParcel } from '../../../shared/test/fold-by-parcel.ts';
import { MemoryParcels } from '../../test/memory-parcels.ts';
import { batchedParcelTable } from './batched/batched-parcel-table.ts';
import { writeParcel } from './write-parcel.ts';

/** What statements may cost beyond single updates, which need no guess of what is stored. */
const mostSurplus = 0.02;
/**
 * The same for several processors. None of them knows what the others have stored. In this feed one parcel in ten has its
 * pickup late, twice or not at all, and each of those is a guess gone wrong.
 */
const mostSurplusOfSeveral = 0.04;
const writeConcurrency = 64;

/** The seeded feed, with all that is odd in it: what comes late, corrections, parcels that began before it. */
const events: ScanEvent[] = simulateFeed({ seed: 1, activeParcels: 2_000 })
  .take(30_000)
  .toArray()
  .flatMap(({ json }) => {
    const parsed = parse(JSON.parse(json));
    return 'event' in parsed ? [parsed.event] : [];
  });

/** Item writes of processors that take turns, and are new; one event in fifty comes again later. */
async function writesOf(
  parcels: MemoryParcels,
  tablesOf: (parcels: MemoryParcels) => readonly ParcelTable[],
  eventsPerFold: number,
): Promise<number> {
  const before = parcels.writes;
  const tables = tablesOf(parcels);
  const all = [...events, ...events.slice(-events.length / 50)];
  for (let start = 0, turn = 0; start < all.length; start += eventsPerFold, turn += 1) {
    const table = tables[turn % tables.length];
    const changes = [...foldByParcel(all.slice(start, start + eventsPerFold)).values()];
    for (let first = 0; table && first < changes.length; first += writeConcurrency)
      await Promise.all(changes.slice(first, first + writeConcurrency).map((change) => writeParcel(table, change)));
  }
  return parcels.writes - before;
}

const statesOf = ({ parcels }: MemoryParcels): readonly ParcelState[] =>
  [...parcels.values()].map(({ state }) => state).sort((a, b) => a.parcelId - b.parcelId);

test.each([
  [1, 100],
  [1, 2_000],
  [3, 100],
  [3, 2_000],
])('of %i processors that fold %i events, batches cost hardly more than single updates', async (processors, fold) => {
  const metrics = createMetrics(startTelemetry({ service: 'test', otlp: false }).meter);
  const inBatches = (parcels: MemoryParcels) =>
    Array.from({ length: processors }, () =>
      batchedParcelTable({ execute: parcels.execute, single: parcels, writeConcurrency, metrics }),
    );
  const [bySingle, byBatches] = [new MemoryParcels(new Journal()), new MemoryParcels(new Journal())];
  // The second time is a replay: everything is stored already, and the processors are new and know nothing of it.
  for (const pass of ['first', 'replayed']) {
    const single = await writesOf(bySingle, (parcels) => [parcels], fold);
    const batched = await writesOf(byBatches, inBatches, fold);
    expect(batched / single - 1, pass).toBeLessThanOrEqual(processors === 1 ? mostSurplus : mostSurplusOfSeveral);
    expect(statesOf(byBatches)).toEqual(statesOf(bySingle));
  }
});
