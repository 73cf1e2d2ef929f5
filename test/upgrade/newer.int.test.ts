import { queueContent } from '@waybill/local/pipeline/queue-content.ts';
import { expect, test } from 'vitest';
import { usePlace } from '../engines/place-under-test.ts';
import { Deployment, until } from './deployment.ts';

const place = usePlace();

const event = {
  eventId: 1,
  parcelId: 1,
  type: 'STATUS',
  createdDateTimeUtc: '2021-05-11T21:11:34Z',
  statusCode: '',
  runId: '',
};

test('a message of a later version waits for the release that reads it, and harms nothing meanwhile', async () => {
  const deployment = await Deployment.open(place());
  const { parcelsTable, failuresTable, scanQueueUrl, deadLetterQueueUrl } = deployment.resources;
  const later = JSON.stringify({ version: 2, packed: 'in a way that this release does not know' });
  const known = JSON.stringify({ version: 1, events: [event] });
  await deployment.send([later, known].map((body) => ({ body, attributes: {} })));

  await deployment.processing(async () => {
    await until('both are worked on', async () => {
      const stored = await deployment.scan(parcelsTable, 'parcelId');
      return stored.length === 1 && (await deployment.scan(failuresTable, 'failureId')).length === 1;
    });
  });

  // A stop hands back what is in hand, to be seen at once: this is what was left to come again after a delay.
  expect(await queueContent(deployment.clients.sqs, scanQueueUrl)).toEqual({ visible: 0, inFlight: 1 });
  expect(await deployment.take(deadLetterQueueUrl)).toEqual([]);
  expect(await deployment.scan(failuresTable, 'failureId')).toEqual([
    expect.objectContaining({
      reason: { S: 'UNREADABLE_MESSAGE' },
      detail: { S: 'UNKNOWN_VERSION: expected version 1, not 2' },
      attempts: { N: '1' },
    }),
  ]);
});

test('fields that a later release adds to a message are passed over', async () => {
  const deployment = await Deployment.open(place());
  const { parcelsTable, failuresTable } = deployment.resources;
  const body = JSON.stringify({ version: 1, events: [{ ...event, weightGrams: 1250 }], packedBy: 'a later release' });
  await deployment.send([{ body, attributes: { trace: { DataType: 'String', StringValue: 'abc' } } }]);

  await deployment.processing(() => deployment.settled());

  expect(await deployment.scan(parcelsTable, 'parcelId')).toEqual([
    expect.objectContaining({ parcelId: { N: '1' }, lastEventId: { N: '1' } }),
  ]);
  expect(await deployment.scan(failuresTable, 'failureId')).toEqual([]);
});
