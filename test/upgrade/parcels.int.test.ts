import { writeParcel } from '@waybill/processor/parcels/write-parcel.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { readHistory } from '@waybill/shared/domain/history.ts';
import { milestoneNames, milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import { merge, type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { noneRemoved } from '@waybill/shared/domain/removals.ts';
import { dynamoDbParcelTable } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import { describe, expect, test } from 'vitest';
import { usePlace } from '../engines/place-under-test.ts';
import { Deployment } from './deployment.ts';
import { numberIn, textIn, textsIn } from './item.ts';
import { type Item, recordedReleases } from './release.ts';

const place = usePlace();
const releases = await recordedReleases();
const kept = { historyEvents: 32, retentionDays: 90 };
const newer = { weightGrams: { N: '1250' } };

describe.each(releases)('the parcels of $version', ({ release }) => {
  test('take in any scan as merge says, and keep what a later release added', async () => {
    const deployment = await Deployment.open(place());
    const { dynamodb } = deployment.clients;
    const tableName = deployment.resources.parcelsTable;
    const table = dynamoDbParcelTable({ ...kept, dynamodb, tableName, clock: systemClock });
    const outcomes = new Set<string>();
    for (const item of release.parcels) {
      const stored = stateIn(item);
      for (const change of changesTo(stored)) {
        await deployment.put(tableName, { ...item, ...newer });
        outcomes.add(await writeParcel(table, change));
        const written = await deployment.get(tableName, { parcelId: { N: String(stored.parcelId) } });
        expect(stateIn(written)).toEqual(merge(stored, change));
        const { delivery } = stateIn(written).milestones;
        expect('openShard' in written && 'openedAtMs' in written).toBe(!delivery);
        // What was delivered while nothing was to expire gets no end from a late scan: retention holds for what it writes.
        if (!('history' in item)) expect('expiresAt' in written).toBe(delivery !== undefined);
        expect(await writeParcel(table, change)).toBe('redundant');
        expect(written).toMatchObject(newer);
      }
    }
    // A scan that was stored once adds itself to the history, when it comes again.
    expect([...outcomes].sort()).toEqual(['applied', 'merged']);
  });
});

/** Scans of each kind before, at and after what the parcel has seen. */
function changesTo({ parcelId, latest }: ParcelState): ParcelState[] {
  return [...Object.values(milestoneTypes), 'STATUS'].flatMap((type) =>
    [latest.eventId - 50, latest.eventId, latest.eventId + 50].map((eventId) =>
      stateOf({
        parcelId,
        eventId,
        type,
        createdDateTimeUtc: '2021-05-12T08:00:00Z',
        statusCode: 'LATER',
        runId: '200',
      }),
    ),
  );
}

/** The state in an item, read here by hand: attributes as the documentation of the table names them. */
function stateIn(item: Item): ParcelState {
  const text = (name: string) => textIn(item, name) ?? `no ${name}`;
  const number = (name: string) => numberIn(item, name) ?? Number.NaN;
  const milestone = (name: string) => ({ eventId: number(`${name}EventId`), timeUtc: text(`${name}TimeUtc`) });
  return {
    parcelId: number('parcelId'),
    latest: {
      eventId: number('lastEventId'),
      type: text('type'),
      statusCode: text('statusCode'),
      runId: text('runId'),
      createdDateTimeUtc: text('createdDateTimeUtc'),
    },
    milestones: Object.fromEntries(
      milestoneNames.filter((name) => `${name}EventId` in item).map((name) => [name, milestone(name)]),
    ),
    history: readHistory(textsIn(item, 'history')) ?? [],
    removed: noneRemoved,
  };
}
