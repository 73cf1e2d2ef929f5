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

/** How it is reported that a milestone was told. */
export type ReportSettings = {
  /** `REPORT_URL`: http(s), without user and password. */
  readonly url: string;
  /** "" for none. */
  readonly token: string;
  /** Milliseconds that one report may take in all. */
  readonly timeoutMs: number;
  /** Reports, and so connections, at once. */
  readonly concurrency: number;
};
