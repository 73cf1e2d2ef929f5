import { type Milestone, type MilestoneName, milestoneNames } from './milestones.ts';
import { elementTexts } from './own-text.ts';
import { asciiJson, toAscii, type UnreadableCode } from './pack.ts';
import { expectations, isPlainObject, parcelIdOf } from './scan-event.ts';

/** What tells that a parcel has reached a milestone (docs/architecture.md, "Notifications"). It says: look at this parcel. */
export type Announcement = Milestone & { readonly parcelId: number; readonly milestone: MilestoneName };

const start = '{"version":1,"announcements":[';
const end = ']}';

/**
 * Announcements as message bodies, in order: ASCII (so that length is bytes), each at most `maxBytes` long where it can be
 * divided. An announcement alone is a few hundred bytes, with the date's digits 8 KiB at most.
 */
export function packAnnouncements(announcements: Iterable<Announcement>, maxBytes: number): string[] {
  const bodies: string[] = [];
  let open: string[] = [];
  let bytes = start.length + end.length;
  const close = () => {
    if (open.length > 0) bodies.push(start + open.join(',') + end);
    open = [];
    bytes = start.length + end.length;
  };
  for (const { parcelId, milestone, eventId, timeUtc } of announcements) {
    const json = toAscii(JSON.stringify({ parcelId, milestone, eventId, timeUtc }));
    if (open.length > 0 && bytes + json.length + 1 > maxBytes) close();
    bytes += json.length + (open.length > 0 ? 1 : 0);
    open.push(json);
  }
  close();
  return bodies;
}

/** One element of a message of announcements. */
export type UnpackedAnnouncement =
  | { readonly kind: 'announcement'; readonly announcement: Announcement }
  /**
   * Of a milestone that a later release has. It is passed over, which is safe: the parcel is looked at all the same, for every
   * milestone that this release knows, and a release announces a new one only after a release that reads it.
   */
  | { readonly kind: 'unknown milestone'; readonly parcelId: number }
  | {
      readonly kind: 'invalid';
      readonly expected: string;
      /** The element's parcel where that has a usable id. */
      readonly parcelId: number | undefined;
      /** The element's own text as ASCII; undefined where it is nested too deep to be written out again. */
      readonly json: string | undefined;
    };

export type UnpackedAnnouncements =
  | { readonly kind: 'announcements'; readonly elements: readonly UnpackedAnnouncement[] }
  | { readonly kind: 'unreadable'; readonly code: UnreadableCode; readonly expected: string };

const notAnnouncements: UnpackedAnnouncements = {
  kind: 'unreadable',
  code: 'NOT_A_PACK',
  expected: 'an object with a version and announcements',
};

/**
 * Reads a message of announcements. Never throws, and one bad element does not touch its neighbours. Members that a later
 * release adds are passed over: they may say more of the parcel, and whoever reads this looks at the parcel itself.
 */
export function unpackAnnouncements(body: string): UnpackedAnnouncements {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return { kind: 'unreadable', code: 'NOT_JSON', expected: 'JSON' };
  }
  if (!isPlainObject(message)) return notAnnouncements;
  const { version, announcements } = message;
  if (typeof version !== 'number' || !Number.isSafeInteger(version)) return notAnnouncements;
  if (version !== 1) return { kind: 'unreadable', code: 'UNKNOWN_VERSION', expected: `version 1, not ${version}` };
  if (!Array.isArray(announcements)) return notAnnouncements;
  let texts: readonly string[] | undefined;
  const textOf = (index: number) => {
    texts ??= elementTexts(body, 'announcements');
    return texts[index];
  };
  const elements = announcements.map((element, index) => unpackedAnnouncement(element, () => textOf(index)));
  return { kind: 'announcements', elements };
}

/** The body in which one element travels alone. */
export function packOneAnnouncement(elementJson: string): string {
  return start + elementJson + end;
}

function unpackedAnnouncement(raw: unknown, ownText: () => string | undefined): UnpackedAnnouncement {
  const invalid = (expected: string): UnpackedAnnouncement => ({
    kind: 'invalid',
    expected,
    parcelId: parcelIdOf(raw),
    json: asciiJson(raw, ownText()),
  });
  if (!isPlainObject(raw)) return invalid('an object');
  const { parcelId, milestone, eventId, timeUtc } = raw;
  if (!isId(parcelId)) return invalid(`${expectations.INVALID_ID} in parcelId`);
  if (!isText(milestone)) return invalid('a name in milestone');
  const name = milestoneNames.find((each) => each === milestone);
  if (name === undefined) return { kind: 'unknown milestone', parcelId };
  if (!isId(eventId)) return invalid(`${expectations.INVALID_ID} in eventId`);
  if (!isText(timeUtc)) return invalid('a time in timeUtc');
  return { kind: 'announcement', announcement: { parcelId, milestone: name, eventId, timeUtc } };
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

/** Longest text of an element, as of a scan. */
const mostCharacters = 1_024;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= mostCharacters && value.isWellFormed();
}
