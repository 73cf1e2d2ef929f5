/**
 * Attributes of a message on the scan queue, beside `failureId` (`failure-record.ts`). Whatever sends a message anew copies
 * them; onto what is split off it copies all but {@link batchPartAttribute}.
 */

/** Says whether the milestones in the message are announced. */
export const announceAttribute = 'announce';

/** The value of {@link announceAttribute} on the messages of a replay: nobody is told of them. */
export const announceNever = 'never';

/** The batch that brought the message's events, where they were pushed (`api.md`). What is split off keeps it. */
export const batchIdAttribute = 'batchId';

/** Which part of a batch the message is. What is split off is no part of its own: the whole message settles its part. */
export const batchPartAttribute = 'batchPart';

/** The trace that the message carries on, as W3C's Trace Context spells it (`docs/traces.md`). Absent where it is not traced. */
export const traceparentAttribute = 'traceparent';

/** Those that say what becomes of a message, wherever its events travel. They go before another program's where not all fit. */
export const ownAttributes: ReadonlySet<string> = new Set([announceAttribute, batchIdAttribute, traceparentAttribute]);

/** Attributes of one message (SQS quotas). */
export const mostAttributes = 10;
