import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { packOneByOne } from '@waybill/shared/domain/pack.ts';
import type { Rejection, ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { batchIdAttribute, batchPartAttribute } from '@waybill/shared/queue/message-attributes.ts';
import type { OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { sizeOf } from '@waybill/shared/queue/send.ts';
import { limits } from '@waybill/shared/resources.ts';
import { batchIdLength } from './batch-ids.ts';

/** An element that is not a scan event: its place among the elements, and why. */
export type RejectedElement = { readonly index: number } & Rejection;

/** What a push brings, ready to be sent. Its elements are no longer needed. */
export type PreparedPush = {
  /** Events. */
  readonly accepted: number;
  readonly rejected: readonly RejectedElement[];
  /** A message body each. */
  readonly packs: readonly string[];
  /** A SHA-256 over the packs. */
  readonly packing: string;
};

/** Events that are judged before others get a turn, about 2 ms; one element that is refused takes as long as many events. */
const eventsATurn = 1_000;
const eventsARejection = 20;
/** Bytes of packs that are made before others get a turn: 5 ms of ASCII, 20 ms of escapes, of which 10 MB make 15 MB. */
const packedBytesATurn = 250_000;

/** Judges the elements as the poller judges those of a page, and packs the events as it does. */
export async function preparePush(elements: readonly unknown[], messageMaxBytes: number): Promise<PreparedPush> {
  const events: ScanEvent[] = [];
  const rejected: RejectedElement[] = [];
  let spent = 0;
  for (const [index, element] of elements.entries()) {
    if (spent >= eventsATurn) {
      await nextTurn();
      spent = 0;
    }
    const parsed = parse(element);
    if ('event' in parsed) events.push(parsed.event);
    else rejected.push({ index, ...parsed.rejection });
    spent += 'event' in parsed ? 1 : eventsARejection;
  }
  if (events.length > eventsATurn) await nextTurn();
  const packs: string[] = [];
  const digest = createHash('sha256');
  let packedBytes = 0;
  for (const body of packOneByOne(events, packBytes(messageMaxBytes))) {
    packs.push(body);
    digest.update(`${body}\n`);
    packedBytes += body.length;
    if (packedBytes < packedBytesATurn) continue;
    await nextTurn();
    packedBytes = 0;
  }
  return { accepted: events.length, rejected, packs, packing: digest.digest('hex') };
}

/** The attributes that say of which batch, and which part of it, a message is. */
function attributesOf(batchId: string, part: string): Readonly<Record<string, string>> {
  return { [batchIdAttribute]: batchId, [batchPartAttribute]: part };
}

/** Their bytes at most: a body of a few MB makes fewer than 10 million parts. */
const attributeBytes = sizeOf({ body: '', attributes: attributesOf('x'.repeat(batchIdLength), '9999999') });

/** The aim of a pack, so that its attributes make it no further billed request, nor larger than a message may be. */
function packBytes(messageMaxBytes: number): number {
  const billed = Math.ceil(messageMaxBytes / limits.billedRequestBytes) * limits.billedRequestBytes;
  return Math.min(messageMaxBytes, billed - attributeBytes);
}

/** The packs as messages of a batch, numbered from the first part on. */
export function messagesOf(packs: readonly string[], batchId: string, firstPart: number): readonly OutgoingMessage[] {
  return packs.map((body, index) => ({ body, attributes: attributesOf(batchId, String(firstPart + index)) }));
}
