import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { apiSample, checkApi, differences } from './api-check.ts';

const scan = (EventId: number, more: object = {}) => ({
  EventId,
  ParcelId: 7,
  Type: 'STATUS',
  StatusCode: 'OK',
  CreatedDateTimeUtc: '2021-05-11T21:11:34.15Z',
  ...more,
});
const pickup = scan(1, { Type: 'PICKUP', StatusCode: null });
const status = scan(2, { User: { RunId: '100' } });
const kept = { historyEvents: 32, retentionDays: 0 };

/** Parcel 7 as the API should show it. */
const shown = {
  parcelId: 7,
  stage: 'in-transit',
  latest: {
    eventId: 2,
    type: 'STATUS',
    statusCode: 'OK',
    runId: '100',
    createdDateTimeUtc: '2021-05-11T21:11:34.15Z',
  },
  pickup: { eventId: 1, timeUtc: '2021-05-11T21:11:34.15Z' },
  delivery: null,
  history: [{ eventId: 2 }, { eventId: 1 }],
  revision: 2,
};

function sampleOf(...elements: unknown[]) {
  const sample = apiSample(elements);
  if (!sample) throw new Error('these elements have a parcel');
  return sample;
}

describe('the sample for the API', () => {
  test('is the first parcel that the feed shows well, with its own events only', () => {
    const elements = [{ ParcelId: 9 }, pickup, scan(3, { ParcelId: 8 }), status, 'no event'];
    expect(sampleOf(...elements)).toMatchObject({
      expected: { parcelId: 7, lastEventId: 2 },
      elements: [pickup, status],
    });
  });

  test('is missing where nothing is well formed', () => {
    expect(apiSample(['no event', { ParcelId: 9 }])).toBeUndefined();
  });
});

describe('a parcel as the API shows it', () => {
  const { expected } = sampleOf(pickup, status);

  test('does not differ when it is what the feed makes of it, with and without history', () => {
    expect(differences(expected, shown, kept)).toEqual([]);
    expect(differences(expected, { ...shown, history: [{ eventId: 2 }] }, { ...kept, historyEvents: 1 })).toEqual([]);
    expect(differences(expected, { ...shown, history: undefined }, { ...kept, historyEvents: 0 })).toEqual([]);
  });

  test('differs by each attribute that is not so', () => {
    const wrong = { ...shown, latest: { ...shown.latest, type: 'HELD' }, pickup: null, history: [] };
    expect(differences(expected, wrong, kept)).toEqual([
      'parcel 7, type: stored "HELD", expected "STATUS"',
      'parcel 7, pickupEventId: stored nothing, expected 1',
      'parcel 7, pickupTimeUtc: stored nothing, expected "2021-05-11T21:11:34.15Z"',
      'parcel 7, history: stored "", expected "2 1"',
    ]);
    expect(differences(expected, { parcelId: 7 }, kept)).toEqual(['parcel 7 is not shown as api.md says']);
  });
});

/** An API that gives these answers, by method and path, and the requests that it got. */
async function apiWith(answers: Readonly<Record<string, readonly [status: number, body: object]>>) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const [status, body] = answers[`${request.method} ${request.url}`] ?? [404, {}];
    request.on('data', (chunk) => requests.push(String(chunk)));
    request.on('end', () => response.writeHead(status).end(JSON.stringify(body)));
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, requests };
}

describe('the check of the API', () => {
  const accepted = [202, { batchId: 'b1' }] as const;
  const check = (url: string) =>
    checkApi({ url, token: 't' }, sampleOf(pickup, status), kept, new AbortController().signal);

  test('pushes the events, waits for their batch, and asks for the parcel', async () => {
    const { url, requests } = await apiWith({
      'POST /v1/scan-events': accepted,
      'GET /v1/batches/b1': [200, { status: 'completed' }],
      'GET /v1/parcels/7': [200, shown],
    });
    expect(await check(url)).toEqual({ events: 2, problems: [] });
    expect(requests).toEqual([
      'POST /v1/scan-events Bearer t',
      JSON.stringify({ ScanEvents: [pickup, status] }),
      'GET /v1/batches/b1 Bearer t',
      'GET /v1/parcels/7 Bearer t',
    ]);
  });

  test('says what was not accepted, not settled or not found', async () => {
    const refused = await apiWith({ 'POST /v1/scan-events': [503, {}] });
    const failed = await apiWith({
      'POST /v1/scan-events': accepted,
      'GET /v1/batches/b1': [200, { status: 'failed' }],
    });
    const missing = await apiWith({
      'POST /v1/scan-events': accepted,
      'GET /v1/batches/b1': [200, { status: 'completed' }],
    });
    const problems = await Promise.all([refused, failed, missing].map(async ({ url }) => (await check(url)).problems));
    expect(problems).toEqual([
      ['POST /v1/scan-events returned 503'],
      ['batch b1 ended as failed'],
      ['GET /v1/parcels/7 returned 404'],
    ]);
  });
});
