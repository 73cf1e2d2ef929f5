import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { packAnnouncements } from '@waybill/shared/domain/announcement.ts';
import { limits } from '@waybill/shared/resources.ts';
import { deliveryOf } from '../api/stored.ts';

/** Bytes of a pack of announcements that the processor aims at. */
const packBytes = 60 * 1_024;

/** The bodies that announce the delivery of these parcels. */
export type Announce = (parcelIds: readonly number[]) => string[];

/** As the processor packs what is in hand together. */
export const packed: Announce = (parcelIds) =>
  packAnnouncements(
    parcelIds.map((parcelId) => ({ parcelId, milestone: 'delivery' as const, ...deliveryOf(parcelId) })),
    packBytes,
  );

/** One message for each parcel. */
export const oneEach: Announce = (parcelIds) =>
  parcelIds.map((parcelId) => JSON.stringify({ parcelId, milestone: 'delivery', ...deliveryOf(parcelId) }));

/** Bodies of one SendMessageBatch, which has as many and as large ones as SQS takes. */
export function batchesOf(bodies: readonly string[]): string[][] {
  const batches: string[][] = [];
  let bytes = 0;
  for (const body of bodies) {
    const open = batches.at(-1);
    if (!open || open.length === limits.batchEntries || bytes + body.length > limits.sendBytes) {
      batches.push([body]);
      bytes = body.length;
    } else {
      open.push(body);
      bytes += body.length;
    }
  }
  return batches;
}

/** Sends all bodies, eight batches at a time. Rejects when the engine refuses one. */
export async function sendAll(sqs: SQSClient, QueueUrl: string, bodies: readonly string[]): Promise<void> {
  const batches = batchesOf(bodies).values();
  const worker = async () => {
    for (const batch of batches) {
      const Entries = batch.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      if (Failed.length > 0) throw new Error(`${Failed.length} messages were refused: ${Failed[0]?.Message}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/**
 * SQS requests that sending and receiving these bodies is billed beyond one per call: SQS bills each 64 KiB.
 *
 * @param receives calls that brought them
 */
export function billedBeyondCalls(bodies: readonly string[], receives: number): number {
  const billed = (bytes: number) => Math.ceil(bytes / limits.billedRequestBytes);
  const bytesOf = (batch: readonly string[]) => batch.reduce((sum, body) => sum + body.length, 0);
  const ofSends = batchesOf(bodies).reduce((sum, batch) => sum + billed(bytesOf(batch)) - 1, 0);
  return ofSends + Math.max(0, billed(bytesOf(bodies)) - receives);
}
