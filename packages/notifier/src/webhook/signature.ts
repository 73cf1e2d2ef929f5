import { signatureOf } from '@waybill/shared/standard-webhooks/signature.ts';
import type { NotificationRequest } from './webhook.ts';

/** The headers of Standard Webhooks over a request as it is signed now: one signature for each key. */
export function signedHeaders({ id, body }: NotificationRequest, keys: readonly Uint8Array[], nowMs: number) {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = keys.map((key) => `v1,${signatureOf(key, { id, timestamp, body }).toString('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
