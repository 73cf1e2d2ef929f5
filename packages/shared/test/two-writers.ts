import { createLogger } from '../src/process/logger.ts';
import { createMetrics } from '../src/telemetry/create-metrics.ts';
import { startTelemetry } from '../src/telemetry/telemetry.ts';

/**
 * A process whose log and metrics write to one standard output, more than a pipe holds: lines of the log, and exports
 * between them.
 */
const rounds = Number(process.argv[2]);
/** More than a pipe, or the socket that Node makes of it, takes at once. */
const lineBytes = 1_000_000;

// As the processes ask, which makes Node open a pipe without blocking: a full one then refuses what is written.
const pretty = process.stdout.isTTY === true;
const log = createLogger({ service: 'test', level: 'info', pretty });
const telemetry = startTelemetry({
  service: 'test',
  otlp: false,
  cloudWatchNamespace: 'Waybill/test',
  exportIntervalMs: 1,
});
const metrics = createMetrics(telemetry.meter);
for (let round = 0; round < rounds; round += 1) {
  metrics['waybill.feed.events'].add(1);
  // A document for each: together more than a pipe takes as well.
  for (let reason = 0; reason < 1_900; reason += 1)
    metrics['waybill.processor.failures'].add(1, { reason: `REASON_${reason}` });
  log.info({ round, filler: 'x'.repeat(lineBytes) }, 'a line');
  // Lets the timer of the exports come, but not after the last: what is left is for the stop.
  if (round + 1 < rounds) await new Promise((resolve) => setTimeout(resolve, 1));
}
await telemetry.stop();
log.info('stopped');
