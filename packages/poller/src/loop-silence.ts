import { questionsPerSecond } from './gaps/question-share.ts';
import { longestNapMs } from './gaps/sending-beyond.ts';
import type { PollerSettings } from './settings.ts';

/** Milliseconds on top of a wait and a request, for a `Retry-After` and more, before `/livez` calls a loop dead. */
const marginMs = 360_000;

/** How long each loop of the poller may go without a turn, milliseconds. */
export function loopSilences(settings: PollerSettings): Readonly<Record<'lease' | 'pages' | 'gaps', number>> {
  const { requestTimeoutMs, requestsPerSecond, leaseMs, pollIntervalMs } = settings;
  const requestMs = requestTimeoutMs + 1_000 / requestsPerSecond;
  return {
    lease: leaseMs + marginMs,
    pages: pollIntervalMs + requestMs + marginMs,
    gaps: longestNapMs + requestMs + 1_000 / questionsPerSecond(requestsPerSecond) + marginMs,
  };
}
