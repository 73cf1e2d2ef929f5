import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent, anyJson, anyText, feedElement, nested } from '../../test/arbitrary-events.ts';
import { limits } from '../resources.ts';
import { asciiJson, cutBodyBytes, eventJson, pack, packOne, packUnparsed, toAscii, unpack } from './pack.ts';
import type { ScanEvent } from './scan-event.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII, control characters included.
const ascii = /^[\x00-\x7f]*$/;
const frameBytes = packOne('').length;

const page = fc.array(anyEvent({ parcelId: fc.integer({ min: 1, max: 5 }) }), { maxLength: 30 });
const budget = fc.integer({ min: 1, max: 3_000 });

/** The events of a body that holds nothing else. */
function eventsIn(body: string): ScanEvent[] {
  const result = unpack(body);
  if (result.kind !== 'pack') throw new Error(`not a pack: ${body}`);
  return result.elements.map((element) => {
    if ('event' in element) return element.event;
    throw new Error(`not an event: ${JSON.stringify(element.rejection)}`);
  });
}

const ofParcel = (events: readonly ScanEvent[], parcelId: number) =>
  events.filter((event) => event.parcelId === parcelId);

describe('packing a page', () => {
  test('loses, adds and changes nothing, whatever characters the events hold', () => {
    fc.assert(
      fc.property(page, budget, (events, maxBytes) => {
        const unpacked = pack(events, maxBytes).flatMap(eventsIn);
        expect(unpacked).toHaveLength(events.length);
        expect(unpacked).toEqual(expect.arrayContaining(events));
      }),
    );
  });

  test('keeps a parcel’s events in the order given, and the parcels in order of first appearance', () => {
    fc.assert(
      fc.property(page, budget, (events, maxBytes) => {
        const unpacked = pack(events, maxBytes).flatMap(eventsIn);
        const parcels = [...new Set(events.map((event) => event.parcelId))];
        expect(unpacked).toEqual(parcels.flatMap((parcelId) => ofParcel(events, parcelId)));
      }),
    );
  });

  test('keeps every body within the budget, except one event that cannot be divided', () => {
    fc.assert(
      fc.property(page, budget, (events, maxBytes) => {
        for (const body of pack(events, maxBytes)) {
          if (eventsIn(body).length > 1) expect(body.length).toBeLessThanOrEqual(maxBytes);
          expect(body.length).toBeLessThanOrEqual(limits.sendBytes);
        }
      }),
    );
  });

  test('keeps a parcel’s events together while they fit', () => {
    fc.assert(
      fc.property(page, budget, (events, maxBytes) => {
        const bodies = pack(events, maxBytes).map(eventsIn);
        for (const parcelId of new Set(events.map((event) => event.parcelId))) {
          const parcel = ofParcel(events, parcelId);
          if (packOne(parcel.map(eventJson).join()).length > maxBytes) continue;
          expect(bodies.filter((body) => body.some((event) => event.parcelId === parcelId))).toEqual([
            expect.arrayContaining(parcel),
          ]);
        }
      }),
    );
  });

  test('opens a new body only where the next parcel, or the next event of one too large, does not fit', () => {
    fc.assert(
      fc.property(page, budget, (events, maxBytes) => {
        const bodies = pack(events, maxBytes).map(eventsIn);
        for (const [index, body] of bodies.entries()) {
          const next = bodies[index + 1]?.[0];
          if (!next) continue;
          const parcel = ofParcel(events, next.parcelId);
          const unit = body.some((event) => event.parcelId === next.parcelId) ? [next] : parcel;
          expect(packOne([...body, ...unit].map(eventJson).join()).length).toBeGreaterThan(maxBytes);
        }
      }),
    );
  });

  test.for([
    ['parcels', [1, 2]],
    ['events of a parcel', [1, 1]],
  ] as const)('fills a body with %s to the last byte', ([, parcelIds]) => {
    const events = parcelIds.map((parcelId, index) => ({
      ...{ eventId: index + 1, parcelId, type: 'STATUS', createdDateTimeUtc: '2021-05-11T21:11:34Z' },
      ...{ statusCode: '', runId: '' },
    }));
    const both = packOne(events.map(eventJson).join());
    expect(pack(events, both.length)).toEqual([both]);
    expect(pack(events, both.length - 1)).toEqual(events.map((event) => packOne(eventJson(event))));
  });

  test('gives ASCII only, so that a body’s length is its size', () => {
    fc.assert(
      fc.property(page, (events) => {
        for (const body of pack(events, 61_440)) expect(body).toMatch(ascii);
      }),
    );
  });

  test('carries the largest event there can be, over the budget but far below what a send takes', () => {
    const widest = '\u0000'.repeat(1_024);
    const createdDateTimeUtc = `2021-05-11T21:11:34.${'1'.repeat(1_003)}Z`;
    const event = { eventId: 1, parcelId: 1, type: widest, createdDateTimeUtc, statusCode: widest, runId: widest };
    const [body = '', ...rest] = pack([event], 1_024);
    expect(rest).toEqual([]);
    expect(eventsIn(body)).toEqual([event]);
    expect(body.length).toBeGreaterThan(18 * 1_024);
    expect(body.length).toBeLessThan(20 * 1_024);
  });

  test('of no events gives no body', () => {
    expect(pack([], 61_440)).toEqual([]);
  });

  test('takes time in proportion to the events', { timeout: 10_000 }, () => {
    const many = Array.from({ length: 100_000 }, (_, index) => ({
      ...{ eventId: index + 1, parcelId: (index % 1_000) + 1, type: 'STATUS' },
      ...{ createdDateTimeUtc: '2021-05-11T21:11:34Z', statusCode: '', runId: '' },
    }));
    expect(pack(many, 61_440).flatMap(eventsIn)).toHaveLength(many.length);
  });
});

