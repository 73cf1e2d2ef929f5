/**
 * What `bench/src/live.ts` counted of a pipeline that has caught up, under a steady load, on the embedded DynamoDB and
 * ElasticMQ. All but `exportBytes` are per second.
 */
export type MeasuredLoad = {
  readonly eventsPerSecond: number;
  readonly processors: number;
  /** `SCAN_API_LIMIT`. */
  readonly limit: number;
  /** Pages read. */
  readonly pages: number;
  /** As billed. For the two smaller loads GetQueueAttributes were added: `waybill.queue.billed` did not count them yet. */
  readonly sqsRequests: number;
  /** Of all tables. */
  readonly writeUnits: number;
  /** Of these, the checkpoints table's. */
  readonly checkpointUnits: number;
  /** GetItem requests, each one read unit at most. */
  readonly reads: number;
  /** Of all processes, without metrics. */
  readonly logBytes: number;
  /** Of the lines with metrics, per minute. */
  readonly exportBytes: { readonly poller: number; readonly processor: number };
};

/** The commands that counted {@link measuredLoads}, on an ElasticMQ at that address. */
export const measuringCommands = [
  'export AWS_ENDPOINT_URL_SQS=http://127.0.0.1:9324',
  'npm exec --call "node bench/src/live.ts --load 1/1/100 --load 100/1/100 --seconds 125"',
  'npm exec --call "node bench/src/live.ts --load 200/2/100 --seconds 125"',
];

const perSecond200 = {
  pages: 2.791,
  sends: 2.775,
  receives: 2.943,
  otherRequests: 1.648 + 0.936,
  parcelUnits: 176,
  checkpointUnits: 2.679,
  reads: 2.223,
  logBytes: 1_154,
};

export const measuredLoads: readonly [MeasuredLoad, ...MeasuredLoad[]] = [
  {
    eventsPerSecond: 1,
    processors: 1,
    limit: 100,
    pages: 1.056,
    sqsRequests: 3.008 + 0.688,
    writeUnits: 0.984 + 1,
    checkpointUnits: 0.984,
    reads: 0.496,
    logBytes: 406,
    exportBytes: { poller: 1_150, processor: 1_053 },
  },
  {
    eventsPerSecond: 100,
    processors: 1,
    limit: 100,
    pages: 1.824,
    sqsRequests: 4.479 + 0.696,
    writeUnits: 1.728 + 88.42,
    checkpointUnits: 1.728,
    reads: 0.496,
    logBytes: 717,
    exportBytes: { poller: 1_157, processor: 1_155 },
  },
  {
    /**
     * Two cores with the engines beside the processes do not keep up with this many events. Measured with a fifth of the events and a
     * fifth of the page size, which gives as many pages per second. Then five times the writes; each send and receive is
     * billed twice, because a page of five times the bytes is larger than 64 KiB.
     */
    eventsPerSecond: 1_000,
    processors: 2,
    limit: 500,
    pages: perSecond200.pages,
    sqsRequests: 2 * (perSecond200.sends + perSecond200.receives) + perSecond200.otherRequests,
    writeUnits: 5 * perSecond200.parcelUnits + perSecond200.checkpointUnits,
    checkpointUnits: perSecond200.checkpointUnits,
    reads: perSecond200.reads,
    logBytes: 2 * perSecond200.logBytes,
    exportBytes: { poller: 1_238, processor: 1_832 },
  },
];
