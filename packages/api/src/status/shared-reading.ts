import type { Clock } from '@waybill/shared/clock.ts';

/** Milliseconds for which an answer is new: many who look at once cost one read per second. */
const newMs = 1_000;

/** Milliseconds for which an older answer waits for a newer one before it is given, by default. */
const usualPatienceMs = 100;

/** Milliseconds after which an answer is too old to be given. */
const keptMs = 30_000;

/**
 * Answers of a slow question, shared by all who ask: one question is asked at a time. Who comes while it is asked gets the
 * answer before, if that is not old. Rejects as `read` does.
 *
 * @param read asks for the one who came first; must end by itself: who waits for it may go
 * @param patienceMs milliseconds for which an older answer waits for a newer one
 */
export function sharedReading<T, By>(
  read: (by: By) => Promise<T>,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  patienceMs = usualPatienceMs,
): (by: By) => Promise<T> {
  let known: { readonly value: T; readonly atMs: number } | undefined;
  let reading: Promise<T> | undefined;
  const start = async (by: By) => {
    try {
      const value = await read(by);
      known = { value, atMs: clock.monotonic() };
      return value;
    } finally {
      reading = undefined;
    }
  };
  return async (by) => {
    const before = known;
    const age = before ? clock.monotonic() - before.atMs : Number.POSITIVE_INFINITY;
    if (before && age < newMs) return before.value;
    reading ??= start(by);
    if (!before || age > keptMs) return await reading;
    // Who has gone on with the older answer does not hear of it.
    reading.catch(() => undefined);
    const answered = new AbortController();
    const older = async () => {
      await clock.sleep(patienceMs, answered.signal);
      return before.value;
    };
    try {
      return await Promise.race([reading, older()]);
    } finally {
      answered.abort();
    }
  };
}
