import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Announcement, packAnnouncements } from './announcement.ts';
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
