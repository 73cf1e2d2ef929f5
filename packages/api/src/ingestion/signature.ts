import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { keyOfSecret } from '@waybill/shared/standard-webhooks/secret.ts';
import { signatureOf } from '@waybill/shared/standard-webhooks/signature.ts';
import type { Caller } from '../access/caller.ts';
import type { IngestSecret } from '../access/ingest-secrets-variable.ts';

/** Seconds that the time of a signature may differ from ours, as the library `standardwebhooks` has it. */
const toleranceSeconds = 300;

/** Signatures in one header that are looked at: a sender that rotates its secret sends two. */
const mostSignatures = 10;

/** Who signed, and the id of what was signed. */
export type Signed = { readonly caller: Caller; readonly webhookId: string };

/**
 * Verifies the signature of Standard Webhooks over the bytes as they were received; undefined where no secret made it. By hand:
 * the library takes text only, so that two bodies of other bytes than UTF-8, such as gzip, have one signature, and its SHA-256
 * in JavaScript takes 16 ms per MB, for each secret.
 */
export function verifySignature(
  headers: IncomingHttpHeaders,
  received: Uint8Array,
  secrets: readonly IngestSecret[],
  nowMs: number,
): Signed | undefined {
  const { 'webhook-id': webhookId, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof webhookId !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string')
    return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(webhookId) || !/^\d{1,12}$/.test(timestamp)) return undefined;
  if (Math.abs(Math.floor(nowMs / 1_000) - Number(timestamp)) > toleranceSeconds) return undefined;
  const given = signatures
    .split(' ')
    .slice(0, mostSignatures)
    .flatMap((signature) => {
      const [, base64] = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature) ?? [];
      return base64 === undefined ? [] : [Buffer.from(base64, 'base64')];
    });
  if (given.length === 0) return undefined;
  for (const { name, secret } of secrets) {
    const key = keyOfSecret(secret);
    if (!key) continue;
    const expected = signatureOf(key, { id: webhookId, timestamp, body: received });
    if (given.some((each) => timingSafeEqual(each, expected)))
      return { webhookId, caller: { name, scopes: new Set(['ingest']) } };
  }
  return undefined;
}
