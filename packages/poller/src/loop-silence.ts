import { longestNapMs, questionsPerSecond } from './gaps/gap-watch.ts';
import type { PollerSettings } from './settings.ts';

/** Milliseconds on top of what a turn may rightly take (a wait, a request, a Retry-After) before `/livez` calls a loop dead. */
const marginMs = 360_000;

/** How long each loop of the poller may go without a turn, milliseconds. */
export function loopSilences(config: PollerSettings): Readonly<Record<'lease' | 'pages' | 'gaps', number>> {
  const requestMs = config.requestTimeoutMs + 1_000 / config.requestsPerSecond;
  return {
    lease: config.leaseMs + marginMs,
    pages: config.pollIntervalMs + requestMs + marginMs,
    gaps: longestNapMs + requestMs + 1_000 / questionsPerSecond(config.requestsPerSecond) + marginMs,
  };
}
