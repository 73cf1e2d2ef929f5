import type { ScanApiCounts } from '@waybill/carrier/scan-api-server.ts';
import type { FeedSource } from './feed-source.ts';
import type { MixedPack } from './other-producer.ts';
import type { Verdict } from './outcome/verdict.ts';
import type { Checkpoint, Counted } from './pipeline/pipeline.ts';
import type { Receiver, ReceiverCounts } from './receiver/receiver.ts';

/** Everything that the summary of a run shows. */
export type Facts = {
  readonly node: string;
  /** A simulated feed, with what its API did; of a real one the address. */
  readonly feed:
    | {
        readonly seed: number;
        readonly held: number;
        readonly counts: ScanApiCounts;
        /** What another producer sent: packs, each with one malformed element, and the events in them. */
        readonly packs: number;
        readonly packEvents: number;
      }
    | { readonly url: string };
  readonly seconds: number;
  readonly position: number;
  /** The EventId through which nothing is missing. */
  readonly watermark: number;
  /** Gaps that were still open at the end, and events that were found in gaps. */
  readonly openGaps: number;
  readonly late: number;
  readonly read: number;
  readonly stored: number;
  readonly rejections: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly splits: number;
  /** Ids that the receiver knows, and what it did. */
  readonly told: number;
  readonly receiver: ReceiverCounts;
  readonly sqsCalls: number;
  readonly sqsBilled: number;
  readonly writeUnits: number;
  readonly readUnits: number;
} & Compared;

/** What only a comparison with the feed shows. */
export type Compared = {
  /** Ids that the feed showed too late; known of a simulated feed only. */
  readonly missedIds: readonly number[];
  /** By reason and code; undefined when the run was interrupted before the DLQ was read. */
  readonly deadLetters: Readonly<Record<string, Readonly<Record<string, number>>>> | undefined;
  /** Records of the failures table; undefined with {@link deadLetters}. */
  readonly failures: number | undefined;
  /** Undefined when the run was interrupted. */
  readonly verdict: Verdict | undefined;
};

/** Of a run that was interrupted. */
export const notCompared: Compared = { missedIds: [], deadLetters: undefined, failures: undefined, verdict: undefined };

const sqsCalls = ['sends', 'receives', 'deletes', 'visibility_changes'] as const;

export type FactSources = {
  readonly node: string;
  readonly seed: number;
  readonly seconds: number;
  readonly source: FeedSource;
  readonly receiver: Receiver;
  readonly counted: Counted;
  readonly checkpoint: Checkpoint;
  readonly compared: Compared;
};

/** Gathers the facts from what the processes counted, the checkpoint, the feed, the receiver and the comparison. */
export function factsOf({ node, seed, seconds, source, receiver, counted, checkpoint, compared }: FactSources): Facts {
  const { poller, processor, notifier } = counted;
  const all = (name: string) => poller.sum(name) + processor.sum(name) + notifier.sum(name);
  const { simulated, packs, url } = source;
  return {
    node,
    feed: simulated ? { seed, held: simulated.feed.size, counts: simulated.counts(), ...sizesOf(packs) } : { url },
    seconds,
    ...checkpoint,
    openGaps: poller.sum('waybill_feed_open_gaps'),
    late: poller.sum('waybill_feed_late_events_total'),
    read: poller.sum('waybill_feed_events_total'),
    stored: processor.sum('waybill_processor_events_total'),
    rejections: poller.by('waybill_feed_rejections_total', 'reason'),
    outcomes: processor.by('waybill_processor_outcomes_total', 'outcome'),
    splits: processor.sum('waybill_processor_splits_total'),
    told: receiver.told().size,
    receiver: receiver.counts(),
    sqsCalls: sqsCalls.reduce((sum, action) => sum + all(`waybill_queue_${action}_total`), 0),
    sqsBilled: all('waybill_queue_billed_total'),
    writeUnits: all('waybill_store_write_units_total'),
    readUnits: all('waybill_store_read_units_total'),
    ...compared,
  };
}

function sizesOf(packs: readonly MixedPack[]): { readonly packs: number; readonly packEvents: number } {
  return { packs: packs.length, packEvents: packs.reduce((sum, { events }) => sum + events, 0) };
}
