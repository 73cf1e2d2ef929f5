import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent, anyJson, feedElement, nested } from '../../test/arbitrary-events.ts';
import { parse, parseBySchema } from './feed-element.ts';
import { parsePacked, parsePackedBySchema } from './pack.ts';
import { eventIdOf } from './scan-event.ts';

const scan = {
  eventId: 83269,
  parcelId: 5002,
  type: 'PICKUP',
  createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
  statusCode: '',
  runId: '100',
};
const element = feedElement(scan);

/** Both forms of an event are read under the same rules: every field case is tried in both. */
const forms = [
  {
    form: 'an element of the feed',
    read: parse,
    bySchema: parseBySchema,
    valid: element,
    names: { id: 'EventId', parcel: 'ParcelId', type: 'Type', date: 'CreatedDateTimeUtc', status: 'StatusCode' },
  },
  {
    form: 'an element of a pack',
    read: parsePacked,
    bySchema: parsePackedBySchema,
    valid: scan,
    names: { id: 'eventId', parcel: 'parcelId', type: 'type', date: 'createdDateTimeUtc', status: 'statusCode' },
  },
] as const;

const without = (raw: object, name: string) => Object.fromEntries(Object.entries(raw).filter(([key]) => key !== name));
const rejected = (code: string, path: string) => ({ rejection: expect.objectContaining({ code, path }) });

describe('any JSON at all', () => {
  test('gives an event or a rejection, never an exception', () => {
    fc.assert(
      fc.property(anyJson, (raw) => {
        for (const answer of [parse(raw), parsePacked(raw)]) {
          expect(Object.keys(answer)).toEqual([expect.stringMatching(/^(event|rejection)$/)]);
        }
        eventIdOf(raw);
      }),
    );
  });

  test('around a valid event does not keep it from being found', () => {
    fc.assert(
      fc.property(fc.array(anyJson), anyEvent(), fc.array(anyJson), (before, event, after) => {
        const page = JSON.parse(JSON.stringify([...before, feedElement(event), ...after]));
        expect(page.map(parse)[before.length]).toEqual({ event });
      }),
    );
  });

  test('in fields that are not the event’s, and in Device, changes nothing', () => {
    fc.assert(
      fc.property(anyEvent(), fc.dictionary(fc.string(), anyJson), (event, extra) => {
        const raw = { ...extra, ...feedElement(event) };
        expect(parse({ ...raw, Device: extra, User: { ...extra, RunId: event.runId } })).toEqual({ event });
        expect(parsePacked({ ...extra, ...event })).toEqual({ event });
      }),
    );
  });

  test('in place of one field gives an event with that field or a rejection that names it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(element)), anyJson, (name, value) => {
        const answer = parse({ ...element, [name]: value });
        if ('rejection' in answer) expect(answer.rejection.path.split('.')[0]).toBe(name);
        else expect(answer.event).toEqual({ ...scan, ...replaced(name, value) });
      }),
    );
  });
});

/** The field of the event that a valid value of the element's field `name` shows in. */
function replaced(name: string, value: unknown): object {
  const known: Record<string, string> = { EventId: 'eventId', ParcelId: 'parcelId', Type: 'type' };
  if (name === 'StatusCode') return { statusCode: value ?? '' };
  if (name === 'User') return { runId: (value instanceof Object && 'RunId' in value && value.RunId) || '' };
  return known[name] ? { [known[name]]: value } : {};
}

