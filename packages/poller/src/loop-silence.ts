import { questionsPerSecond } from './gaps/question-share.ts';
import type { PollerSettings } from './settings.ts';

/** Milliseconds for the calls to SQS and DynamoDB between two turns, each of which has a limit of some 15 s. */
const callsMs = 45_000;

/**
 * How long each loop of the poller may go without a turn, milliseconds: at most 90 s with the default settings. A wait by
 * the clock of its loop does not count, however long: it is a turn every 20 s.
 */
export function loopSilences(settings: PollerSettings): Readonly<Record<'lease' | 'pages' | 'gaps', number>> {
  const { requestTimeoutMs, requestsPerSecond, leaseMs, catchUpReaders } = settings;
  // Every reader, and the questions for gaps, may be before it in the line for a token.
  const requestMs = requestTimeoutMs + ((catchUpReaders + 1) * 1_000) / requestsPerSecond;
  // A page waits for the checkpoint's writes until the lease is lost.
  const pageMs = requestMs + leaseMs + callsMs;
  return { lease: callsMs, pages: pageMs, gaps: pageMs + 1_000 / questionsPerSecond(requestsPerSecond) };
}
