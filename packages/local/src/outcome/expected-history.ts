/** A scan, as far as a history keeps it. */
export type HistoryScan = {
  readonly eventId: number;
  readonly createdDateTimeUtc: string;
  readonly type: string;
  readonly statusCode: string;
};

/** Code units of a text that an entry keeps (docs/data-model.md, "History"). */
const longestText = 64;

/**
 * The entries of a history that is never full, each once, the newest first: those that go are the last ones. Shares no code
 * with the pipeline, as the rest of the oracle.
 */
export function expectedHistory(scans: readonly HistoryScan[]): readonly string[] {
  const entries = scans.map(({ eventId, createdDateTimeUtc, type, statusCode }) => ({
    eventId,
    texts: [createdDateTimeUtc, type, statusCode].map(cut),
  }));
  entries.sort((a, b) => b.eventId - a.eventId || firstDifference(b.texts, a.texts));
  return [...new Set(entries.map(({ eventId, texts }) => JSON.stringify([eventId, ...texts])))];
}

/** Without half a character at the end. */
function cut(text: string): string {
  const units = text.slice(0, longestText);
  return units.isWellFormed() ? units : units.slice(0, -1);
}

/** Below 0 when the first text that differs comes first in `a`, by code unit. */
export function firstDifference(a: readonly string[], b: readonly string[]): number {
  for (const [field, text] of a.entries()) {
    const other = b[field] ?? '';
    if (text < other) return -1;
    if (text > other) return 1;
  }
  return 0;
}
