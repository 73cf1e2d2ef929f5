import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { requirementsNamed } from '@waybill/notifier/requirements/requirements.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { expect, test } from 'vitest';
import { delivery, deliveryRig, readParcel } from '../../../notifier/test/delivery-rig.ts';
import { planSend, runSend } from './run-send.ts';

const ids = Array.from({ length: 250 }, (_, index) => index + 1);

/** Sends to all of these parcels, of which the first hundred were never picked up. */
async function sendTo(answer: (parcelId: number) => number | undefined) {
  const rig = deliveryRig({ requirements: requirementsNamed(['picked-up']) });
  const pickup = { eventId: 1, timeUtc: delivery.timeUtc };
  for (const id of ids)
    rig.parcels.stored.set(id, readParcel(id, id <= 100 && id !== 7 ? { delivery } : { pickup, delivery }));
  rig.endpoint.answer = answer;
  const deps = { delivery: rig.deps, concurrency: 16, clock: systemClock, random: () => 0 };
  // Of ids that are given nothing is read.
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-west-1' }));
  const reading = { documents, notificationsTable: 'notifications' };
  const { signal } = new AbortController();
  const planned = await planSend(reading, { filter: { parcelIds: ids }, attempts: 1, again: false }, signal);
  const result = await runSend(deps, reading, planned, { signal, onProgress: () => undefined });
  return { result, requests: rig.endpoint.requests.length };
}

test('one parcel that fails again and again keeps those after its hundred from nothing', async () => {
  const { result } = await sendTo((parcelId) => (parcelId === 7 ? 500 : 200));
  expect(result.counts).toMatchObject({ notified: 150, requirementsNotMet: 99, failed: 1 });
});

test('an endpoint that is away is not asked for all', async () => {
  const { result, requests } = await sendTo(() => undefined);
  expect(result.outcome).toBe('failed');
  expect(requests).toBe(101);
});
