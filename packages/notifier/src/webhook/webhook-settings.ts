import type { Cidr } from '../addresses/cidr.ts';

/** How the webhook is called. */
export type WebhookSettings = {
  /** `WEBHOOK_URL`: http(s), without user and password. */
  readonly url: string;
  /** `whsec_…`: each signs. */
  readonly secrets: readonly string[];
  /** Addresses that may be called besides the public ones. */
  readonly allowedCidrs: readonly Cidr[];
  /** Milliseconds that one attempt may take in all. */
  readonly timeoutMs: number;
  /** Attempts, and so connections, at once. */
  readonly concurrency: number;
};
