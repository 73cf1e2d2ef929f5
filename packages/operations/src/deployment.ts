/** The queues and tables of one deployment, by the names that its processes read from their variables. */
export type Deployment = {
  readonly scanQueueUrl: string;
  readonly parcelsTable: string;
  readonly checkpointsTable: string;
  readonly failuresTable: string;
  readonly operationsTable: string;
  /** Undefined where nothing is pushed over HTTP. */
  readonly batchesTable: string | undefined;
  /** Undefined where nobody is notified. */
  readonly notificationsTable: string | undefined;
  /** Undefined where processes do not say what they do. */
  readonly activityTable: string | undefined;
  /** The checkpoint's key: `FEED`. */
  readonly feed: string;
};
