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
