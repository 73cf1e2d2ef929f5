import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyJson, anyText } from '../../test/arbitrary-events.ts';
import { type Announcement, packAnnouncements, packOneAnnouncement, unpackAnnouncements } from './announcement.ts';
import { milestoneNames } from './milestones.ts';

const announcement: fc.Arbitrary<Announcement> = fc.record({
  parcelId: fc.maxSafeNat(),
  milestone: fc.constantFrom(...milestoneNames),
  eventId: fc.maxSafeNat(),
  timeUtc: fc.oneof(fc.constant('2021-05-11T21:11:34.1506147Z'), fc.string({ unit: 'grapheme', maxLength: 40 })),
});

test('announcements are packed in order, as ASCII, within the bound where they can be divided', () => {
  fc.assert(
    fc.property(fc.array(announcement), fc.integer({ min: 40, max: 900 }), (announcements, maxBytes) => {
      const bodies = packAnnouncements(announcements, maxBytes);
      const read = bodies.map((body): { version: number; announcements: Announcement[] } => JSON.parse(body));
      expect(read.flatMap((each) => each.announcements)).toEqual(announcements);
      for (const [at, body] of bodies.entries()) {
        expect(Buffer.byteLength(body)).toBe(body.length);
        expect(read[at]?.version).toBe(1);
        if (body.length > maxBytes) expect(read[at]?.announcements).toHaveLength(1);
      }
      // No two that would fit together: nothing is sent in more messages than it needs in this order.
      for (const [at, body] of bodies.slice(1).entries()) {
        const [first] = packAnnouncements(read[at + 1]?.announcements.slice(0, 1) ?? [], maxBytes);
        const before = bodies[at] ?? '';
        expect(body).toContain(JSON.stringify(read[at + 1]?.announcements[0]?.parcelId));
        expect(before.length + (first?.length ?? 0) - '{"version":1,"announcements":[]}'.length + 1).toBeGreaterThan(
          maxBytes,
        );
      }
    }),
  );
});

test('an announcement is as the contract spells it', () => {
  expect(
    packAnnouncements(
      [{ parcelId: 5002, milestone: 'delivery', eventId: 83_270, timeUtc: '2021-05-11T21:15:34Z' }],
      61_440,
    ),
  ).toEqual([
    '{"version":1,"announcements":[{"parcelId":5002,"milestone":"delivery","eventId":83270,"timeUtc":"2021-05-11T21:15:34Z"}]}',
  ]);
});

const valid: Announcement = { parcelId: 5002, milestone: 'delivery', eventId: 83_270, timeUtc: '2021-05-11T21:15:34Z' };
const [body = ''] = packAnnouncements([valid], 61_440);

test('what is packed is read again as it was', () => {
  const parcels = fc.record({
    parcelId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    milestone: fc.constantFrom(...milestoneNames),
    eventId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    timeUtc: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(parcels, { maxLength: 5 }), (announcements) => {
      const elements = packAnnouncements(announcements, 61_440).flatMap((each) => {
        const unpacked = unpackAnnouncements(each);
        return unpacked.kind === 'announcements' ? unpacked.elements : [];
      });
      expect(elements).toEqual(announcements.map((announcement) => ({ kind: 'announcement', announcement })));
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['not JSON', 'NOT_JSON'],
  ['[]', 'NOT_A_PACK'],
  ['{"announcements":[]}', 'NOT_A_PACK'],
  ['{"version":1}', 'NOT_A_PACK'],
  ['{"version":1,"announcements":{}}', 'NOT_A_PACK'],
  ['{"version":1,"events":[]}', 'NOT_A_PACK'],
  ['{"version":2,"announcements":[]}', 'UNKNOWN_VERSION'],
])('the message %s cannot be read: %s', (text, code) => {
  expect(unpackAnnouncements(text)).toMatchObject({ kind: 'unreadable', code });
});

test('what a later release adds is passed over: members, and milestones, whose parcels are looked at', () => {
  const later = JSON.stringify({ ...valid, milestone: 'returned', eventId: 'another kind' });
  const more = JSON.stringify({ ...valid, more: [1] });
  expect(unpackAnnouncements(`{"version":1,"more":1,"announcements":[${later},${more}]}`)).toEqual({
    kind: 'announcements',
    elements: [
      { kind: 'unknown milestone', parcelId: 5002 },
      { kind: 'announcement', announcement: valid },
    ],
  });
});

test.each([
  ['null', 'an object', undefined],
  ['{"milestone":"delivery"}', 'a whole number from 1 to 9007199254740991 in parcelId', undefined],
  ['{"parcelId":7}', 'a name in milestone', 7],
  ['{"parcelId":7,"milestone":"delivery"}', 'a whole number from 1 to 9007199254740991 in eventId', 7],
  ['{"parcelId":7,"milestone":"delivery","eventId":1,"timeUtc":""}', 'a time in timeUtc', 7],
])('the element %s is none, and its neighbours are read', (json, expected, parcelId) => {
  const text = body.replace('[', `[${json},`);
  expect(unpackAnnouncements(text)).toEqual({
    kind: 'announcements',
    elements: [
      { kind: 'invalid', expected, parcelId, json },
      { kind: 'announcement', announcement: valid },
    ],
  });
  expect(unpackAnnouncements(packOneAnnouncement(json))).toMatchObject({ elements: [{ kind: 'invalid', json }] });
});

test('whatever comes is read without an error', () => {
  const bodies = fc.oneof(
    anyText(80),
    anyJson.map((json) => JSON.stringify(json)),
    anyJson.map((json) => `{"version":1,"announcements":${JSON.stringify(json)}}`),
    anyJson.map((json) => `{"version":1,"announcements":[${JSON.stringify(json)}]}`),
  );
  fc.assert(
    fc.property(bodies, (each) => {
      expect(['announcements', 'unreadable']).toContain(unpackAnnouncements(each).kind);
    }),
    { numRuns: 200 },
  );
});