describe.for(forms)('$form', ({ read, bySchema, valid, names }) => {
  test('is what the schema takes it for, whichever fields are out of the ordinary', () => {
    const value = fc.oneof(
      anyJson,
      fc.constantFrom(undefined, null, '', 0, -0, 1, 1.5, 2 ** 53, [], {}, { RunId: 1 }, { RunId: null }),
      fc.constantFrom('\ud83d', 'x'.repeat(1_024), 'x'.repeat(1_025), '2023-02-29T00:00:00Z', '2024-02-29T00:00:00'),
    );
    const changes = fc.dictionary(fc.constantFrom(...Object.keys(valid)), value, { maxKeys: 3 });
    fc.assert(
      fc.property(changes, (changed) => {
        const raw = { ...valid, ...changed };
        expect(read(raw)).toEqual(bySchema(raw));
      }),
      { numRuns: 1_000 },
    );
  });

  test('that is valid is the event, reduced to what is kept', () => {
    expect(read(valid)).toEqual({ event: scan });
  });

  test.for([null, undefined, 1, 'text', true, [], [valid], () => valid])('that is %o is NOT_AN_OBJECT', (raw) => {
    expect(read(raw)).toEqual(rejected('NOT_AN_OBJECT', ''));
  });

  test.for([names.id, names.parcel, names.type, names.date])('without %s is MISSING it', (name) => {
    expect(read(without(valid, name))).toEqual(rejected('MISSING', name));
    expect(read({ ...valid, [name]: undefined })).toEqual(rejected('MISSING', name));
  });

  describe.for([names.id, names.parcel])('%s', (name) => {
    test.for([1, 1.0, 1e3, 9_007_199_254_740_991])('may be %d', (id) => {
      expect(read({ ...valid, [name]: id })).toEqual({
        event: { ...scan, [name === names.id ? 'eventId' : 'parcelId']: id },
      });
    });

    test.for([
      ...[null, 0, -0, -1, 1.5, 9_007_199_254_740_992, 1e20, 1e308, Number.POSITIVE_INFINITY, Number.NaN],
      ...['1', '', true, [1], {}, 1n],
    ])('may not be %o', (id) => {
      expect(read({ ...valid, [name]: id })).toEqual(rejected('INVALID_ID', name));
    });

    test('that JSON cannot hold exactly is refused rather than rounded', () => {
      const raw = JSON.parse(
        JSON.stringify({ ...valid, [name]: 0 }).replace(`"${name}":0`, `"${name}":9007199254740993`),
      );
      expect(read(raw)).toEqual(rejected('INVALID_ID', name));
    });
  });

  describe(names.type, () => {
    test.for(['STATUS', 'A_TYPE_OF_TOMORROW', 'pickup', ' ', '\ud83d\udce6'])('may be %o, known or not', (type) => {
      expect(read({ ...valid, [names.type]: type })).toEqual({ event: { ...scan, type } });
    });

    test.for([null, '', 1, ['PICKUP'], {}, 'half a pair: \ud83d'])('may not be %o', (type) => {
      expect(read({ ...valid, [names.type]: type })).toEqual(rejected('INVALID_TYPE', names.type));
    });
  });

  describe(names.date, () => {
    const reading = (date: unknown) => read({ ...valid, [names.date]: date });
    const kept = (createdDateTimeUtc: string) => ({ event: { ...scan, createdDateTimeUtc } });

    test('is accepted exactly when the calendar and the clock have that instant', () => {
      const pad = (length: number) => (number: number) => String(number).padStart(length, '0');
      const part = (max: number) => fc.integer({ min: 0, max }).map(pad(2));
      const year = fc
        .oneof(fc.constantFrom(1900, 2000, 2023, 2024, 2100), fc.integer({ min: 0, max: 9999 }))
        .map(pad(4));
      fc.assert(
        fc.property(year, part(14), part(33), part(26), part(62), part(62), (y, mo, d, h, mi, s) => {
          const text = `${y}-${mo}-${d}T${h}:${mi}:${s}`;
          const date = new Date(`${text}Z`);
          // Date rolls 30 February over into March and 24:00 into the next day: what it returns shows that.
          const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
          expect('event' in reading(`${text}Z`)).toBe(exists);
        }),
        { numRuns: 2_000 },
      );
    });

    test.for(['2024-02-29T00:00:00Z', '2000-02-29T12:00:00Z', '0000-02-29T00:00:00Z', '9999-12-31T23:59:59Z'])(
      'may be %s',
      (date) => {
        expect(reading(date)).toEqual(kept(date));
      },
    );

    test.for([
      ['29 February of no leap year', '2023-02-29T00:00:00Z'],
      ['29 February 1900', '1900-02-29T00:00:00Z'],
      ['30 February', '2024-02-30T00:00:00Z'],
      ['31 April', '2024-04-31T00:00:00Z'],
      ['a month 0', '2024-00-01T00:00:00Z'],
      ['a month 13', '2024-13-01T00:00:00Z'],
      ['a day 0', '2024-01-00T00:00:00Z'],
      ['hour 24', '2024-01-01T24:00:00Z'],
      ['minute 60', '2024-01-01T00:60:00Z'],
      ['second 60', '2016-12-31T23:59:60Z'],
      ['an offset', '2024-01-01T00:00:00+00:00'],
      ['an offset without a colon', '2024-01-01T00:00:00-0130'],
      ['an offset after Z', '2024-01-01T00:00:00Z+01:00'],
      ['a lower-case z', '2024-01-01T00:00:00z'],
      ['a lower-case t', '2024-01-01t00:00:00Z'],
      ['a space for T', '2024-01-01 00:00:00Z'],
      ['a date alone', '2024-01-01'],
      ['no seconds', '2024-01-01T00:00Z'],
      ['a dot without digits', '2024-01-01T00:00:00.Z'],
      ['a comma for the dot', '2024-01-01T00:00:00,5Z'],
      ['a two-digit year', '24-01-01T00:00:00Z'],
      ['a year with a sign', '+002024-01-01T00:00:00Z'],
      ['space before', ' 2024-01-01T00:00:00Z'],
      ['a line break after', '2024-01-01T00:00:00Z\n'],
      ['digits of another script', '٢٠٢٤-01-01T00:00:00Z'],
      ['no text', ''],
      ['null', null],
      ['a number', 1_715_461_894],
      ['a Date', new Date(0)],
    ])('may not be %s', ([, date]) => {
      expect(reading(date)).toEqual(rejected('INVALID_DATE', names.date));
    });

    test('keeps the feed’s own fraction digits, however many, and trailing zeros', () => {
      fc.assert(
        fc.property(fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 900 }), (digits) => {
          const date = `2021-05-11T21:11:34.${digits}Z`;
          expect(reading(date)).toEqual(kept(date));
        }),
      );
    });

    test('without a zone is UTC, as the field’s name says, and gets its Z', () => {
      expect(reading('2021-05-11T21:11:34.150')).toEqual(kept('2021-05-11T21:11:34.150Z'));
    });
  });

  test.for([names.type, names.status])('may have a %s of 1,024 characters and no more', (name) => {
    expect(read({ ...valid, [name]: 'x'.repeat(1_024) })).toHaveProperty('event');
    expect(read({ ...valid, [name]: 'x'.repeat(1_025) })).toEqual(rejected('TOO_LONG', name));
  });

  test('with a date of more than 1,024 characters is TOO_LONG', () => {
    const date = `2021-05-11T21:11:34.${'1'.repeat(1_005)}`;
    expect(read({ ...valid, [names.date]: date })).toEqual(rejected('TOO_LONG', names.date));
  });

  test.for([null, undefined])('may have %o for its status', (status) => {
    expect(read({ ...valid, [names.status]: status })).toEqual({ event: { ...scan, statusCode: '' } });
    expect(read(without(valid, names.status))).toEqual({ event: { ...scan, statusCode: '' } });
  });

  test.for([0, false, [], {}, 'half a pair: \ud83d'])('may not have %o for its status', (status) => {
    expect(read({ ...valid, [names.status]: status })).toEqual(rejected('INVALID_TEXT', names.status));
  });

  test('that is wrong in several fields is rejected for the first of them', () => {
    expect(read({ ...valid, [names.date]: 'x', [names.id]: 'x' })).toEqual(rejected('INVALID_ID', names.id));
  });

  describe('with keys that poison prototypes', () => {
    const poison = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},';

    test('is read as if they were not there, and they are not kept', () => {
      const answer = read(JSON.parse(JSON.stringify(valid).replace('{', `{${poison}`)));
      expect(answer).toEqual({ event: scan });
      expect('event' in answer && Object.keys(answer.event)).toEqual(Object.keys(scan));
      expect('polluted' in {}).toBe(false);
    });

    test('has no field that only its __proto__ key holds', () => {
      const json = JSON.stringify(without(valid, names.id)).replace('{', `{"__proto__":{"${names.id}":7},`);
      const raw: unknown = JSON.parse(json);
      expect(read(raw)).toEqual(rejected('MISSING', names.id));
      expect(eventIdOf(raw)).toBe(undefined);
    });

    test('has no field that it only inherits', () => {
      const raw: unknown = Object.assign(Object.create({ [names.id]: 7 }), without(valid, names.id));
      expect(read(raw)).toEqual(rejected('NOT_AN_OBJECT', ''));
      expect(eventIdOf(raw)).toBe(undefined);
    });
  });

  test('costs linear time, whatever its size and depth', { timeout: 10_000 }, () => {
    const long = '2'.repeat(1_000_000);
    const deep = [nested(100_000, 'arrays'), nested(100_000, 'objects')];
    for (const name of [...Object.keys(valid), 'Unknown', '__proto__']) {
      for (const value of [long, ...deep, Array.from({ length: 1_000_000 }, () => 0)]) {
        const raw = Object.defineProperty({ ...valid }, name, { value, enumerable: true });
        for (let round = 0; round < 20; round += 1) read(raw);
      }
    }
  });
});

