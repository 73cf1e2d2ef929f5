import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { storeParcels } from '../api/stored.ts';
import { noUnits, startUnitCounter, sum, type Units } from '../counting/unit-counter.ts';
import type { Engine } from '../pipelines/engine.ts';
import { batchesOf, sendAll } from './announced.ts';
import { untilSettled, untilTold } from './backlog.ts';
import { startReceiverProcess } from './received.ts';
import type { Subject } from './subjects.ts';

/** What one notification asks of SQS and DynamoDB. */
export type Counted = {
  readonly parcels: Units;
  readonly notifications: Units;
  /** By action; the sends are those that announce. */
  readonly sqs: { readonly sends: number; readonly receives: number; readonly settles: number };
  /** Requests at the receiver. */
  readonly requests: number;
};

/** Tells a backlog of so many deliveries, with every request to DynamoDB counted on its way. */
export async function countBacklog(engine: Engine, subject: Subject, notifications: number): Promise<Counted> {
  const resources = await engine.provision();
  const { sqs, close } = openClients(engine.env);
  const receiver = await startReceiverProcess(0);
  const counter = await startUnitCounter(engine.dynamodbEndpoint);
  const env = { ...engine.env, AWS_ENDPOINT_URL_DYNAMODB: counter.endpoint };
  await storeParcels(engine.dynamodb, resources.parcelsTable, notifications, 'DELIVERY');
  const bodies = subject.announce(Array.from({ length: notifications }, (_, index) => index + 1));
  await sendAll(sqs, resources.announcementQueueUrl, bodies);
  const process = await subject.start({ engine: { env }, resources, webhookUrl: receiver.url });
  try {
    const { received } = await untilTold(process, receiver, notifications);
    await untilSettled(sqs, resources.announcementQueueUrl);
    const { calls } = await process.usage();
    const each = (units: Units = noUnits): Units => ({
      requests: units.requests / notifications,
      readUnits: units.readUnits / notifications,
      writes: units.writes / notifications,
      writeUnits: units.writeUnits / notifications,
    });
    const sqsCalls = (...actions: readonly string[]) =>
      actions.reduce((total, action) => total + (calls[`AmazonSQS.${action}`] ?? 0), 0) / notifications;
    return {
      parcels: each(counter.byTable.get(resources.parcelsTable)),
      notifications: each(counter.byTable.get(resources.notificationsTable)),
      sqs: {
        sends: batchesOf(bodies).length / notifications,
        receives: sqsCalls('ReceiveMessage'),
        settles: sqsCalls('DeleteMessageBatch', 'DeleteMessage', 'ChangeMessageVisibilityBatch'),
      },
      requests: received.requests / notifications,
    };
  } finally {
    await Promise.all([process.stop(), receiver.stop()]);
    await counter.stop();
    await engine.remove(resources);
    close();
  }
}

/** Both tables together. */
export function unitsOfBoth({ parcels, notifications }: Counted): Units {
  return sum(parcels, notifications);
}
