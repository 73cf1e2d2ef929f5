import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { type Clock, type Random, systemClock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import { createMetrics } from '../telemetry/create-metrics.ts';
import { processMetrics } from '../telemetry/process-metrics.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';
import type { Tracing } from '../telemetry/traces/tracing.ts';
import { attemptTimeoutMs } from './connect-attempts.ts';
import { earlySignal } from './early-signal.ts';
import type { HealthReport } from './health.ts';
import { serveEndpoints } from './http-endpoints.ts';
import { runUntilSignal, type Service } from './lifecycle.ts';
import { createLogger, type Logger } from './logger.ts';
import { openActivity } from './open-activity.ts';
import type { ProcessConfig } from './process-config.ts';
import { onUnread } from './program.ts';
import { logStrayLines } from './stray-lines.ts';

/** What every process works with. */
export type ProcessTools = {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  /** Undefined: traces are off. */
  readonly tracing?: Tracing | undefined;
};

/** A service that reports its health: the bodies of `/livez` and `/readyz`. */
export type WatchedService = Service & { readonly live: () => HealthReport; readonly ready: () => HealthReport };

export type OpenedService = {
  readonly service: WatchedService;
  /** Closes the connections that the service used; called last, however it ended. */
  readonly close: () => void;
};

/** Milliseconds within which others' connections are open: less than a search for credentials or an export may take. */
const otherConnectionsMs = 4_000;

/**
 * Runs a service as this process, with log, metrics and endpoints, until a signal or its own end; then ends the process
 * with its exit code ({@link runUntilSignal}). Rejects when it cannot start, with `PORT_UNAVAILABLE` for example.
 *
 * @param name `poller` in `{"service":"poller"}` of each log line, and in the metrics' service name `waybill-poller`
 */
export async function runProcess(
  name: string,
  config: ProcessConfig,
  open: (tools: ProcessTools) => OpenedService,
): Promise<void> {
  const unread = new AbortController();
  const stopUnread = () => unread.abort();
  const log = createLogger({
    service: name,
    level: config.logLevel,
    pretty: process.stdout.isTTY === true,
    clock: systemClock,
    onUnread: stopUnread,
  });
  onUnread(stopUnread);
  logStrayLines({ log, clock: systemClock });
  // For the connections that have no agent of ours: to a collector, and of the SDK's providers of credentials.
  setDefaultAutoSelectFamilyAttemptTimeout(attemptTimeoutMs(otherConnectionsMs));
  const activity = openActivity(name, config, { log, clock: systemClock });
  const telemetry = startTelemetry({
    service: `waybill-${name}`,
    ...config.telemetry,
    otherMetrics: processMetrics(),
    ...(activity && { reader: activity.reader }),
  });
  const metrics = createMetrics(telemetry.meter, name);
  // Loaded only where traces are made: they cost a process without them nothing.
  const traces =
    config.traces &&
    (await import('../telemetry/traces/start-tracing.ts')).startTracing(`waybill-${name}`, config.traces);
  const running = { ...config.build, node: process.version };
  metrics['waybill.build.info'].record(1, { ...running, service: name });
  const { service, close } = open({ log, clock: systemClock, random: Math.random, metrics, tracing: traces?.tracing });
  const endpoints = await serveEndpoints(config.http, {
    live: service.live,
    ready: service.ready,
    serveMetrics: telemetry.serveMetrics,
  });
  log.info({ ...running, port: endpoints.port, ...(activity && { process: activity.process }) }, 'started');
  await runUntilSignal(service, {
    log,
    earlySignal: earlySignal(),
    unread: unread.signal,
    stopTimeoutMs: config.stopTimeoutMs,
    close: async (leftMs) => {
      // A collector that never answers must not use up the time of the stop.
      await Promise.all([endpoints.stop(), telemetry.stop(leftMs / 2), traces?.stop(leftMs / 2)]);
      activity?.close();
      close();
    },
  });
}
