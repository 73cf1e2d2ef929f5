import { createHmac } from 'node:crypto';

/** What Standard Webhooks signs. */
export type Signable = {
  /** `webhook-id`. Without a full stop, which separates. */
  readonly id: string;
  /** `webhook-timestamp`: Unix seconds. */
  readonly timestamp: string;
  readonly body: string | Uint8Array;
};

/** The signature, version 1, of a request's body and the headers before it: SHA-256 of `id.timestamp.body` under the key. */
export function signatureOf(key: Uint8Array, { id, timestamp, body }: Signable): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}