describe('User', () => {
  test.for([null, undefined, {}, { RunId: null }, { RunId: undefined }, { UserId: 1 }])('may be %o', (User) => {
    expect(parse({ ...element, User })).toEqual({ event: { ...scan, runId: '' } });
  });

  test.for([0, 'NC1001', true, []])('may not be %o', (User) => {
    expect(parse({ ...element, User })).toEqual(rejected('INVALID_OBJECT', 'User'));
  });

  test.for([0, false, ['100'], {}, 'half a pair: \ud83d'])('may not have the RunId %o', (RunId) => {
    expect(parse({ ...element, User: { RunId } })).toEqual(rejected('INVALID_TEXT', 'User.RunId'));
  });

  test('may have a RunId of 1,024 characters and no more', () => {
    expect(parse({ ...element, User: { RunId: 'x'.repeat(1_024) } })).toHaveProperty('event');
    expect(parse({ ...element, User: { RunId: 'x'.repeat(1_025) } })).toEqual(rejected('TOO_LONG', 'User.RunId'));
  });
});

describe('Device', () => {
  test.for([null, undefined, {}, { DeviceId: [] }])('may be %o', (Device) => {
    expect(parse({ ...element, Device })).toEqual({ event: scan });
  });

  test.for([0, 'scanner', false, []])('may not be %o', (Device) => {
    expect(parse({ ...element, Device })).toEqual(rejected('INVALID_OBJECT', 'Device'));
  });
});

