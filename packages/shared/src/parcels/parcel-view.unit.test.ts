import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scan } from '../../../processor/test/processor-rig.ts';
import { anyEvent } from '../../../shared/test/arbitrary-events.ts';
import { merge, type ParcelState, stateOf } from '../domain/parcel-state.ts';
import { readStageMapping } from '../domain/stage.ts';
import { parcelShape, parcelView } from './parcel-view.ts';

const none = new Map();
const read = (state: ParcelState) => ({ state, revision: 2, updatedAtUtc: '2021-05-11T21:16:00.000Z' });
const of = (eventId: number, type: string, fields = {}) => stateOf(scan(eventId, { parcelId: 5002, type, ...fields }));

describe('a parcel as it is shown', () => {
  test('is that of api.md, members in its order', () => {
    const pickup = of(83_269, 'PICKUP', { createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z' });
    const status = of(83_270, 'STATUS', {
      createdDateTimeUtc: '2021-05-11T21:15:34.1506147Z',
      statusCode: 'OK',
      runId: '100',
    });
    expect(JSON.stringify(parcelView(read(merge(pickup, status)), none))).toBe(
      JSON.stringify({
        parcelId: 5002,
        stage: 'in-transit',
        latest: {
          eventId: 83_270,
          type: 'STATUS',
          statusCode: 'OK',
          runId: '100',
          createdDateTimeUtc: '2021-05-11T21:15:34.1506147Z',
        },
        pickup: { eventId: 83_269, timeUtc: '2021-05-11T21:11:34.1506147Z' },
        delivery: null,
        history: [
          { eventId: 83_270, createdDateTimeUtc: '2021-05-11T21:15:34.1506147Z', type: 'STATUS', statusCode: 'OK' },
          { eventId: 83_269, createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z', type: 'PICKUP', statusCode: '' },
        ],
        revision: 2,
        updatedAtUtc: '2021-05-11T21:16:00.000Z',
      }),
    );
  });

  test('has no history where none is kept, and the stage that STAGES gives it', () => {
    const result = readStageMapping('{"STATUS/HELD":"exception"}');
    const mapping = 'value' in result ? result.value : none;
    const shown = parcelView(read({ ...of(1, 'STATUS', { statusCode: 'HELD' }), history: [] }), mapping);
    expect(shown).not.toHaveProperty('history');
    expect(shown.stage).toBe('exception');
  });

  test('fits its shape whatever was scanned, one entry an EventId, the newest first', () => {
    fc.assert(
      fc.property(fc.array(anyEvent(), { minLength: 1, maxLength: 12 }), (events) => {
        const state = events.map((event) => stateOf({ ...event, parcelId: 1 })).reduce(merge);
        const view = parcelShape.parse(parcelView(read(state), none));
        const ids = view.history?.map(({ eventId }) => eventId) ?? [];
        expect(ids).toEqual([...new Set(events.map(({ eventId }) => eventId))].sort((a, b) => b - a));
      }),
    );
  });
});
