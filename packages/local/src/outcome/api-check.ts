import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { describe, type ExpectedParcel, expectedParcels, type KeptSettings, scanOf } from './oracle.ts';

/** What the API did with one parcel of the feed that was pushed to it once more. */
export type ApiVerdict = {
  /** Events of the parcel that were pushed. */
  readonly events: number;
  /** What was not as it should be, a line each. */
  readonly problems: readonly string[];
};

export type ApiUnderCheck = { readonly url: string; readonly token: string };

/** The parcel that is asked for, the elements that are pushed, and what it must be. */
export type ApiSample = { readonly expected: ExpectedParcel; readonly elements: readonly unknown[] };

/** Elements that are pushed at most: a cheap check. */
const mostElements = 100;
/** Milliseconds that a request may take, and that a batch may take until it is settled. */
const requestLimitMs = 15_000;
const settledLimitMs = 30_000;
const askEveryMs = 100;

/**
 * The first parcel of the feed, with what its elements make of it; undefined when the feed has none. Its elements are all in
 * the feed, so that pushing them changes nothing.
 */
export function apiSample(elements: Iterable<unknown>): ApiSample | undefined {
  let parcelId: number | undefined;
  const ofParcel: unknown[] = [];
  for (const element of elements) {
    const scan = scanOf(element);
    parcelId ??= scan?.parcelId;
    if (scan && scan.parcelId === parcelId) ofParcel.push(element);
  }
  const expected = parcelId === undefined ? undefined : expectedParcels(ofParcel).get(parcelId);
  return expected && { expected, elements: ofParcel.slice(0, mostElements) };
}

/** Pushes the sample's elements, waits until their batch is completed, and asks for the parcel. */
export async function checkApi(
  api: ApiUnderCheck,
  { expected, elements }: ApiSample,
  kept: KeptSettings,
  signal: AbortSignal,
): Promise<ApiVerdict> {
  const ask = asker(api, signal);
  const verdict = (...problems: string[]): ApiVerdict => ({ events: elements.length, problems });
  const pushed = await ask('/v1/scan-events', { ScanEvents: elements });
  if (pushed.status !== 202) return verdict(`POST /v1/scan-events returned ${pushed.status}`);
  const { batchId } = z.object({ batchId: z.string() }).parse(pushed.body);
  const status = await settledStatus(() => ask(`/v1/batches/${batchId}`), signal);
  if (status !== 'completed') return verdict(`batch ${batchId} ended as ${status}`);
  const path = `/v1/parcels/${expected.parcelId}`;
  const { status: found, body } = await ask(path);
  if (found !== 200) return verdict(`GET ${path} returned ${found}`);
  return verdict(...differences(expected, body, kept));
}

async function settledStatus(ask: () => Promise<Answer>, signal: AbortSignal): Promise<string> {
  const from = performance.now();
  for (;;) {
    const { status, body } = await ask();
    const read = status === 200 ? z.object({ status: z.string() }).parse(body).status : `unknown (${status})`;
    const isSettled = read === 'completed' || read === 'failed';
    if (isSettled) return read;
    if (performance.now() - from > settledLimitMs) return `${read}, after ${settledLimitMs / 1_000} s`;
    await delay(askEveryMs, undefined, { signal });
  }
}

type Answer = { readonly status: number; readonly body: unknown };

const asker =
  ({ url, token }: ApiUnderCheck, signal: AbortSignal) =>
  async (path: string, push?: object): Promise<Answer> => {
    const response = await fetch(url + path, {
      headers: { authorization: `Bearer ${token}`, ...(push && { 'content-type': 'application/json' }) },
      ...(push && { method: 'POST', body: JSON.stringify(push) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestLimitMs)]),
    });
    return { status: response.status, body: await response.json().catch(() => undefined) };
  };

const milestone = z.object({ eventId: z.number(), timeUtc: z.string() }).nullable();

/** `api.md`, "Parcels", as far as the feed decides it. */
const shownParcel = z.object({
  parcelId: z.number(),
  latest: z.object({
    eventId: z.number(),
    type: z.string(),
    statusCode: z.string(),
    runId: z.string(),
    createdDateTimeUtc: z.string(),
  }),
  pickup: milestone,
  delivery: milestone,
  history: z.array(z.object({ eventId: z.number() })).optional(),
});

/** Where a parcel as the API shows it differs from what it should be, a line each. */
export function differences(expected: ExpectedParcel, body: unknown, { historyEvents }: KeptSettings): string[] {
  const parcel = shownParcel.safeParse(body);
  if (!parcel.success) return [`parcel ${expected.parcelId} is not shown as api.md says`];
  const { parcelId, latest, pickup, delivery, history } = parcel.data;
  const { eventId: lastEventId, ...contents } = latest;
  const shown: Readonly<Record<string, unknown>> = {
    ...{ parcelId, lastEventId, ...contents },
    ...{ pickupEventId: pickup?.eventId, pickupTimeUtc: pickup?.timeUtc },
    ...{ deliveryEventId: delivery?.eventId, deliveryTimeUtc: delivery?.timeUtc },
    history: history?.map(({ eventId }) => eventId).join(' '),
  };
  const entries = expected.history
    .slice(0, historyEvents)
    .map((entry) => z.tuple([z.number()], z.string()).parse(JSON.parse(entry)));
  const should: Readonly<Record<string, unknown>> = {
    ...expected,
    history: historyEvents === 0 ? undefined : [...new Set(entries.map(([eventId]) => eventId))].join(' '),
  };
  return Object.keys(shown)
    .filter((attribute) => shown[attribute] !== should[attribute])
    .map((attribute) =>
      describe({ parcelId: expected.parcelId, attribute, expected: should[attribute], stored: shown[attribute] }),
    );
}
