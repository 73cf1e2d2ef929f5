/** One notification as it is sent: what is the same for every attempt. */
export type NotificationRequest = {
  /** `webhook-id`. */
  readonly id: string;
  /** JSON, ASCII, so that length is bytes. */
  readonly body: string;
};

/**
 * The receiver of notifications. `http-webhook.ts` calls it, the simulator plays it. One attempt each, signed anew. Both
 * reject with a `WaybillError`:
 * - `NOTIFICATION_REFUSED` where the receiver refuses this one (400, 409, 413, 415, 422); its details have the `status`;
 * - `ENDPOINT_UNAVAILABLE` for all else: no connection, TLS, timeout, a redirect, any other status, an address that may not be
 *   called; its details have the `status` where there is one, and `retryAfterMs` where the response asks to wait.
 * Neither has anything of the body, the URL's query or a secret in its text.
 */
export type Webhook = {
  /** The host that is asked, for traces. */
  readonly host?: string;
  /** Resolves with the status, 200 to 299, once the receiver has taken it. */
  readonly notify: (request: NotificationRequest, signal: AbortSignal) => Promise<number>;
};

/** What is reported after a milestone was told (`REPORT_URL`). */
export type Report = {
  readonly parcelId: number;
  readonly milestone: string;
  readonly notificationId: string;
  readonly notifiedCount: number;
  readonly notifiedAtUtc: string;
};

/** Where it is reported that a milestone was told. Rejects as {@link Webhook} does. */
export type ReportTarget = {
  readonly report: (report: Report, signal: AbortSignal) => Promise<number>;
};