describe('a message of version 1, as it may lie in a queue for 14 days', () => {
  // Frozen: what this release wrote must be read by every later one. Never regenerate these from the code.
  const frozenPack =
    '{"version":1,"events":[{"eventId":83269,"parcelId":5002,"type":"PICKUP","createdDateTimeUtc":"2021-05-11T21:11:34.1506147Z","statusCode":"","runId":"100"},{"eventId":83270,"parcelId":5002,"type":"DELIVERY","createdDateTimeUtc":"2021-05-12T07:00:00Z","statusCode":"L\\u00e9\\ud83d\\udce6","runId":""}]}';
  const frozenEvents = [
    {
      eventId: 83269,
      parcelId: 5002,
      type: 'PICKUP',
      createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
      statusCode: '',
      runId: '100',
    },
    {
      eventId: 83270,
      parcelId: 5002,
      type: 'DELIVERY',
      createdDateTimeUtc: '2021-05-12T07:00:00Z',
      statusCode: 'Lé📦',
      runId: '',
    },
  ];
  const frozenUnparsed =
    '{"version":1,"unparsed":{"EventId":83271,"ParcelId":"5002","Type":"STATUS","CreatedDateTimeUtc":"2021-05-12T08:00:00Z"}}';
  const frozenCut = '{"version":1,"unparsed":{"cut":"[[[[","reason":"TOO_DEEP"}}';

  test('is still read', () => {
    expect(eventsIn(frozenPack)).toEqual(frozenEvents);
    expect(unpack(frozenUnparsed)).toMatchObject({
      kind: 'unparsed',
      element: { rejection: { code: 'INVALID_ID', path: 'ParcelId' }, eventId: 83271 },
    });
    expect(unpack(frozenCut)).toMatchObject({ kind: 'unparsed', element: { rejection: { code: 'MISSING' } } });
  });

  test('is still what is written, for older releases to read during a rolling deploy', () => {
    expect(pack(frozenEvents, 61_440)).toEqual([frozenPack]);
    expect(packUnparsed(JSON.parse(frozenUnparsed).unparsed)).toBe(frozenUnparsed);
  });

  test('whose fields are in another order, or that has more of them, is read alike', () => {
    const message = JSON.parse(frozenPack);
    const reversed = frozenEvents.map((event) => Object.fromEntries(Object.entries(event).reverse()));
    expect(eventsIn(JSON.stringify({ later: [1], events: reversed, version: 1 }))).toEqual(frozenEvents);
    message.events[0].later = { deeper: [] };
    expect(eventsIn(JSON.stringify(message))).toEqual(frozenEvents);
  });
});