describe('a rejection', () => {
  test.for([
    [null, 'an object'],
    [{ ...element, EventId: undefined }, 'a value'],
    [{ ...element, EventId: 0 }, 'a whole number from 1 to 9007199254740991'],
    [{ ...element, Type: '' }, 'a non-empty string of whole characters'],
    [{ ...element, CreatedDateTimeUtc: '' }, 'an ISO 8601 date and time in UTC, ending in Z or without a zone'],
    [{ ...element, StatusCode: 1 }, 'a string of whole characters, or null'],
    [{ ...element, User: 1 }, 'an object or null'],
    [{ ...element, Type: 'x'.repeat(1_025) }, 'at most 1024 characters'],
  ])('of %o says what was expected: %s', ([raw, expected]) => {
    expect(parse(raw)).toEqual({ rejection: expect.objectContaining({ expected }) });
  });
});

describe('the id of an element that is not a scan event', () => {
  test.for([
    [{ EventId: 7 }, 7],
    [{ eventId: 7 }, 7],
    [{ EventId: 7, Type: 0, CreatedDateTimeUtc: [] }, 7],
    [{ EventId: 0 }, undefined],
    [{ EventId: '7' }, undefined],
    [{ EventId: 9_007_199_254_740_992 }, undefined],
    [{}, undefined],
    [[7], undefined],
    [null, undefined],
    ['7', undefined],
  ])('of %o is %o', ([raw, id]) => {
    expect(eventIdOf(raw)).toBe(id);
  });
});
