import { dollarsOf } from '@waybill/local/cost.ts';
import type { RunFigures } from '../pipelines/pipeline-run.ts';
import { median } from './median.ts';

/** What is printed for a pipeline: medians over its runs. Everything in `perMillion` is per million events of the feed. */
export type PipelineSummary = {
  /** Parcels that were wrong in the end, over all runs. */
  readonly wrongParcels: number;
  readonly eventsPerSecond: number;
  readonly cpuMicrosPerEvent: { readonly reader: number; readonly writer: number };
  readonly peakRssBytes: { readonly reader: number; readonly writer: number };
  readonly perMillion: {
    readonly sqsCalls: number;
    readonly sqsBilled: number;
    readonly sends: number;
    readonly receives: number;
    readonly deletes: number;
    readonly otherSqs: number;
    /** Conditional writes of one parcel, single or in batches. */
    readonly parcelWrites: number;
    /** The requests that carried them. */
    readonly parcelRequests: number;
    readonly checkpointWrites: number;
    readonly reads: number;
    readonly writeUnits: number;
    /** US dollars for requests and units, with one unit for each read. */
    readonly dollars: number;
  };
};

const sqsPrefix = 'AmazonSQS.';
/** Bytes of one write unit (DynamoDB pricing). */
const writeUnitBytes = 1_024;

/** Calls of one run by their purpose. The reader writes checkpoints only, the writer parcels only: a clean feed has no failures. */
export function callsOf(run: RunFigures) {
  const count = (action: string) => (run.reader.calls[action] ?? 0) + (run.writer.calls[action] ?? 0);
  const sqsCalls = Object.entries(run.reader.calls)
    .concat(Object.entries(run.writer.calls))
    .reduce((sum, [action, calls]) => (action.startsWith(sqsPrefix) ? sum + calls : sum), 0);
  const sends = count('AmazonSQS.SendMessageBatch');
  const receives = count('AmazonSQS.ReceiveMessage');
  const deletes = count('AmazonSQS.DeleteMessageBatch');
  const singleWrites = run.writer.calls['DynamoDB_20120810.UpdateItem'] ?? 0;
  const parcelWrites = singleWrites + run.statements;
  const parcelRequests = singleWrites + (run.writer.calls['DynamoDB_20120810.BatchExecuteStatement'] ?? 0);
  const checkpointWrites = run.reader.calls['DynamoDB_20120810.UpdateItem'] ?? 0;
  const sqsBilled = sqsCalls + run.billedBeyondCalls;
  const reads = count('DynamoDB_20120810.GetItem');
  // DynamoDB bills a write by the size of the item, also when its condition fails. Engines report different units.
  const writeUnits = parcelWrites * Math.ceil(run.parcels.largestItemBytes / writeUnitBytes) + checkpointWrites;
  return {
    sqsCalls,
    sqsBilled,
    sends,
    receives,
    deletes,
    otherSqs: sqsCalls - sends - receives - deletes,
    parcelWrites,
    parcelRequests,
    checkpointWrites,
    reads,
    writeUnits,
    dollars: dollarsOf({ sqsRequests: sqsBilled, writeUnits, readUnits: reads }),
  };
}

export function summarise(runs: readonly RunFigures[]): PipelineSummary {
  const medianOf = (figure: (run: RunFigures) => number) => median(runs.map(figure));
  const perMillion = (name: keyof PipelineSummary['perMillion']) =>
    medianOf((run) => (callsOf(run)[name] / run.events) * 1_000_000);
  return {
    wrongParcels: runs.reduce((sum, { parcels }) => sum + parcels.wrong, 0),
    eventsPerSecond: medianOf((run) => run.events / run.seconds),
    cpuMicrosPerEvent: {
      reader: medianOf((run) => run.reader.cpuMicros / run.events),
      writer: medianOf((run) => run.writer.cpuMicros / run.events),
    },
    peakRssBytes: {
      reader: medianOf((run) => run.reader.peakRssBytes),
      writer: medianOf((run) => run.writer.peakRssBytes),
    },
    perMillion: {
      sqsCalls: perMillion('sqsCalls'),
      sqsBilled: perMillion('sqsBilled'),
      sends: perMillion('sends'),
      receives: perMillion('receives'),
      deletes: perMillion('deletes'),
      otherSqs: perMillion('otherSqs'),
      parcelWrites: perMillion('parcelWrites'),
      parcelRequests: perMillion('parcelRequests'),
      checkpointWrites: perMillion('checkpointWrites'),
      reads: perMillion('reads'),
      writeUnits: perMillion('writeUnits'),
      dollars: perMillion('dollars'),
    },
  };
}