describe('an element that is not a scan event', () => {
  test('travels whole and alone, and is read anew as the feed sent it', () => {
    fc.assert(
      fc.property(anyJson, (element) => {
        const body = packUnparsed(element);
        expect(body).toMatch(ascii);
        expect(JSON.parse(body)).toEqual({ version: 1, unparsed: JSON.parse(JSON.stringify(element)) });
        expect(unpack(body)).toMatchObject({ kind: 'unparsed' });
      }),
    );
  });

  test('becomes an event when a release reads it that understands it', () => {
    fc.assert(
      fc.property(anyEvent(), (event) => {
        expect(unpack(packUnparsed(feedElement(event)))).toEqual({ kind: 'unparsed', element: { event } });
      }),
    );
  });

  test('fails with its reason, its id and its JSON, from which it can be recorded', () => {
    const element = { EventId: 7, ParcelId: null, note: 'Lé' };
    expect(unpack(packUnparsed(element))).toEqual({
      kind: 'unparsed',
      element: {
        rejection: { code: 'INVALID_ID', path: 'ParcelId', expected: expect.any(String) },
        eventId: 7,
        json: '{"EventId":7,"ParcelId":null,"note":"L\\u00e9"}',
      },
    });
  });

  test('travels whole up to 256 KiB of body, counted after escaping', () => {
    const frame = packUnparsed('').length;
    const largest = 'x'.repeat(limits.sendBytes - frame);
    expect(packUnparsed(largest)).toHaveLength(limits.sendBytes);
    expect(JSON.parse(packUnparsed(largest)).unparsed).toBe(largest);
    const wide = 'é'.repeat(Math.floor((limits.sendBytes - frame) / 6));
    expect(JSON.parse(packUnparsed(wide)).unparsed).toBe(wide);
    expect(JSON.parse(packUnparsed(`${wide}é`)).unparsed).toHaveProperty('cut');
  });

  describe('too large to be carried', () => {
    const tooLarge = fc
      .tuple(anyText(8), fc.constantFrom('x', 'é', '"', '\u0000', '📦', '\ud83d'))
      .map(([start, unit]) => ({ EventId: 7, note: start + unit.repeat(300_000) }));

    test('travels as its beginning in a body of at most 64 KiB, and as much of it as fits', () => {
      fc.assert(
        fc.property(tooLarge, (element) => {
          const body = packUnparsed(element);
          const { cut, reason } = JSON.parse(body).unparsed;
          expect(reason).toBe('TOO_LARGE');
          expect(JSON.stringify(element).startsWith(cut)).toBe(true);
          expect(body).toMatch(ascii);
          expect(body.length).toBeLessThanOrEqual(cutBodyBytes);
          // One more character may take 12 bytes: an escape of six, with its backslash escaped once more.
          expect(body.length).toBeGreaterThan(cutBodyBytes - 12);
        }),
        { numRuns: 20 },
      );
    });

    test('fails when it is read, and travels on as the same body', () => {
      const body = packUnparsed({ EventId: 7, note: 'x'.repeat(300_000) });
      expect(unpack(body)).toMatchObject({ kind: 'unparsed', element: { rejection: { code: 'MISSING' } } });
      expect(packUnparsed(JSON.parse(body).unparsed)).toBe(body);
    });
  });

  test.for(['arrays', 'objects'] as const)(
    'of %s nested too deep to be written out travels as its beginning',
    (kind) => {
      const element = { EventId: 7, deep: nested(100_000, kind) };
      const body = packUnparsed(element);
      expect(body.length).toBeLessThanOrEqual(cutBodyBytes);
      expect(body.length).toBeGreaterThan(cutBodyBytes - 12);
      const { cut, reason } = JSON.parse(body).unparsed;
      expect(reason).toBe('TOO_DEEP');
      expect(cut.slice(0, 30)).toBe(
        kind === 'arrays' ? `{"EventId":7,"deep":${'['.repeat(10)}` : '{"EventId":7,"deep":{"a":{"a":',
      );
    },
  );
});

