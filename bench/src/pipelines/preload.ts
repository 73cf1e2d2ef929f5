import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/**
 * Loaded with `--import` into a process that is measured. It tells its parent, when asked, what the process has used
 * and which AWS calls it has made. It reads nothing of the program: calls are counted where Node announces a request,
 * by the header that names the AWS action, repeated attempts included, so that every program is counted alike.
 */

/** What a measured process has used since it started. */
export type Usage = {
  /** User and system time of all its threads, microseconds. */
  readonly cpuMicros: number;
  readonly peakRssBytes: number;
  /** HTTP requests by AWS action, as `AmazonSQS.SendMessageBatch`. */
  readonly calls: Readonly<Record<string, number>>;
};

export type UsageReport = { readonly usage: Usage };

const calls: Record<string, number> = {};

subscribe('http.client.request.start', (message) => {
  // What Node publishes on this channel.
  const { request } = message as { request: ClientRequest };
  const action = request.getHeader('x-amz-target');
  if (typeof action === 'string') calls[action] = (calls[action] ?? 0) + 1;
});

process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  const usage: Usage = {
    cpuMicros: user + system,
    peakRssBytes: process.resourceUsage().maxRSS * 1_024,
    calls: { ...calls },
  };
  process.send?.({ usage } satisfies UsageReport);
});
// However the benchmark ends, nothing of it is left running.
process.on('disconnect', () => process.exit(1));
// The channel must not keep a process alive that is done.
process.channel?.unref();
