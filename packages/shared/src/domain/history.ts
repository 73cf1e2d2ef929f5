import { compareScans, type Scan } from './scan-event.ts';

/**
 * One scan as a parcel's history keeps it: `text` is the JSON array `[eventId,"createdDateTimeUtc","type","statusCode"]`,
 * each text cut to its first 64 code units. No run: it names a person's round.
 */
export type HistoryEntry = { readonly eventId: number; readonly text: string };

/** A parcel's scans, the newest first, each once. Two contents under one EventId are two entries, the greater first. */
export type History = readonly HistoryEntry[];

/** One object for all that have none. */
export const noHistory: History = [];

/** What an entry says of its scan, as readers show it. */
export type HistoryScan = Omit<Scan, 'runId'>;

/** Code units of a text that an entry keeps (design, "Parcels table"). */
const longestText = 64;

/** Makes the entry of a scan. The same for a scan whose texts are cut already. */
export function historyEntry({ eventId, createdDateTimeUtc, type, statusCode }: HistoryScan): HistoryEntry {
  // Of the whole array at once: put together from pieces, V8 would keep the pieces.
  const text = JSON.stringify([eventId, cutText(createdDateTimeUtc), cutText(type), cutText(statusCode)]);
  return { eventId, text };
}

/** The text's first 64 code units, without half a surrogate pair at the end. */
export function cutText(text: string): string {
  if (text.length <= longestText) return text;
  const last = text.charCodeAt(longestText - 1);
  const isFirstHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isFirstHalf ? longestText - 1 : longestText);
}

/** Reads the entries of a stored set, in any order; undefined when one of them is none. */
export function readHistory(texts: Iterable<string>): History | undefined {
  const entries: HistoryEntry[] = [];
  for (const text of texts) {
    const eventId = Number(/^\[(\d{1,16})[,\]]/.exec(text)?.[1]);
    if (!Number.isSafeInteger(eventId)) return undefined;
    entries.push({ eventId, text });
  }
  return entries.sort(newestFirst);
}

/** Every entry of either. */
export function mergeHistory(a: History, b: History): History {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  const merged: HistoryEntry[] = [];
  let [left, right] = [0, 0];
  for (let one = a[0], other = b[0]; one || other; ) {
    const order = one && other ? newestFirst(one, other) : one ? -1 : 1;
    const next = order <= 0 ? one : other;
    if (next) merged.push(next);
    if (order <= 0) one = a[++left];
    if (order >= 0) other = b[++right];
  }
  return merged;
}

export function sameHistory(a: History, b: History): boolean {
  return a === b || (a.length === b.length && a.every(({ text }, index) => text === b[index]?.text));
}

/** The entries of `more` that `history` lacks. */
export function missingFrom(history: History, more: History): History {
  const known = new Set(history.map(({ text }) => text));
  return more.filter(({ text }) => !known.has(text));
}

/** What an entry says. Where it is not an entry of this release, fields that it lacks are empty. */
export function scanOfEntry({ eventId, text }: HistoryEntry): HistoryScan {
  const values = valuesOf(text);
  const [createdDateTimeUtc = '', type = '', statusCode = ''] = values.slice(1).map((value) => String(value));
  return { eventId, createdDateTimeUtc, type, statusCode };
}

/** The history for a reader: newest first, one scan an EventId, of two contents the greater. */
export function shownHistory(history: History): readonly HistoryScan[] {
  return history.filter(({ eventId }, index) => eventId !== history[index - 1]?.eventId).map(scanOfEntry);
}

function valuesOf(text: string): readonly unknown[] {
  try {
    const values: unknown = JSON.parse(text);
    return Array.isArray(values) ? values : [];
  } catch {
    return [];
  }
}

/** By EventId; contents under one EventId in the order that `merge` has for scans, and by their text where that says nothing. */
function newestFirst(a: HistoryEntry, b: HistoryEntry): number {
  if (a.eventId !== b.eventId) return b.eventId - a.eventId;
  if (a.text === b.text) return 0;
  const [one, other] = [a, b].map((entry) => ({ ...scanOfEntry(entry), runId: '' }));
  const byContent = one && other ? compareScans(other, one) : 0;
  return byContent || (a.text > b.text ? -1 : 1);
}
