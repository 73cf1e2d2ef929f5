import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/**
 * Loaded with `--import` into a process that is measured. When asked, it reports to its parent what the process has used and
 * which AWS calls it has made. It is independent of the program, so every program is counted alike: it counts the requests
 * that Node announces, with retries, by the header that names the AWS action.
 */

/** What a measured process has used since it started. */
export type Usage = {
  /** User and system time of all its threads, microseconds. */
  readonly cpuMicros: number;
  readonly peakRssBytes: number;
  /** Now. */
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** HTTP requests by AWS action, for example `AmazonSQS.SendMessageBatch`. */
  readonly calls: Readonly<Record<string, number>>;
};

export type UsageReport = { readonly usage: Usage };

const calls: Record<string, number> = {};

subscribe('http.client.request.start', (message) => {
  // Node publishes messages of this type on this channel.
  const { request } = message as { request: ClientRequest };
  const action = request.getHeader('x-amz-target');
  if (typeof action === 'string') calls[action] = (calls[action] ?? 0) + 1;
});

process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const usage: Usage = {
    cpuMicros: user + system,
    peakRssBytes: process.resourceUsage().maxRSS * 1_024,
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    calls: { ...calls },
  };
  process.send?.({ usage } satisfies UsageReport);
});
// However the benchmark ends, no process of it stays running.
process.on('disconnect', () => process.exit(1));
// The channel alone must not keep a process alive that has finished.
process.channel?.unref();
