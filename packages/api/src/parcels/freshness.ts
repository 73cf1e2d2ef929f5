import type { Clock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';

/** Milliseconds between two reads of the checkpoint: one a second in a process, however many requests it answers. */
const readEveryMs = 1_000;

/** Milliseconds that a request waits for a read while it has an older value to tell. */
const patienceMs = 1_000;

/** Milliseconds for which an older value is told while the checkpoint cannot be read: it stays true, unless an operator has put the checkpoint back meanwhile. */
const keptMs = 60_000;

/** Through which EventId the feed is on the queue, shared by all requests of a process (decision 128). */
export type Freshness = {
  /** Null where nobody knows it yet. Rejects with the engine's error where the checkpoint has not been read for a minute: null would be a lie. */
  readonly completeThroughEventId: () => Promise<number | null>;
};

/** @param read asks the checkpoint */
export function createFreshness(
  read: () => Promise<number | null>,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): Freshness {
  let known: { readonly value: number | null; readonly atMs: number } | undefined;
  let failure: unknown = new WaybillError('CALL_TIMED_OUT', 'the checkpoint has not been read for a minute');
  let startedMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let waiting: Promise<void> = Promise.resolve();

  const start = () => {
    const atMs = clock.monotonic();
    startedMs = atMs;
    const ended = new AbortController();
    reading = read()
      .then(
        (value) => {
          known = { value, atMs };
        },
        (error: unknown) => {
          failure = error;
        },
      )
      .finally(() => {
        reading = undefined;
        ended.abort();
      });
    waiting = Promise.race([reading, clock.sleep(patienceMs, ended.signal)]);
  };

  return {
    completeThroughEventId: async () => {
      if (reading === undefined && clock.monotonic() - startedMs >= readEveryMs) start();
      const isKept = () => known !== undefined && clock.monotonic() - known.atMs < keptMs;
      if (reading !== undefined) await (isKept() ? waiting : reading);
      if (known && isKept()) return known.value;
      throw failure;
    },
  };
}