describe('a body that is not a message', () => {
  test.for(['', ' ', 'text', '{', '{"version":1,"events":[}', '\u0000', 'undefined', '{"version":1,"events":[]}x'])(
    'and not JSON, as %j, is NOT_JSON',
    (body) => {
      expect(unpack(body)).toMatchObject({ kind: 'unreadable', code: 'NOT_JSON' });
    },
  );

  test.for([
    ...[
      'null',
      '1',
      '"text"',
      '[]',
      '{}',
      '{"events":[]}',
      '{"version":null,"events":[]}',
      '{"version":"1","events":[]}',
    ],
    ...['{"version":1.5,"events":[]}', '{"version":1e999,"events":[]}', '{"version":1}', '{"version":1,"events":{}}'],
    ...['{"version":1,"events":null}', '{"version":1,"events":[],"unparsed":1}', '[{"version":1,"events":[]}]'],
    ...['{"version":1,"__proto__":{"events":[]}}', '{"__proto__":{"version":1,"events":[]}}'],
  ])('though JSON, as %s, is NOT_A_PACK', (body) => {
    expect(unpack(body)).toMatchObject({ kind: 'unreadable', code: 'NOT_A_PACK' });
  });

  test.for([2, 0, -1, 9_007_199_254_740_991])(
    'but one of version %d is UNKNOWN_VERSION and says which are known',
    (version) => {
      expect(unpack(`{"version":${version},"events":[]}`)).toEqual({
        kind: 'unreadable',
        code: 'UNKNOWN_VERSION',
        expected: `version 1, not ${version}`,
      });
    },
  );

  test('is recognised, however deep or large it is', () => {
    expect(unpack('['.repeat(1_000_000))).toMatchObject({ code: 'NOT_JSON' });
    expect(unpack(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toMatchObject({ code: 'NOT_A_PACK' });
    expect(unpack(`"${'x'.repeat(10_000_000)}"`)).toMatchObject({ code: 'NOT_A_PACK' });
  });
});

describe('a pack', () => {
  test('without events is a pack all the same', () => {
    expect(unpack('{"version":1,"events":[]}')).toEqual({ kind: 'pack', elements: [] });
  });

  test('with an element that is not an event gives its neighbours, and it with reason, ids and JSON', () => {
    const event = {
      eventId: 1,
      parcelId: 1,
      type: 'STATUS',
      createdDateTimeUtc: '2021-05-11T21:11:34Z',
      statusCode: '',
      runId: '',
    };
    const bad = { ...event, eventId: 2, parcelId: 7, createdDateTimeUtc: 'é' };
    const body = packOne([event, bad, event].map((element) => JSON.stringify(element)).join());
    expect(unpack(body)).toEqual({
      kind: 'pack',
      elements: [
        { event },
        {
          rejection: { code: 'INVALID_DATE', path: 'createdDateTimeUtc', expected: expect.any(String) },
          eventId: 2,
          parcelId: 7,
          json: expect.stringContaining('"createdDateTimeUtc":"\\u00e9"'),
        },
        { event },
      ],
    });
  });

  test('with an element that cannot be written out again gives its neighbours, and it without JSON', () => {
    const event = {
      eventId: 1,
      parcelId: 1,
      type: 'STATUS',
      createdDateTimeUtc: '2021-05-11T21:11:34Z',
      statusCode: '',
      runId: '',
    };
    const deep = `{"eventId":2,"parcelId":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(unpack(packOne([eventJson(event), deep, eventJson(event)].join()))).toEqual({
      kind: 'pack',
      elements: [{ event }, expect.objectContaining({ eventId: 2, json: undefined }), { event }],
    });
  });

  test('of one is the form in which an element is split off', () => {
    fc.assert(
      fc.property(anyEvent(), (event) => {
        expect(eventsIn(packOne(eventJson(event)))).toEqual([event]);
        expect(packOne(eventJson(event))).toHaveLength(frameBytes + eventJson(event).length);
      }),
    );
  });
});

describe('ASCII JSON', () => {
  test('reads back as the same value, though every character of it is ASCII', () => {
    fc.assert(
      fc.property(fc.oneof(anyJson, anyText(40)), (value) => {
        const json = asciiJson(value) ?? '';
        expect(json).toMatch(ascii);
        // Through JSON once, because it writes -0 as 0.
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('leaves text that is ASCII already as it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => toAscii(text) === text));
  });

  test('writes a character beyond U+FFFF as the two escapes of its halves, and a lone half as one', () => {
    expect(asciiJson('📦\ud83d')).toBe('"\\ud83d\\udce6\\ud83d"');
    expect(asciiJson({ é: '\u0080' })).toBe('{"\\u00e9":"\\u0080"}');
  });

  test.for(['arrays', 'objects'] as const)(
    'of %s nested too deep to be written out is undefined, not an exception',
    (kind) => {
      expect(asciiJson(nested(100_000, kind))).toBe(undefined);
    },
  );

  test('of what JSON cannot hold is null', () => {
    expect(asciiJson(undefined)).toBe('null');
  });
});
