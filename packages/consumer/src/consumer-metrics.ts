type Counter = { readonly add: (count: number, attributes?: Readonly<Record<string, string>>) => void };
type Recorder = { readonly record: (value: number) => void };

/** Where a consumer records what it does. The names of the metrics are for its process to choose. */
export type ConsumerMetrics = {
  /** Messages received and not yet settled. */
  readonly inHand: Recorder;
  /** Seconds in the queue of the oldest message of a receive. */
  readonly messageAge: Recorder;
  /** Receives that failed and may have used up a receive of messages. */
  readonly lostReceives: Counter;
  /** 0 closed, 1 half open, 2 open. */
  readonly breaker: Recorder;
  /** Errors of the engine, by name; the work was held and retried. */
  readonly engineErrors: Counter;
  /** Failures recorded, by reason. */
  readonly failures: Counter;
  /** Failed elements sent off as messages of their own. */
  readonly splits: Counter;
  /** Messages of which the throttled rest was sent on. */
  readonly sentOn: Counter;
};
